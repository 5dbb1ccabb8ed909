"""The arrays of an MMSA pickle: numbers of a size that the file can hold, whether it has arrays or lists of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError

MAX_SAMPLES = 4_000_000
MAX_LENGTH = 1_000_000
MAX_WIDTH = 1 << 16
"""Sides of an array: [2**40, 0, 5] takes no bytes, and what is kept of each sample would take all there are."""
MAX_EMPTY_ROWS = 1 << 24
SHARED_VALUES = 8_000_000
"""How many values more than its bytes a list may unfold to: one row of zeros can stand for all the padding."""
ARRAYS = ("text", "text_bert", "audio", "vision")
NUMBERS = (bool, int, float, np.number, np.bool_)


def part_arrays(path: Path, split: str, part: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a split with its arrays as arrays of numbers [n, length, width] (`text_bert` [n, 3, length]).

    Parameters
    ----------
    path : Path
        The pickle.
    split : str
        For messages.
    part : dict
        As the pickle has it.
    folder : Path
        Where arrays that the pickle has as lists lie, in files without a name.

    Raises
    ------
    UsageError
        One is not numbers, not of such a shape, or larger than the file can hold.
    """
    arrays = {
        key: _sized(path, f"{split}/{key}", _array(path, f"{split}/{key}", part[key], folder))
        for key in ARRAYS
        if part.get(key) is not None
    }
    pieces = arrays.get("text_bert")
    if pieces is not None and pieces.shape[1] != 3:
        raise UsageError(f"{path}: {split}/text_bert has shape {pieces.shape}; it must be [n, 3, length]")
    if pieces is not None and "text" in arrays and arrays["text"].shape[:2] != (len(pieces), pieces.shape[2]):
        raise UsageError(
            f"{path}: {split}/text has shape {arrays['text'].shape} and text_bert {pieces.shape}; each row of text "
            "must have its word piece"
        )
    return {**part, **arrays}


def _array(path: Path, where: str, value: Any, folder: Path) -> NDArray[Any]:
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, list | tuple) or not value:
        raise UsageError(f"{path}: {where} is a {type(value).__name__}; it must be numbers [n, length, width]")
    count = 0
    for size in _sizes(value):
        count += size
        if size < 0 or count > path.stat().st_size + SHARED_VALUES:
            wrong = "holds something that is no number" if size < 0 else "unfolds to more than the file can hold"
            raise UsageError(f"{path}: {where} {wrong}; it must be numbers [n, length, width]")
    try:
        return _stacked(value, folder)
    except (ValueError, TypeError, OverflowError):
        raise UsageError(
            f"{path}: {where} is a list of samples of different shapes; it must be numbers [n, length, width]"
        ) from None


def _sizes(value: Any) -> Iterator[int]:
    """Yield how many numbers each leaf is, -1 for what is none; a list itself counts as one."""
    if isinstance(value, np.ndarray):
        yield max(1, value.size) if value.dtype.kind in "fiub" else -1
    elif isinstance(value, list | tuple):
        yield 1
        for item in value:
            yield from _sizes(item)
    else:
        yield 1 if isinstance(value, NUMBERS) else -1


def _stacked(items: Any, folder: Path) -> NDArray[Any]:
    """Return the items as one array whose values lie in a file; raises ValueError where their shapes differ."""
    first = _numbers(items[0])
    with tempfile.TemporaryFile(dir=folder) as file:
        target = np.memmap(file, first.dtype, "w+", shape=(len(items), *first.shape)) if first.size else None
    if target is None:
        return np.zeros((len(items), *first.shape), first.dtype)
    for at, item in enumerate(items):
        found = _numbers(item)
        if found.shape != first.shape:
            raise ValueError("another shape")
        target[at] = found
    return target


def _numbers(item: Any) -> NDArray[Any]:
    return item if isinstance(item, np.ndarray) else np.asarray(item, np.float64)


def _sized(path: Path, where: str, found: NDArray[Any]) -> NDArray[Any]:
    """Return the array as [n, L, D] ([n, D] is one row a sample), if it is numbers of a size that can be."""
    if found.dtype.kind not in "fiub" or found.ndim not in (2, 3):
        raise UsageError(
            f"{path}: {where} is {found.dtype} of shape {found.shape}; it must be numbers [n, length, width]"
        )
    found = found if found.ndim == 3 else found[:, None, :]
    samples, length, width = found.shape
    empty = not found.size and samples * length > MAX_EMPTY_ROWS
    if samples > MAX_SAMPLES or length > MAX_LENGTH or width > MAX_WIDTH or empty:
        raise UsageError(
            f"{path}: {where} has shape {found.shape}; a feature file has at most {MAX_SAMPLES} samples of "
            f"{MAX_LENGTH} rows of {MAX_WIDTH} values"
        )
    return found
