"""What an MMSA pickle says of its samples beside their features: ids, texts, labels, word pieces."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.dataset import ClipRecord, ModalityRows, PieceRows, SampleIndex
from pipeline.errors import UsageError
from pipeline.formats.mmsa_arrays import ARRAYS, MAX_SAMPLES, NUMBERS

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
MAX_PIECE = 1 << 24
"""Vocabularies of all languages together have less than a million."""
MAX_CHARACTERS = 1 << 26
"""Of all ids, texts and labels together: twenty times those of CMU-MOSEI."""
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
    said = _Said(path)
    for split, part in splits.items():
        samples = _samples(part)
        ids = said.texts(split, "id", part.get("id"), None) or [f"{split}$_${number}" for number in range(samples)]
        texts = said.texts(split, "raw_text", part.get("raw_text"), len(ids)) or [""] * len(ids)
        targets = {
            name: said.labels(split, name, part[key], len(ids))
            for name, key in TARGETS.items()
            if part.get(key) is not None
        }
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
    arrays: list[Any] = [part.get("text_bert") for part in splits.values()]
    if any(array is None for array in arrays):
        return None
    ids, lengths = [], []
    for found in arrays:
        pieces = np.asarray(found[:, 0, :], np.float64)
        if not ((pieces >= 0) & (pieces <= MAX_PIECE)).all():  # NaN is neither
            raise UsageError(f"{path}: text_bert holds word pieces that no vocabulary has")
        ids.append(np.rint(pieces).astype(np.int32).reshape(-1))
        lengths.append(np.full(len(found), found.shape[2], np.int64))
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    return PieceRows(np.concatenate(ids), None, offsets)


def _samples(part: Mapping[str, Any]) -> int:
    return max((len(part[key]) for key in ARRAYS if part.get(key) is not None), default=0)


class _Said:
    """Reads texts and labels of one file, whose characters are bounded in sum: one text can be named many times.

    Each method raises UsageError for what is no list of texts or numbers, of another length than the ids.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = MAX_CHARACTERS

    def texts(self, split: str, key: str, values: Any, count: int | None) -> list[str]:
        """Return texts: files hold str, bytes, and arrays of one of them; nothing if there are none."""
        if values is None or (isinstance(values, list | tuple | np.ndarray) and not len(values)):
            return []
        self._check(split, key, values, count)
        return [self._text(split, key, value) for value in values]

    def labels(self, split: str, key: str, values: Any, count: int) -> list[str]:
        """Return labels as written; empty where a label is NaN or None."""
        self._check(split, key, values, count)
        held = [_first(value) for value in values] if not isinstance(values, np.ndarray) else values
        if isinstance(held, list) and all(isinstance(value, NUMBERS) for value in held):
            held = np.array([_float(value) for value in held])
        if isinstance(held, np.ndarray) and held.dtype.kind in "fiub":
            flat = held.reshape(len(held), -1)[:, 0] if held.size else np.zeros(len(held))
            return ["" if np.isnan(value) else _shortest(value) for value in flat.astype(np.float32)]
        return [self._text(split, key, value) for value in held]

    def _check(self, split: str, key: str, values: Any, count: int | None) -> None:
        kept = isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim > 0)
        if not kept or len(values) > MAX_SAMPLES:
            raise UsageError(f"{self._path}: {split}/{key} is no list of at most {MAX_SAMPLES} samples")
        if count is not None and len(values) != count:
            raise UsageError(f"{self._path}: {split} has {count} ids and {len(values)} of {key}")

    def _text(self, split: str, key: str, value: Any) -> str:
        value = _first(value)
        if value is None:
            return ""
        if not isinstance(value, (str, bytes, *NUMBERS)):
            raise UsageError(f"{self._path}: {split}/{key} holds a {type(value).__name__}, which is no text")
        self._left -= len(value) if isinstance(value, str | bytes) else 8
        if self._left < 0:
            raise UsageError(f"{self._path}: its ids, texts and labels have more than {MAX_CHARACTERS} characters")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _first(value: Any) -> Any:
    """Return a value that stands alone in an array or a list, or the first of several."""
    if isinstance(value, np.ndarray):
        return value.reshape(-1)[0] if value.size else ""
    if isinstance(value, list | tuple):
        return value[0] if value else ""
    return value


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("nan")


def _shortest(value: np.float32) -> str:
    """Return the shortest decimal that is this float32 again."""
    return np.format_float_positional(value, trim="-")
