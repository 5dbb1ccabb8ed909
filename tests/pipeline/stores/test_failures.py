import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stores.failures import Failure, armed, disarmed, read_failures, write_failures
from pipeline.stores.tablerows import without_clip

FORMULAS = ("=cmd|' /C calc'!A0", "@SUM(1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "\t=1", "='a.xls'!A1")
HARMLESS = ("anna", "-dash", "+49 30", "- Hello", "'quoted'", "a=b", "", "-_-")


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_begins_like_a_formula(tmp_path, cell):
    rows = [Failure(cell, cell, "read", cell)]
    write_failures(tmp_path / "failures.csv", rows)
    with (tmp_path / "failures.csv").open(newline="") as stream:
        written = list(csv.reader(stream))[1]
    assert all(field.startswith("'") for field in (written[0], written[1]))
    assert read_failures(tmp_path / "failures.csv")[0].clip_id == cell


@pytest.mark.parametrize("cell", HARMLESS)
def test_what_is_no_formula_stands_as_it_is(cell):
    assert disarmed(cell) == cell == armed(cell)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="'=@+-(|!a\t\r ", max_size=8))
def test_every_text_comes_back(text):
    assert armed(disarmed(text)) == text


def test_a_disarmed_clip_is_found_when_it_is_forgotten(tmp_path):
    table = tmp_path / "scores.csv.failures.csv"
    write_failures(table, [Failure(FORMULAS[0], "", "read", "bad"), Failure("b", "", "read", "bad")])
    assert without_clip(table, FORMULAS[0])
    assert [row.clip_id for row in read_failures(table)] == ["b"]
