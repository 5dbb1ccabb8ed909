"""Computational sequences of the CMU Multimodal SDK, `.csd`: one HDF5 file a modality.

    /<name>/data/<id>/features     [T, D]
    /<name>/data/<id>/intervals    [T, 2] seconds
    /<name>/metadata/<key>         a length-1 string holding JSON

Ours have `valid` [T, D] beside the features: the SDK passes over it, and without it nothing tells a value that is
not known from a zero.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.aligned import AlignedClip
from pipeline.datasets.schema import MODALITIES
from pipeline.errors import UsageError
from pipeline.files import make_folder
from pipeline.formats.datasetroom import DatasetRoom, member, text
from pipeline.formats.filenames import clip_id_of, name_of
from pipeline.untrusted.jsontext import parse_json

SEQUENCES = ("words", *MODALITIES, "labels")
READ_METADATA = ("root name", "dimension names")
PAUSE = "sp"
"""The word of a row in which none is said, as in the SDK's own files."""
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One clip of a sequence."""

    features: Array
    """[shape=(T, D)]"""
    intervals: NDArray[np.float64]
    """[shape=(T, 2)] seconds"""
    valid: NDArray[np.bool_] | None = None
    """[shape=(T, D)] None where the file does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A computational sequence."""

    name: str
    entries: Mapping[str, Entry]
    """Clip id -> entry."""
    metadata: Mapping[str, Any]


def write_csd(clips: Iterable[AlignedClip], folder: Path, dataset: str) -> list[Path]:
    """Write `words.csd`, `text.csd`, `audio.csd`, `face.csd` and `labels.csd`; intervals are those of the words.

    Parameters
    ----------
    clips : iterable of AlignedClip
    folder : Path
        Created.
    dataset : str
        What the metadata call the data.

    Returns
    -------
    list of Path

    Raises
    ------
    UsageError
        There is no clip.
    """
    import h5py

    make_folder(folder)
    paths = [folder / f"{name}.csd" for name in SEQUENCES]
    columns: dict[str, tuple[str, ...]] = {}
    count = 0
    files = [h5py.File(path, "w") for path in paths]
    try:
        roots = {name: file.create_group(name) for name, file in zip(SEQUENCES, files, strict=True)}
        for root in roots.values():
            root.create_group("data")
        for clip in clips:
            count += 1
            columns = columns or {m: getattr(clip, m).names for m in MODALITIES}
            for name, entry in entries(clip).items():
                _put(roots[name]["data"].create_group(name_of(clip.clip_id)), entry)
        for name, root in roots.items():
            for key, value in _metadata(name, columns.get(name, (name,)), dataset).items():
                root.create_group("metadata") if "metadata" not in root else None
                root["metadata"].create_dataset(key, (1,), h5py.string_dtype("utf-8"), [json.dumps(value)])
    finally:
        for file in files:
            file.close()
    if not count:
        for path in paths:
            path.unlink()
        raise UsageError(f"{dataset}: holds no clip to export; see failures.csv of the store for what failed and why")
    return paths


def entries(clip: AlignedClip) -> dict[str, Entry]:
    """Return what each sequence holds of a clip; no `labels` where the label is no number."""
    intervals = np.array([[word.start_s, word.end_s] for word in clip.words], np.float64).reshape(-1, 2)
    said = np.array([[(word.text or PAUSE).encode("utf-8", "backslashreplace")] for word in clip.words], "S").reshape(
        -1, 1
    )
    found = {"words": Entry(said if len(said) else np.zeros((0, 1), "S1"), intervals)}
    for modality in MODALITIES:
        rows = getattr(clip, modality)
        found[modality] = Entry(rows.values, intervals, rows.valid)
    label = _number(clip.info.label)
    if label is not None:
        found["labels"] = Entry(np.array([[label]]), np.array([[0.0, clip.duration_s]]))
    return found


def read_csd(path: Path) -> Sequence:
    """Read a computational sequence; its entries are read when they are asked for, one at a time.

    Raises
    ------
    UsageError
        It is no HDF5 file, or not of this layout, takes values from elsewhere, or (then also when an entry is asked
        for) declares more than it can hold.
    """
    import h5py

    if not path.is_file():
        raise UsageError(f"{path}: is no regular file; give a .csd file of the CMU SDK")
    with _told(path):
        file = h5py.File(path, "r")
        (name,) = file.keys()
        data = member(member(file, name), "data")
        keys = {clip_id_of(key): key for key in data}
        metadata = _metadata_of(member(file, name))
        return Sequence(str(metadata.get("root name", name)), _Entries(path, data, keys), metadata)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UsageError(
            f"{path}: is no computational sequence ({reason}); give a .csd file of the CMU SDK"
        ) from None


class _Entries(Mapping[str, Entry]):
    """The entries of an open file, each read when it is asked for."""

    def __init__(self, path: Path, data: Any, keys: Mapping[str, str]) -> None:
        self._path, self._data, self._keys = path, data, keys
        self._room = DatasetRoom(path)

    def __getitem__(self, clip_id: str) -> Entry:
        key = self._keys[clip_id]
        with _told(self._path):
            group = member(self._data, key)
            held = {name: self._room.read(member(group, name)) for name in ("features", "intervals")}
            valid = self._room.read(member(group, "valid")).astype(bool) if "valid" in group else None
            found = Entry(held["features"], held["intervals"].astype(np.float64), valid)
            if found.intervals.shape != (len(found.features), 2):
                raise ValueError(f"{key!r}: intervals {found.intervals.shape} for {len(found.features)} rows")
            if valid is not None and valid.shape != found.features.shape:
                raise ValueError(f"{key!r}: valid {valid.shape} for features {found.features.shape}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _metadata_of(root: Any) -> dict[str, Any]:
    """Return what is used of the metadata; a text among them is as long as it is in the file."""
    if "metadata" not in root:
        return {}
    held = member(root, "metadata")
    return {key: parse_json(text(member(held, key))) for key in READ_METADATA if key in held}


def _put(group: Any, entry: Entry) -> None:
    group.create_dataset("features", data=entry.features)
    group.create_dataset("intervals", data=entry.intervals)
    if entry.valid is not None:
        group.create_dataset("valid", data=entry.valid)


def _number(label: str | None) -> float | None:
    try:
        return float(label) if label else None
    except ValueError:
        return None


def _metadata(name: str, columns: tuple[str, ...], dataset: str) -> dict[str, Any]:
    return {
        "root name": name,
        "computational sequence description": f"{name} of {dataset}, one row a word",
        "dimension names": list(columns),
        "computational sequence version": "1.0",
        "alignment compatible": True,
        "dataset name": dataset,
        "dataset version": "1.0",
        "creator": "dmd-video",
        "contact": "",
        "featureset bib citation": "",
        "dataset bib citation": "",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{dataset}/{name}")),
        "md5": None,
    }
