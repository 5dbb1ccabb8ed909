"""The store: what is written is read back, whole or not at all, whatever the id."""

import json
import os
import struct
import threading
from dataclasses import replace

import numpy as np
import pytest

from pipeline.aligned import ClipInfo
from pipeline.errors import StoreError
from pipeline.store import FeatureStore
from pipeline.stores.clipfile import pack, packed
from pipeline.stores.failures import Failure
from tests.pipeline.making import aligned_clip


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store", create=True)


def test_a_clip_is_read_back_as_it_was_written(store):
    clip = aligned_clip(label="1.5", split="train", speaker="s", video_id="v")
    store.write(clip)
    found = store.load(clip.clip_id)
    assert (found.words, found.segments, found.flags, found.info) == (
        clip.words,
        clip.segments,
        clip.flags,
        clip.info,
    )
    assert (found.provenance, found.duration_s) == (clip.provenance, clip.duration_s)
    for name in ("text", "audio", "face"):
        np.testing.assert_array_equal(getattr(found, name).values, getattr(clip, name).values)
        np.testing.assert_array_equal(getattr(found, name).mask, getattr(clip, name).mask)
        assert getattr(found, name).names == getattr(clip, name).names
    np.testing.assert_array_equal(found.native["audio"].times_s, clip.native["audio"].times_s)
    np.testing.assert_array_equal(found.pieces.ids, clip.pieces.ids)


def test_the_same_clip_makes_the_same_bytes():
    assert pack(aligned_clip()) == pack(aligned_clip())


@pytest.mark.parametrize(
    "clip", [aligned_clip(), aligned_clip('ü"\\\n\x7f😀', rows=0), aligned_clip("long", rows=3000, label="ß")]
)
def test_a_file_has_the_bytes_that_the_safetensors_library_writes(clip):
    from safetensors.numpy import load, save

    content = pack(clip)
    size = struct.unpack("<Q", content[:8])[0]
    assert content == save(load(content), json.loads(content[8 : 8 + size])["__metadata__"])
    native = load(content)["native.audio.values"]
    np.testing.assert_array_equal(native, clip.native["audio"].values)


def test_a_clip_that_cannot_be_written_leaves_no_partial_file(store):
    damaged = replace(aligned_clip(), provenance={"snr_db": float("nan")})
    with pytest.raises(ValueError, match="JSON compliant"):
        store.write(damaged)
    assert not [file for file in store.path.rglob("*") if file.is_file() and file.parent != store.path]


def test_iterating_yields_ids_in_order_and_length_counts_them(store):
    for name in ("b", "a", "c"):
        store.write(aligned_clip(name))
    assert (list(store), len(store), "a" in store, "x" in store) == (["a", "b", "c"], 3, True, False)


AWKWARD = ["../../etc/passwd", "a b", "-rf", "ü😀", "x" * 500, "a\nb", "", "CON", "a/b", "\ud800"]


@pytest.mark.parametrize("clip_id", AWKWARD)
def test_any_id_gets_a_file_inside_the_store(store, clip_id):
    assert store.file(clip_id).resolve().is_relative_to(store.path.resolve())
    if clip_id != "\ud800":
        store.write(aligned_clip(clip_id))
        assert list(store) == [clip_id] and store.load(clip_id).clip_id == clip_id


def test_ids_that_look_alike_in_a_file_name_stay_apart(store):
    assert len({store.file(clip_id) for clip_id in ("a b", "a_b", "a/b", "a\\b")}) == 4


def test_a_new_label_changes_the_file_and_no_feature(store):
    clip = aligned_clip(label="1")
    store.write(clip)
    assert store.write_info(clip.clip_id, ClipInfo(label="2"))
    assert not store.write_info(clip.clip_id, ClipInfo(label="2"))
    found = store.load(clip.clip_id)
    assert found.info.label == "2"
    np.testing.assert_array_equal(found.audio.values, clip.audio.values)


@pytest.mark.parametrize("cut", [0, 4, 100, 2000, -1])
def test_a_truncated_file_is_named_and_what_to_do_is_said(store, cut):
    file = store.write(aligned_clip())
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(StoreError, match=r"damaged or no clip.*extract it again"):
        store.load("v$_$1")


def test_a_header_that_claims_to_be_huge_is_not_read(store):
    file = store.write(aligned_clip())
    file.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    with pytest.raises(StoreError, match="header of"):
        store.header("v$_$1")


def test_a_full_disk_leaves_the_old_clip_intact_and_no_partial_file(store, monkeypatch):
    store.write(aligned_clip(seed=1))
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device\); free some space"):
        store.write(aligned_clip(seed=2))
    monkeypatch.setattr(os, "fsync", real)
    assert store.load("v$_$1").provenance["fingerprint"] == "f1"
    assert [file.name for file in store.path.rglob(".partial*")] == []


def test_partial_files_of_a_killed_run_are_never_clips_and_go_with_the_next_lock(store):
    file = store.write(aligned_clip())
    partial = file.with_name(".partial-1-" + file.name)
    partial.write_bytes(b"half")
    assert len(store) == 1
    with store.locked():
        assert not partial.exists()


def test_two_runs_cannot_write_at_once(store):
    with store.locked(), pytest.raises(StoreError, match="another run is writing"), FeatureStore(store.path).locked():
        pass
    with store.locked():
        pass


def test_a_worker_that_outlived_its_run_writes_and_deletes_nothing_once_another_run_has_the_store(store):
    with store.locked() as turn:
        worker = FeatureStore(store.path, turn=turn)
        worker.write(aligned_clip("a"))
    (store.path / ".lock").write_text(turn)  # as a run leaves it that was killed; nobody else has come yet
    worker.write(aligned_clip("b"))
    with store.locked() as later:
        for late in (lambda: worker.write(aligned_clip("c")), lambda: worker.remove("a")):
            with pytest.raises(StoreError, match="another run has taken this store"):
                late()
        FeatureStore(store.path, turn=later).write(aligned_clip("d"))
    assert list(store) == ["a", "b", "d"]


def test_a_run_that_takes_over_waits_for_the_file_that_is_being_written(store, monkeypatch):
    with store.locked() as turn:
        pass
    (store.path / ".lock").write_text(turn)  # as a run leaves it that was killed
    worker, begun, going_on = FeatureStore(store.path, turn=turn), threading.Event(), threading.Event()

    def parts():
        begun.set()
        assert going_on.wait(60)
        yield from packed(aligned_clip("slow"))

    writer = threading.Thread(target=worker.write_bytes, args=("slow", parts()))
    writer.start()
    assert begun.wait(60)
    monkeypatch.setattr("pipeline.store.TAKE_OVER_S", 0.1)
    with pytest.raises(StoreError, match="a worker of an earlier run is still writing"), store.locked():
        pass
    going_on.set()
    writer.join()
    with store.locked():
        assert list(store) == ["slow"]


def test_a_run_that_ended_leaves_no_turn_and_its_late_workers_are_refused(store):
    with store.locked() as turn:
        late = FeatureStore(store.path, turn=turn)
        assert (store.path / ".lock").read_text() == turn
    assert (store.path / ".lock").read_bytes() == b""
    with pytest.raises(StoreError, match="or this one has ended"):
        late.write(aligned_clip("a"))


def test_files_are_private(store):
    file = store.write(aligned_clip())
    assert file.stat().st_mode & 0o077 == 0 and store.path.stat().st_mode & 0o077 == 0


def test_a_folder_that_is_no_store_is_neither_read_nor_filled(tmp_path):
    with pytest.raises(StoreError, match="no feature store here"):
        FeatureStore(tmp_path)
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(StoreError, match="is there already and is no feature store"):
        FeatureStore(tmp_path, create=True)


def test_a_store_of_another_format_is_refused(store):
    (store.path / "store.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(StoreError, match="format 99"):
        FeatureStore(store.path)


def test_failures_are_one_line_each_and_read_back(store):
    store.write_failures([Failure("b", "p,q", "read", "two\nlines"), Failure("a", "", "extract", "x")])
    assert store.failures() == [Failure("a", "", "extract", "x"), Failure("b", "p,q", "read", "two lines")]
    assert (store.path / "failures.csv").read_text().splitlines()[0] == "clip_id,path,stage,error"
