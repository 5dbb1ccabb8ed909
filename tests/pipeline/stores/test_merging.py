"""Merged shards are the store that one run would have made; a clip that is forgotten leaves no trace."""

import os
from pathlib import Path

import pytest

from pipeline.clip import Clip
from pipeline.errors import StoreError, UsageError
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure
from pipeline.stores.merging import Merged, merge
from pipeline.stores.quarantine import Quarantine, read_quarantine
from tests.pipeline.making import aligned_clip


def make(path: Path, *ids: str, failed: str = "", settings: int = 1, seed: int = 0) -> FeatureStore:
    store = FeatureStore(path, create=True)
    store.write_settings({"extraction": settings})
    for clip_id in ids:
        store.write(aligned_clip(clip_id, seed=seed))
    store.write_failures([Failure(failed, f"/{failed}.mp4", "crash", "why")] if failed else [])
    if failed:
        Quarantine(path, "s").give_up(Clip(failed, None), 1.0, "crash", "why")
    return store


def content(path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file() and f.name != ".lock"}


def test_merged_shards_are_byte_for_byte_the_store_of_one_run(tmp_path):
    make(tmp_path / "1", "a", "b", failed="x")
    make(tmp_path / "2", "c")
    make(tmp_path / "whole", "a", "b", "c", failed="x")
    assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all") == Merged(3, 0, 1)
    assert content(tmp_path / "all") == content(tmp_path / "whole")
    assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all") == Merged(0, 3, 1)
    assert content(tmp_path / "all") == content(tmp_path / "whole")


def test_a_clip_that_failed_in_one_store_and_stands_in_another_has_not_failed(tmp_path):
    make(tmp_path / "1", failed="a")
    make(tmp_path / "2", "a")
    assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all").failed == 0
    assert not read_quarantine(tmp_path / "all")


def test_a_second_file_of_one_id_has_failed_although_the_first_one_stands_there(tmp_path):
    two = Failure("a", "/a.mov", "source", "two clips have the id 'a'")
    make(tmp_path / "1", "a").write_failures([two])
    make(tmp_path / "2", "b")
    for _ in range(2):
        assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all").failed == 1
        assert FeatureStore(tmp_path / "all").failures() == [two]
    make(tmp_path / "3", "c")
    assert merge([tmp_path / "3"], tmp_path / "all").failed == 1


def test_stores_that_do_not_fit_are_refused_before_anything_is_written(tmp_path):
    make(tmp_path / "1", "a")
    make(tmp_path / "2", "b", settings=2)
    make(tmp_path / "3", "a", seed=5)
    with pytest.raises(UsageError, match="other settings"):
        merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    with pytest.raises(UsageError, match=r"clip 'a' differs.*dmd forget"):
        merge([tmp_path / "1", tmp_path / "3"], tmp_path / "all")
    assert len(FeatureStore(tmp_path / "all")) == 0
    (clip,) = (tmp_path / "1" / "clips").rglob("*.safetensors")
    os.truncate(clip, clip.stat().st_size - 1)
    with pytest.raises(StoreError, match="1 damaged files"):
        merge([tmp_path / "1"], tmp_path / "all")


def test_a_damaged_file_stops_nobody_who_looks_at_the_others(tmp_path):
    store = make(tmp_path / "s", "a", "b", "c")
    os.truncate(store.file("b"), 100)
    assert list(store) == ["a", "c"]
    (error,) = store.damaged()
    assert str(store.file("b")) in str(error)
    os.truncate(store.file("c"), store.file("c").stat().st_size - 4)
    assert list(store) == ["a"], "arrays that were cut off are damage, too"
