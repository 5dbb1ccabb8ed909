import csv
import json

import pytest

from flows.pages.scores import by_clip, scores_of
from pipeline.errors import UsageError
from tests.flows.page_material import make_clip, score_row

ROWS = [
    score_row(make_clip("a"), 0.5, probabilities='{"happy": 0.7, "sad": 0.3}', shapley_text=0.4),
    score_row(make_clip("a"), 1.5, "0", modalities="text", flags="narrowband;low_snr"),
    score_row(make_clip("b"), -1.0),
]


def written(folder, kind):
    path = folder / f"scores.{kind}"
    if kind == "csv":
        with path.open("w", newline="") as stream:
            table = csv.DictWriter(stream, list(ROWS[0]))
            table.writeheader()
            table.writerows(ROWS)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        import pyarrow as pa
        from pyarrow import parquet

        names = list(ROWS[0])
        parquet.write_table(pa.Table.from_pylist([{name: row.get(name) for name in names} for row in ROWS]), path)
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_score_file_is_read_whatever_its_kind(tmp_path, kind):
    found = by_clip(written(tmp_path, kind))
    assert set(found) == {"a", "b"}
    assert found["a"].whole.probabilities == {"happy": 0.7, "sad": 0.3}
    assert found["a"].whole.contributions == {"text": 0.4}
    assert found["a"].segments[0].modalities == ("text",)
    assert found["a"].segments[0].flags == ("narrowband", "low_snr")
    assert (found["b"].best.score, found["b"].best.low) == (-1.0, -1.8)


def test_rows_at_hand_are_read_as_those_of_a_file(tmp_path):
    assert by_clip(ROWS) == by_clip(written(tmp_path, "jsonl"))


def test_an_only_segment_stands_for_its_clip():
    found = by_clip([score_row(make_clip("a"), 2.0, "0")])
    assert found["a"].whole is None
    assert found["a"].best.score == 2.0


def test_no_scores_are_no_scores():
    assert by_clip(None) == {}
    assert scores_of(["a"], None, "the store") == {}


def test_a_table_of_other_clips_alone_is_refused():
    assert set(scores_of(["b", "c"], ROWS, "the store")) == {"b"}
    with pytest.raises(
        UsageError, match=r"of other clips \('a', \.\.\.\) than the store \('c', \.\.\.\); score what"
    ):
        scores_of(["c"], ROWS, "the store")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "no such score file"),
        ("scores.txt", "x", "is .csv, .jsonl or .parquet"),
        ("scores.csv", "id,value\n1,2\n", "no columns clip_id and score"),
        ("scores.jsonl", "{broken\n", "cannot be read as scores"),
        ("scores.parquet", "no parquet", "cannot be read as scores"),
    ],
)
def test_a_wrong_score_file_is_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=message):
        by_clip(tmp_path / name)


def test_an_explained_score_has_its_base_and_its_deletion_test():
    row = score_row(make_clip("a"), 0.5, shapley_text=0.4, base_score="0.1", deletion_top=0.3, deletion_low="")
    (found,) = by_clip([row]).values()
    assert found.best is not None and found.best.base == 0.1 and found.best.deletion is None
    assert found.best.contributions == {"text": 0.4}
