"""What an MMSA pickle says of its samples beside their features: ids, texts, labels, word pieces."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.dataset import ClipRecord, ModalityRows, PieceRows, SampleIndex
from pipeline.errors import UsageError

SPLIT_NAMES = {"train": "train", "valid": "valid", "test": "test", "val": "valid", "dev": "valid"}
"""Name in the file -> our split."""
TARGETS = {
    "label": "regression_labels",
    "class": "classification_labels",
    "annotation": "annotations",
    **{f"label_{part}": f"regression_labels_{part}" for part in "TAV"},
    **{f"class_{part}": f"classification_labels_{part}" for part in "TAV"},
}
"""Our name of a target -> its key in the file."""
Splits = Mapping[str, Mapping[str, Any]]


def clip_records(path: Path, splits: Splits) -> tuple[tuple[ClipRecord, ...], dict[str, Any]]:
    """Return a record of every sample, and what was noticed: `duplicate_ids`, `unlabelled`.

    Raises
    ------
    UsageError
        A split has no ids, or another number of labels than of ids.
    """
    records: list[ClipRecord] = []
    seen: dict[str, int] = {}
    for split, part in splits.items():
        ids = [_text(value) for value in _list(part.get("id"))]
        if not ids:
            ids = [f"{split}$_${number}" for number in range(_samples(part))]
        texts = [_text(value) for value in _list(part.get("raw_text"))] or [""] * len(ids)
        targets = {name: _labels(part[key]) for name, key in TARGETS.items() if part.get(key) is not None}
        for name, labels in {**targets, "raw_text": texts}.items():
            if len(labels) != len(ids):
                raise UsageError(f"{path}: {split} has {len(ids)} ids and {len(labels)} of {name}")
        for at, name in enumerate(ids):
            seen[name] = seen.get(name, 0) + 1
            unique = name if seen[name] == 1 else f"{name}#{seen[name]}"
            found = {key: labels[at] for key, labels in targets.items() if labels[at]}
            video = name.split("$_$")[0] if "$_$" in name else None
            records.append(ClipRecord(unique, texts[at], found, split, None, video))
    duplicates = sum(count - 1 for count in seen.values())
    return tuple(records), {
        "duplicate_ids": duplicates,
        "unlabelled": sum(1 for record in records if not record.targets),
    }


def sample_index(count: int, modalities: Mapping[str, ModalityRows]) -> SampleIndex:
    """Return the index of a file whose every sample is a clip of its own; its times are not known (0)."""
    lengths = [np.diff(part.offsets) for part in modalities.values() if len(part.offsets) == count + 1]
    weight = np.max(lengths, axis=0) if lengths else np.ones(count, np.int64)
    return SampleIndex(
        np.arange(count, dtype=np.int64), np.zeros(count, np.int64), weight, np.zeros(count), np.zeros(count)
    )


def piece_rows(path: Path, splits: Splits) -> PieceRows | None:
    """Return the word pieces of every sample with [CLS] and [SEP], as the file has them; None if it has none."""
    arrays = [part.get("text_bert") for part in splits.values()]
    if any(array is None for array in arrays):
        return None
    ids, lengths = [], []
    for array in arrays:
        found = np.asarray(array)
        if found.ndim != 3 or found.shape[1] != 3:
            raise UsageError(f"{path}: text_bert has shape {found.shape}; it must be [n, 3, length]")
        ids.append(np.rint(found[:, 0, :]).astype(np.int32).reshape(-1))
        lengths.append(np.full(len(found), found.shape[2], np.int64))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return PieceRows(np.concatenate(ids), None, offsets)


def _samples(part: Mapping[str, Any]) -> int:
    return max(
        (len(part[key]) for key in ("text", "text_bert", "audio", "vision") if part.get(key) is not None), default=0
    )


def _list(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _text(value: Any) -> str:
    """Return an id or a text as str: files hold str, bytes, and arrays of one of them."""
    if isinstance(value, np.ndarray):
        value = value.reshape(-1)[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _labels(values: Any) -> list[str]:
    """Return labels as written; empty where a label is NaN."""
    array = np.asarray(values)
    if array.dtype.kind in "fiub":
        flat = array.reshape(len(array), -1)[:, 0] if array.size else np.zeros(0)
        return ["" if np.isnan(value) else _shortest(value) for value in flat.astype(np.float32)]
    return [_text(value) for value in values]


def _shortest(value: np.float32) -> str:
    """Return the shortest decimal that is this float32 again."""
    return np.format_float_positional(value, trim="-")
