import mmap
from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import StoreError
from pipeline.pooling import PoolingConfig, pool
from pipeline.room import GrowingRows, Room, any_of_row, in_blocks, picked
from pipeline.stores.clipfile import pack
from pipeline.track import FeatureTrack
from pipeline.words import Word
from tests.pipeline.making import aligned_clip


def owner(array: np.ndarray) -> object:
    while isinstance(array, np.ndarray):
        array = array.base
    return array


def test_small_arrays_lie_in_memory_and_large_ones_in_a_file_without_a_name(tmp_path):
    room = Room(tmp_path, in_memory_bytes=1000)
    small, large = room.zeros((5, 5), np.float32), room.zeros((100, 5), np.float32)
    assert owner(small) is None and isinstance(owner(large), mmap.mmap)
    assert not small.any() and not large.any() and large.shape == (100, 5)
    assert not list(tmp_path.iterdir())
    assert owner(Room().zeros((1 << 20, 3), np.float64)) is None


def test_what_was_written_is_read_after_it_was_let_go_of(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.room.BLOCK_ROWS", 7)
    array = Room(tmp_path, 0).zeros((100, 3), np.float64)
    for rows in in_blocks(array):
        array[rows] = np.arange(100)[rows, None]
    assert np.array_equal(array[:, 1], np.arange(100))


def test_rows_grow_in_memory_and_on_disk_alike(tmp_path):
    parts = [np.random.default_rng(seed).normal(size=(1 + 7 * seed, 4)) for seed in range(20)]
    for room in (Room(), Room(tmp_path, 0)):
        rows = GrowingRows(4, room, first_rows=2)
        for part in parts:
            rows.append(part)
        assert np.array_equal(rows.rows, np.concatenate(parts))


def test_rows_are_told_and_picked_block_by_block(monkeypatch):
    monkeypatch.setattr("pipeline.room.BLOCK_ROWS", 3)
    values = np.random.default_rng(0).normal(size=(10, 4))
    columns = np.arange(10) % 4
    assert np.array_equal(any_of_row(values > 1), (values > 1).any(axis=1))
    assert np.array_equal(picked(values, columns), values[np.arange(10), columns])


def test_a_track_in_a_file_is_pooled_and_packed_as_one_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.room.BLOCK_ROWS", 11)
    rng = np.random.default_rng(1)
    valid = rng.random((200, 3)) > 0.3
    values = np.where(valid, rng.normal(size=(200, 3)), 0.0).astype(np.float32)
    room = Room(tmp_path, 0)
    there, known = room.zeros((200, 3), np.float32), room.zeros((200, 3), np.bool_)
    there[:], known[:] = values, valid
    tracks = [FeatureTrack(v, np.arange(200) / 100, k, ("a", "b", "c")) for v, k in ((values, valid), (there, known))]
    words = [Word("a", 0.1 * n, 0.1 * n + 0.1, 1.0, "strict") for n in range(20)]
    pooled = [pool(track, words, PoolingConfig()) for track in tracks]
    assert np.array_equal(pooled[0].values, pooled[1].values)
    clips = [replace(aligned_clip(), native={"audio": track, "face": track}) for track in tracks]
    assert pack(clips[0]) == pack(clips[1])


def test_a_full_disk_is_an_error_when_room_is_taken_and_not_a_crash_when_it_is_used(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(StoreError, match=r"No space left on device.*free some space"):
        Room(tmp_path, 0).zeros((10, 10), np.float32)
