"""Stores and converted datasets from strangers: files of holes, headers and records without end."""

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.datafolder import open_dataset
from pipeline.errors import DamagedClipError, StoreError
from pipeline.formats.mmsa import converted_folder, read_mmsa
from pipeline.store import FeatureStore
from pipeline.stores.quarantine import read_quarantine
from tests.pipeline.bombs import outcome
from tests.pipeline.making import aligned_clip
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


def holes(path: Path, start: bytes = b"", size: int = 1 << 40) -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


@linux
@pytest.mark.parametrize("name", ["store.json", "quarantine.json"])
def test_a_record_of_holes_is_refused_in_bounded_memory(tmp_path: Path, name: str) -> None:
    FeatureStore(tmp_path / "s", create=True)
    holes(tmp_path / "s" / name)
    read = "(pipeline.store.FeatureStore(path), pipeline.stores.quarantine.read_quarantine(path))"
    assert outcome(tmp_path / "s", read, "import pipeline.stores.quarantine").startswith("refused")


@linux
def test_a_clip_of_holes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "s", create=True)
    file = store.write(aligned_clip("a"))
    (size,) = struct.unpack("<Q", file.read_bytes()[:8])
    header = json.loads(file.read_bytes()[8 : 8 + size])
    count = 1 << 38
    header["text.values"] |= {"shape": [count, 1], "data_offsets": [0, 4 * count]}
    text = json.dumps(header).encode()
    holes(file, struct.pack("<Q", len(text)) + text, 8 + len(text) + 4 * count)
    said = outcome(tmp_path / "s", "pipeline.store.FeatureStore(path).load('a')")
    assert said.startswith("refused") and "is damaged or no clip of a store" in said


@linux
def test_a_header_of_holes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "s", create=True)
    holes(store.write(aligned_clip("a")), struct.pack("<Q", 1 << 39))
    assert "header of" in outcome(tmp_path / "s", "pipeline.store.FeatureStore(path).load('a')")


@pytest.mark.parametrize("content", ["[" * 100_000, "[]", '{"a": [1]}', '{"a": {"x": 1}}', "nul"])
def test_a_quarantine_that_is_none_is_said(tmp_path: Path, content: str) -> None:
    FeatureStore(tmp_path / "s", create=True)
    (tmp_path / "s" / "quarantine.json").write_text(content)
    with pytest.raises(StoreError, match="is damaged"):
        read_quarantine(tmp_path / "s")


def test_a_fifo_in_place_of_a_record_does_not_stop_a_run(tmp_path: Path) -> None:
    FeatureStore(tmp_path / "s", create=True)
    os.mkfifo(tmp_path / "s" / "quarantine.json")
    assert read_quarantine(tmp_path / "s") == {}


def test_a_clip_that_is_no_clip_is_said(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "s", create=True)
    store.write(aligned_clip("a")).write_bytes(b"")
    with pytest.raises(DamagedClipError):
        store.load("a")


@pytest.mark.parametrize("name", ["index.clip.npy", "audio.offsets.npy"])
@pytest.mark.parametrize("kind", ["archive", "objects", "text"])
def test_converted_arrays_that_a_stranger_sent_along_run_nothing(tmp_path: Path, name: str, kind: str) -> None:
    path = write_mmsa(tmp_path / "x.pkl", mmsa_content())
    read_mmsa(path)
    folder = converted_folder(path)
    with (folder / name).open("wb") as file:
        if kind == "archive":
            np.savez(file, np.zeros(3))
        elif kind == "objects":
            np.save(file, np.array([{}], object), allow_pickle=True)
        else:
            file.write(b"text")
    stamp = json.loads((folder / "dataset.json").read_text())["stamp"]
    with pytest.raises(StoreError, match=r"x\.pkl\.arrays: is damaged"):
        open_dataset(folder, stamp)
