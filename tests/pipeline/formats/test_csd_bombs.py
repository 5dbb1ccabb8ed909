"""Computational sequences from strangers: small files that declare much, or take values from elsewhere."""

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.formats.csd import read_csd, write_csd
from tests.pipeline.bombs import outcome
from tests.pipeline.making import aligned_clip

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
READ = "[entry for entry in pipeline.formats.csd.read_csd(path).entries.values()]"


def sequence(path: Path, fill: Any, clips: int = 1) -> Path:
    """Write a sequence whose entries ``fill(group, number)`` makes."""
    with h5py.File(path, "w") as file:
        data = file.create_group("face/data")
        for number in range(clips):
            fill(data.create_group(f"v{number}"), number)
    return path


def never_written(group: Any, _: int) -> None:
    group.create_dataset("features", (20_000_000, 35), "f8", chunks=(1000, 35))
    group.create_dataset("intervals", (20_000_000, 2), "f8", chunks=(1000, 2))


def zeros_packed(group: Any, _: int) -> None:
    group.create_dataset("features", data=np.zeros((2_000_000, 8)), chunks=(100_000, 8), compression="gzip")
    group.create_dataset("intervals", (2_000_000, 2), "f8", chunks=(100_000, 2))


def one_huge_chunk(group: Any, _: int) -> None:
    group.create_dataset("features", (4, 2), "f8", chunks=(400_000_000, 1), maxshape=(None, 2))
    group.create_dataset("intervals", data=np.zeros((4, 2)))


def some_of_each(group: Any, _: int) -> None:
    group.create_dataset("features", (200_000, 35), "f4", chunks=(1000, 35))
    group.create_dataset("intervals", (200_000, 2), "f4", chunks=(1000, 2))


@linux
@pytest.mark.parametrize(
    ("fill", "clips"), [(never_written, 1), (zeros_packed, 1), (one_huge_chunk, 1), (some_of_each, 200)]
)
def test_datasets_larger_than_the_file_can_hold_are_refused_in_bounded_memory(
    tmp_path: Path, fill: Any, clips: int
) -> None:
    path = sequence(tmp_path / "face.csd", fill, clips)
    assert path.stat().st_size < 600_000
    assert "more than the file can hold" in outcome(path, READ)


@linux
def test_one_dataset_under_many_names_is_not_read_without_end(tmp_path: Path) -> None:
    def linked(group: Any, number: int) -> None:
        if not number:
            some_of_each(group, number)
        else:
            for name in ("features", "intervals"):
                group[name] = group.parent["v0"][name]

    path = sequence(tmp_path / "face.csd", linked, 500)
    assert "more than the file can hold" in outcome(path, READ)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    write_csd([aligned_clip("v0")], tmp_path / "private", "study")
    (tmp_path / "private" / "raw").write_bytes(b"\0" * 800)
    return tmp_path / "private"


def test_values_from_other_files_are_refused(tmp_path: Path, elsewhere: Path) -> None:
    def external(group: Any, _: int) -> None:
        group.create_dataset("features", (5, 4), "f8", external=[(str(elsewhere / "raw"), 0, 160)])
        group.create_dataset("intervals", data=np.zeros((5, 2)))

    def virtual(group: Any, _: int) -> None:
        layout = h5py.VirtualLayout((5, 4), "f4")
        layout[:] = h5py.VirtualSource(elsewhere / "audio.csd", "audio/data/v0/features", (5, 4))
        group.create_virtual_dataset("features", layout)
        group.create_dataset("intervals", data=np.zeros((5, 2)))

    for number, fill in enumerate((external, virtual)):
        found = read_csd(sequence(tmp_path / f"{number}.csd", fill))
        with pytest.raises(UsageError, match="takes its values from other files"):
            found.entries["v0"]


@pytest.mark.parametrize("at", ["face", "face/data", "face/data/v0", "face/data/v0/features"])
def test_links_to_other_files_and_places_are_refused(tmp_path: Path, elsewhere: Path, at: str) -> None:
    links = {"external": h5py.ExternalLink(elsewhere / "audio.csd", at.replace("face", "audio")),
             "soft": h5py.SoftLink("/other")}  # fmt: skip
    for name, link in links.items():
        path = sequence(tmp_path / f"{name}.csd", some_of_each)
        with h5py.File(path, "a") as file:
            file.move("face", "other")
            if at != "face":
                file.move("other", "face")
                del file[at]
            file[at] = link
            if at == "face":
                del file["other"]
        with pytest.raises(UsageError, match="is a link to another place"):
            dict(read_csd(path).entries)


@pytest.mark.parametrize(
    "values",
    [
        np.array([["a", "b"]] * 3, h5py.string_dtype()),
        np.zeros((3, 1), np.dtype([("a", "f8"), ("b", "i4")])),
        np.zeros((3, 2, 2)),
    ],
)
def test_what_is_neither_numbers_nor_short_texts_is_refused(tmp_path: Path, values: Any) -> None:
    def fill(group: Any, _: int) -> None:
        group.create_dataset("features", data=values)
        group.create_dataset("intervals", data=np.zeros((3, 2)))

    found = read_csd(sequence(tmp_path / "face.csd", fill))
    with pytest.raises(UsageError, match=r"face\.csd: is no computational sequence"):
        found.entries["v0"]


def test_a_name_of_the_sequence_from_another_file_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b'"secret"')
    path = sequence(tmp_path / "face.csd", some_of_each)
    with h5py.File(path, "a") as file:
        file.create_dataset("face/metadata/root name", (1,), "S8", external=[(str(tmp_path / "secret"), 0, 8)])
    with pytest.raises(UsageError, match="takes its values from other files"):
        read_csd(path)


def test_an_entry_may_be_read_again(tmp_path: Path) -> None:
    def fill(group: Any, _: int) -> None:  # 48 MB of which the file has few: most of what is allowed
        group.create_dataset("features", (400_000, 14), "f8", chunks=(1000, 14))
        group.create_dataset("intervals", (400_000, 1), "f4", chunks=(1000, 1))

    found = read_csd(sequence(tmp_path / "face.csd", fill))
    for _ in range(3):
        with pytest.raises(UsageError, match=r"intervals \(400000, 1\)"):
            found.entries["v0"]
