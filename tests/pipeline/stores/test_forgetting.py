"""Forgetting a clip: what a store holds of it goes, what lies beside it is mended, deleted or named."""

import pytest

from flows.pages.document import write_page
from pipeline.clip import Clip
from pipeline.errors import UsageError
from pipeline.formats.filenames import name_of
from pipeline.stores.failures import Failure
from pipeline.stores.forgetting import forget
from pipeline.stores.quarantine import Quarantine, read_quarantine
from tests.pipeline.stores.test_merging import content, make


@pytest.mark.parametrize("clip_id", ["anna$_$1", "a b/'\n😀"])
def test_a_forgotten_clip_leaves_no_byte_of_its_name(tmp_path, clip_id):
    store = make(tmp_path / "s", clip_id, "other")
    store.write_failures([Failure(clip_id, "/x.mp4", "read", "bad"), Failure("y", "/y.mp4", "read", "bad")])
    Quarantine(store.path, "s").give_up(Clip(clip_id, None), 1.0, "crash", "why")
    note = store.path / "note.html"
    note.write_text(f"<p>{clip_id}</p>", "utf-8")
    found = forget(store, clip_id)
    assert (found.features, found.failures, found.elsewhere) == (True, 1, (note,))
    note.unlink()
    assert list(store) == ["other"] and [row.clip_id for row in store.failures()] == ["y"]
    assert not any(clip_id.encode() in file for file in content(store.path).values())
    assert not read_quarantine(store.path)


@pytest.mark.parametrize("clip_id", ["anna$_$1", "a b/'\"\n😀", "7"])
def test_what_was_made_of_a_forgotten_clip_in_the_folder_goes_and_that_of_others_stays(tmp_path, clip_id):
    import pandas as pd

    store = make(tmp_path / "s", clip_id, "other")
    folder, ids = store.path, [clip_id, "other7", clip_id]
    rows = pd.DataFrame({"clip_id": ids, "text": ["w0 w1 w2 w3 w4", "seven", "x"], "score": [0.7, 7.5, -1.0]})
    rows.to_csv(folder / "scores.csv", index=False)
    rows.to_json(folder / "scores.jsonl", orient="records", lines=True)
    rows.to_parquet(folder / "scores.parquet")
    write_page(folder / "page.html", "page.html", "clips", {}, {"clips": ids})
    write_page(folder / "others.html", "page.html", "clips", {}, {"clips": ["other7", "x-anna$_$12"]})
    (folder / "talk.srt").write_text("w0 w1 w2 w3 w4")
    (folder / f"{name_of(clip_id)}.TextGrid").write_text("")
    found = forget(store, clip_id)
    assert {path.name for path in found.mended} == {"scores.csv", "scores.jsonl", "scores.parquet"}
    assert [path.name for path in found.deleted] == ["page.html"]
    assert {path.name for path in found.elsewhere} == {"talk.srt", f"{name_of(clip_id)}.TextGrid"}
    assert (folder / "others.html").exists()
    left = pd.concat([pd.read_csv(folder / "scores.csv"), pd.read_json(folder / "scores.jsonl", lines=True)])
    assert {*left["clip_id"], *pd.read_parquet(folder / "scores.parquet")["clip_id"]} == {"other7"}


def test_tables_of_others_stay_as_they_are(tmp_path):
    store = make(tmp_path / "s", "anna$_$1")
    contents = {
        "a.csv": b"x;y\n1;2",
        "b.csv": b"",
        "c.jsonl": b"{not json\n",
        "d.parquet": b"PAR1",
        "e.jsonl": b"[" * 99999,
    }
    for name, written in contents.items():
        (store.path / name).write_bytes(written)
    assert not forget(store, "anna$_$1").mended
    assert {name: (store.path / name).read_bytes() for name in contents} == contents


def test_a_clip_that_the_store_does_not_know_is_wrong_usage(tmp_path):
    store = make(tmp_path / "s", "a", failed="x")
    with pytest.raises(UsageError, match="knows no clip 'b'"):
        forget(store, "b")
    assert forget(store, "x").failures == 1
