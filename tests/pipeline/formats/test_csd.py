"""Computational sequences: the layout of the CMU SDK, and back."""

import json

import h5py
import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.formats.csd import SEQUENCES, read_csd, write_csd
from tests.pipeline.making import aligned_clip


def test_the_file_has_the_layout_that_the_sdk_reads(tmp_path):
    clip = aligned_clip("folder/v[1]$_$1", label="1.5")
    write_csd([clip], tmp_path / "out", "study")
    with h5py.File(tmp_path / "out" / "audio.csd") as file:
        assert list(file) == ["audio"] and list(file["audio/data"]) == ["folder%2Fv%5B1%5D$_$1"]
        (entry,) = file["audio/data"].values()
        assert entry["features"].shape == (5, 4) and entry["intervals"].shape == (5, 2)
        (name,) = file["audio/metadata/root name"]
        assert json.loads(name) == "audio" and file["audio/metadata/root name"].shape == (1,)
    with h5py.File(tmp_path / "out" / "words.csd") as file:
        (entry,) = file["words/data"].values()
        assert entry["features"].shape == (5, 1) and entry["features"][0, 0] == b"w0"


def test_what_is_written_is_read_back(tmp_path):
    clip = aligned_clip("a/b", label="-2")
    write_csd([clip], tmp_path / "out", "study")
    found = {name: read_csd(tmp_path / "out" / f"{name}.csd") for name in SEQUENCES}
    face = found["face"].entries["a/b"]
    np.testing.assert_array_equal(face.features, clip.face.values)
    np.testing.assert_array_equal(face.valid, clip.face.valid)
    assert found["face"].metadata["dimension names"] == list(clip.face.names)
    assert found["labels"].entries["a/b"].features.tolist() == [[-2.0]]


def test_a_store_without_clips_leaves_no_file(tmp_path):
    with pytest.raises(UsageError, match="holds no clip"):
        write_csd([], tmp_path / "out", "study")
    assert not list((tmp_path / "out").iterdir())


def test_another_file_is_refused_by_name(tmp_path):
    (tmp_path / "x.csd").write_bytes(b"no hdf5")
    with pytest.raises(UsageError, match=r"x\.csd: is no computational sequence"):
        read_csd(tmp_path / "x.csd")
