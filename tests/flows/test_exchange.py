"""Export and import: each format that holds features gives them back, each message names what to do."""

import numpy as np
import pytest

from flows.exporting import WRITERS, export
from flows.importing import import_file
from pipeline.errors import UsageError
from pipeline.store import FeatureStore
from tests.pipeline.making import aligned_clip


@pytest.fixture
def store(tmp_path):
    found = FeatureStore(tmp_path / "store", create=True)
    for number in range(6):
        found.write(aligned_clip(f"v{number}$_$1", rows=3 + number, seed=number, label=f"{number - 2}"))
    return found


@pytest.mark.parametrize("form", ["parquet", "csd"])
def test_features_come_back(store, tmp_path, form):
    out = tmp_path / ("x.parquet" if form == "parquet" else "x")
    assert export(store, out, form)["clips"] == 6
    assert import_file(out, tmp_path / "again")["clips"] == 6
    again = FeatureStore(tmp_path / "again")
    for clip_id in store:
        mine, found = store.load(clip_id), again.load(clip_id)
        assert [w.text for w in mine.words] == [w.text for w in found.words]
        assert float(found.info.label) == float(mine.info.label)
        np.testing.assert_array_equal(mine.face.valid, found.face.valid)
        np.testing.assert_array_equal(mine.audio.values, found.audio.values)


def test_mmsa_divides_whole_videos_and_comes_back_as_a_row_a_piece(store, tmp_path):
    done = export(store, tmp_path / "x.pkl", "mmsa")
    assert sum(done["samples"].values()) == 6 and min(done["samples"]["train"], done["samples"]["valid"]) > 0
    assert import_file(tmp_path / "x.pkl", tmp_path / "again")["clips"] == 6
    clip = FeatureStore(tmp_path / "again").load("v3$_$1")
    rows = store.load("v3$_$1").audio.values
    np.testing.assert_array_equal(clip.audio.values[1:-1], rows)


@pytest.mark.parametrize(("form", "ending"), [("whisperx", ".json"), ("textgrid", ".TextGrid")])
def test_word_times_come_back_as_a_clip_of_words(store, tmp_path, form, ending):
    assert export(store, tmp_path / "times", form)["files"] == 6
    import_file(tmp_path / "times" / f"v2$_$1{ending}", tmp_path / "again")
    mine, found = store.load("v2$_$1"), FeatureStore(tmp_path / "again").load("v2$_$1")
    assert [(w.text, w.rung) for w in found.words] == [(w.text, "given") for w in mine.words]
    assert found.text.mask.all() and not found.audio.mask.any()


def test_unknown_formats_and_files_are_named(store, tmp_path):
    with pytest.raises(UsageError, match=", ".join(WRITERS)):
        export(store, tmp_path / "x", "xlsx")
    with pytest.raises(UsageError, match="no such file"):
        import_file(tmp_path / "nowhere.pkl", tmp_path / "again")
    (tmp_path / "x.doc").write_text("")
    with pytest.raises(UsageError, match=r"is no \.pkl"):
        import_file(tmp_path / "x.doc", tmp_path / "again")


@pytest.mark.parametrize("name", ["x.pkl", "x.parquet", "folder"])
def test_what_cannot_be_read_leaves_no_store(tmp_path, name):
    if name == "folder":
        (tmp_path / name).mkdir()
        (tmp_path / name / "words.csd").write_bytes(b"none")
    else:
        (tmp_path / name).write_bytes(b"none")
    with pytest.raises(UsageError, match=name):
        import_file(tmp_path / name, tmp_path / "new")
    assert not (tmp_path / "new").exists()
