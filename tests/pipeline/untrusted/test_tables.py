import json

import pytest

from pipeline.errors import UsageError
from pipeline.untrusted import tables
from pipeline.untrusted.tables import number, read_table, rename_columns, require_column


def table(tmp_path, text, name="list.csv", **encoding):
    path = tmp_path / name
    path.write_text(text, newline="", **(encoding or {"encoding": "utf-8"}))
    return read_table(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings_are_told_apart(tmp_path, separator, encoding):
    found = table(tmp_path, f"path{separator}text\r\na.mp4{separator}Zoë\r\n", encoding=encoding)
    assert found.columns == ("path", "text")
    assert dict(found.rows[0].values) == {"path": "a.mp4", "text": "Zoë"}


def test_quoted_text_may_hold_commas_newlines_and_quotes(tmp_path):
    found = table(tmp_path, 'path,text\na.mp4,"one, ""two""\nthree"\n')
    assert found.rows[0].get("text") == 'one, "two"\nthree'


def test_empty_rows_and_values_are_left_out(tmp_path):
    found = table(tmp_path, "path,text\n\n,\n a.mp4 ,\n")
    assert [dict(row.values) for row in found.rows] == [{"path": "a.mp4"}]
    assert found.rows[0].line == 4


def test_a_row_with_too_many_fields_says_what_is_likely_wrong(tmp_path):
    found = table(tmp_path, "path,text\na.mp4,yes, indeed\n")
    assert "has 3 fields for 2 columns; put text with commas in quotes" in found.rows[0].error


def test_json_lines_give_text_and_numbers_and_leave_the_rest(tmp_path):
    lines = [{"path": "a", "start_s": 1.5, "extra": [1]}, {"path": None, "text": "x\u2028y"}]
    found = table(tmp_path, "\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "list.jsonl")
    assert [dict(row.values) for row in found.rows] == [{"path": "a", "start_s": "1.5"}, {"text": "x\u2028y"}]
    assert found.columns == ("path", "start_s", "text")


@pytest.mark.parametrize("line", ["{", "[1]", "7", "[" * 100_000, "{'a': 1}"])
def test_a_line_that_is_no_object_is_an_error_of_that_row(tmp_path, line):
    found = table(tmp_path, f'{{"path": "a"}}\n{line}\n', "list.jsonl")
    assert [row.error is None for row in found.rows] == [True, False]


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("", "a.csv", "is empty"),
        ("\n", "a.jsonl", "is empty"),
        ("path,path\n", "a.csv", "'path' twice"),
        ("path\0\n", "a.csv", "is binary"),
        ('path\n"' + "x" * 1_100_000 + '"\n', "a.csv", "field larger than field limit"),
    ],
)
def test_an_unusable_table_is_refused_in_one_line(tmp_path, text, name, reason):
    with pytest.raises(UsageError, match=reason) as caught:
        table(tmp_path, text, name)
    assert "\n" not in str(caught.value)


def test_columns_are_renamed_and_what_had_our_name_gives_way(tmp_path):
    found = rename_columns(
        table(tmp_path, "path,text,Utterance\na,old,new\n"), {"text": "Utterance"}, ("path", "text")
    )
    assert dict(found.rows[0].values) == {"path": "a", "text": "new"}
    assert found.columns == ("path", "text")


def test_wrong_renames_are_refused(tmp_path):
    found = table(tmp_path, "path,words\na,b\n")
    with pytest.raises(UsageError, match="no column 'sound'; the names are path, text"):
        rename_columns(found, {"sound": "words"}, ("path", "text"))
    with pytest.raises(UsageError, match=r"no column 'Utterance' \(its columns: 'path', 'words'\)"):
        rename_columns(found, {"text": "Utterance"}, ("path", "text"))
    with pytest.raises(UsageError, match="one column cannot stand for two"):
        rename_columns(found, {"text": "words", "path": "words"}, ("path", "text"))
    with pytest.raises(UsageError, match=r"no column 'label'.*--columns label=THEIRS"):
        require_column(found, "label")


@pytest.mark.parametrize("value", ["x", "nan", "inf", "1,5", "1e999"])
def test_what_is_no_finite_number_is_refused(tmp_path, value):
    row = table(tmp_path, f"path;start_s\na;{value}\n").rows[0]
    with pytest.raises(ValueError, match="not a number"):
        number(row, "start_s")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", "path\n" + "a\n" * 50, "more than 40 rows"),
        ("x.jsonl", '{"path": "a"}\n' * 50, "more than 40 rows"),
        ("x.csv", ",".join(f"c{at}" for at in range(50)), "more than 40 columns"),
        ("x.jsonl", "".join(f'{{"c{at}": 1}}\n' for at in range(41)), "more than 40 (columns|rows)"),
        ("x.jsonl", json.dumps({f"c{at}": 1 for at in range(41)}), "more than 40 columns"),
    ],
)
def test_a_table_of_more_than_clips_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch, name, content, said):
    monkeypatch.setattr(tables, "MAX_ROWS", 40)
    monkeypatch.setattr(tables, "MAX_COLUMNS", 40)
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=said):
        read_table(tmp_path / name)


def test_a_line_without_end_costs_itself(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"a": [' + "[]," * 1_500_000 + '[]]}\n{"path": "a"}\n')
    first, second = read_table(tmp_path / "x.jsonl").rows
    assert "more than 4000000 characters" in first.error and second.get("path") == "a"
