"""Ids that are no text, empty or very long still get a file, a group and a cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.frames import read_parquet, write_parquet
from pipeline.formats.csd import read_csd, write_csd
from pipeline.formats.filenames import clip_id_of, file_name_of, name_of
from tests.pipeline.making import aligned_clip

STRANGE = ("\udcff\udcfe.mpg", "", "\ud800", "n" * 400, "ü" * 100, "..", "a/b%")


@settings(max_examples=200, deadline=None)
@given(clip_id=st.text(st.characters(), max_size=40))
def test_an_id_is_read_back_from_its_name(clip_id):
    assert name_of(clip_id) and "/" not in name_of(clip_id)
    assert clip_id_of(name_of(clip_id)) == clip_id


@pytest.mark.parametrize("clip_id", STRANGE)
def test_an_id_is_read_back_also_if_it_is_no_text(clip_id):
    assert clip_id_of(name_of(clip_id)) == clip_id


@pytest.mark.parametrize("clip_id", STRANGE)
def test_the_name_of_a_file_leaves_room_for_its_ending(clip_id):
    assert 0 < len(file_name_of(clip_id).encode()) <= 180


def test_long_names_that_begin_alike_stay_apart():
    assert file_name_of("n" * 400) != file_name_of("n" * 401)


@pytest.mark.parametrize("clip_id", STRANGE)
def test_they_are_exported(tmp_path, clip_id):
    clip = aligned_clip(clip_id)
    assert write_parquet([clip], tmp_path / "x.parquet") == len(clip.words)
    assert len([*read_parquet(tmp_path / "x.parquet")]) == 1
    words = write_csd([clip], tmp_path / "csd", "strange")[0]
    assert [*read_csd(words).entries] == [clip_id]


def test_a_name_from_elsewhere_that_is_no_text_is_read_somehow():
    assert clip_id_of("%FF") == "\ufffd"
