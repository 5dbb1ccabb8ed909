"""Rows of an MMSA pickle: cast, cleaned and counted chunk by chunk into one memory-mapped array."""

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.dataset import ModalityRows
from pipeline.errors import UsageError

CHUNK_VALUES = 1 << 22
"""Values converted at a time: 32 MB of float64."""
ABSURD = 1e8
"""No acoustic or facial measure in use is larger: COVAREP writes such values where a division failed."""
Arrays = Mapping[str, Any]
Values = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was written of a modality."""

    rows: ModalityRows
    counts: dict[str, Any]


@dataclass(slots=True)
class _Counts:
    minus_inf: int = 0
    plus_inf: int = 0
    nan: int = 0
    absurd: int = 0
    zero_rows: int = 0


def write_rows(folder: Path, modality: str, path: Path, arrays: Arrays, text_bert: Arrays) -> Found:
    """Write the rows of a modality as .npy files and return them memory-mapped.

    Parameters
    ----------
    folder : Path
        Where the files go.
    modality : str
        `text`, `audio` or `face`.
    path : Path
        The pickle, for messages.
    arrays, text_bert : mapping
        Split -> [n, L, D] values, [n, 3, L] word pieces; None where the file has none (`part_arrays`).

    Raises
    ------
    UsageError
        An array of another width than in the other split.
    """
    parts: dict[str, Values] = {split: array for split, array in arrays.items() if array is not None}
    if not parts:
        return _absent(folder, modality, text_bert)
    widths = {part.shape[2] for part in parts.values()}
    if len(widths) > 1 or len(parts) != len(arrays):
        raise UsageError(f"{path}: {modality} is not of one width in every split ({sorted(widths)}, {list(parts)})")
    lengths = np.concatenate([np.full(len(part), part.shape[1], np.int64) for part in parts.values()])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    total = int(offsets[-1])
    target = np.lib.format.open_memmap(folder / f"{modality}.values.npy", "w+", np.float32, (total, widths.pop()))
    rows = ModalityRows(target, np.zeros(total, bool), offsets, np.zeros(len(lengths), bool))
    counts, left = _Counts(), modality != "text" and _padded_left(parts)
    sample = 0
    for split, part in parts.items():
        masks = _piece_mask(text_bert.get(split)) if modality == "text" else None
        for first, chunk in _chunks(part):
            mask = None if masks is None else masks[first : first + len(chunk)]
            with np.errstate(invalid="ignore"):  # some NaN of damaged files signal
                _fill(rows, sample, np.asarray(chunk), mask, left, counts)
            sample += len(chunk)
            _release(part)
            _release(target)
    target.flush()
    _save(folder, modality, rows)
    found = {name: getattr(counts, name) for name in _Counts.__slots__}
    return Found(rows, {**found, "padding": "left" if left else "right"})


def _release(mapped: NDArray[Any]) -> None:
    """Give back the memory of a mapped file's pages; they stay in the system's cache as long as there is room."""
    pages = getattr(mapped, "_mmap", None)
    if pages is not None:
        pages.madvise(mmap.MADV_DONTNEED)


def _fill(
    rows: ModalityRows, sample: int, chunk: Values, mask: NDArray[np.bool_] | None, left: bool, counts: _Counts
) -> None:
    """Write samples from ``sample`` on; ``mask`` [n, L] tells the real rows where word pieces do."""
    clean = _clean(chunk, counts)
    if mask is None:
        zero = np.asarray(~chunk.any(axis=2))
        mask = _inside(zero, left)
        # A row of exact zeros between others was never measured: FACET writes it where it found no face.
        counts.zero_rows += int((zero & mask).sum())
        clean[zero & mask] = np.nan
    at, end = int(rows.offsets[sample]), int(rows.offsets[sample + len(chunk)])
    rows.values[at:end] = clean.reshape(-1, clean.shape[2])
    rows.real[at:end] = mask.reshape(-1)
    rows.present[sample : sample + len(chunk)] = (np.isfinite(clean).any(axis=2) & mask).any(axis=1)


def _absent(folder: Path, modality: str, text_bert: Arrays) -> Found:
    """Return rows without values: text that is word pieces alone has its mask, anything else nothing."""
    masks = [_piece_mask(array) for array in text_bert.values() if array is not None] if modality == "text" else []
    flat = [row for mask in masks if mask is not None for row in mask]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in flat])]).astype(np.int64)
    real = np.concatenate(flat) if flat else np.zeros(0, bool)
    present = np.array([bool(row.any()) for row in flat], bool)
    rows = ModalityRows(np.zeros((len(real), 0), np.float32), real, offsets, present)
    np.save(folder / f"{modality}.values.npy", rows.values)
    _save(folder, modality, rows)
    return Found(rows, {"absent": True})


def _save(folder: Path, modality: str, rows: ModalityRows) -> None:
    np.save(folder / f"{modality}.real.npy", rows.real)
    np.save(folder / f"{modality}.offsets.npy", rows.offsets)
    np.save(folder / f"{modality}.present.npy", rows.present)


def _chunks(part: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    step = max(1, CHUNK_VALUES // max(1, part.shape[1] * part.shape[2]))
    return ((first, part[first : first + step]) for first in range(0, len(part), step))


def _clean(chunk: NDArray[Any], counts: _Counts) -> NDArray[np.float32]:
    """Return values as float32, NaN where they mean nothing; count what was found."""
    raw = np.asarray(chunk, np.float64)
    finite = np.isfinite(raw)
    if not finite.all():
        counts.minus_inf += int(np.isneginf(raw).sum())
        counts.plus_inf += int(np.isposinf(raw).sum())
        counts.nan += int(np.isnan(raw).sum())
    absurd = finite & (np.abs(raw, where=finite, out=np.zeros_like(raw)) > ABSURD)
    counts.absurd += int(absurd.sum())
    return np.where(finite & ~absurd, raw, np.nan).astype(np.float32)


def _padded_left(parts: Mapping[str, NDArray[Any]]) -> bool:
    """Tell on which side a file pads: where more samples begin with a row of exact zeros than end with one."""
    first = sum(int((~np.asarray(part[:, 0]).any(axis=1)).sum()) for part in parts.values())
    last = sum(int((~np.asarray(part[:, -1]).any(axis=1)).sum()) for part in parts.values())
    for part in parts.values():
        _release(part)
    return first > last


def _inside(zero: NDArray[np.bool_], left: bool) -> NDArray[np.bool_]:
    """Return which rows [n, L] are not padding: from the first or to the last that is not all zeros."""
    if left:
        return np.asarray(np.logical_or.accumulate(~zero, axis=1))
    return np.asarray(np.logical_or.accumulate(~zero[:, ::-1], axis=1)[:, ::-1])


def _piece_mask(text_bert: Any) -> NDArray[np.bool_] | None:
    return None if text_bert is None else np.asarray(text_bert)[:, 1, :] > 0.5
