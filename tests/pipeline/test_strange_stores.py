"""A store from a stranger: links lead nowhere out of it, a pipe is not waited for, tables are bounded."""

import os
import shutil

import pytest

import pipeline.stores.failures as failures
from dmd.runs.starter import STARTER
from pipeline.errors import StoreError
from pipeline.store import FeatureStore
from tests.pipeline.making import aligned_clip


@pytest.fixture
def store(tmp_path):
    found = FeatureStore(tmp_path / "store", create=True)
    found.write(aligned_clip("one"))
    return found


@pytest.mark.parametrize("name", [".lock", ".writers"])
def test_a_link_in_the_place_of_a_lock_empties_no_file_of_mine(store, tmp_path, name):
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    (store.path / name).unlink(missing_ok=True)
    (store.path / name).symlink_to(mine)
    with pytest.raises(StoreError, match=f"{name}: is a link"), store.locked():
        pass
    assert mine.read_text() == "precious"


def test_a_store_whose_clips_are_elsewhere_is_refused(store, tmp_path):
    store._clips.rename(tmp_path / "elsewhere")
    store._clips.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        FeatureStore(store.path)


def test_a_folder_of_clips_that_is_elsewhere_is_refused(store, tmp_path):
    (folder,) = store._clips.iterdir()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        FeatureStore(store.path)


def test_a_pipe_among_the_clips_is_damaged_and_not_waited_for(store):
    (store._clips / "zz").mkdir()
    os.mkfifo(store._clips / "zz" / "x.safetensors")
    assert [*store] == ["one"]
    assert "no regular file" in str(store.damaged()[0])


@pytest.mark.parametrize("name", ["normaliser.safetensors", "seed-1/model.safetensors"])
def test_a_pipe_in_a_run_is_not_waited_for(tmp_path, name):
    from dmd.runs.checkpoint import load_run

    run = tmp_path / "run"
    shutil.copytree(STARTER, run)
    (run / name).unlink()
    os.mkfifo(run / name)
    with pytest.raises(StoreError, match="no regular file"):
        loaded = load_run(run, "cpu")
        assert loaded.normaliser and loaded.systems


def test_failures_without_end_are_refused(store, monkeypatch):
    monkeypatch.setattr(failures, "MAX_BYTES", 1000)
    (store.path / "failures.csv").write_text("clip_id,path,stage,error\n" + "a,b,read,c\n" * 100)
    with pytest.raises(StoreError, match="is damaged"):
        store.failures()
