"""Rows: every written word gets a stretch of time, in order, apart from each other, inside the audio.

A word with a time of its own begins when its file says so: where it reaches into the next its end is cut, and only
what contradicts the order of the words, or the length of the audio, is moved.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.timegrid import Interval

FRAME_S = 0.01
"""The shortest row."""
SILENT_ROW_S = 0.5
"""The longest stretch that a row without anything spoken (an emoji, a stage direction) takes of a pause."""

Float64 = NDArray[np.float64]


def fit_rows(
    placed: Sequence[Interval | None], duration_s: float, given: Sequence[bool] | None = None
) -> list[Interval]:
    """Return one stretch of time a row: ordered, not overlapping, inside ``[0, duration_s]``, a frame or longer.

    Rows without a place share the pause between their neighbours, up to half a second each; where the
    neighbours touch they take one frame from them. When the audio is shorter than one frame a row, the rows
    share it equally.

    Parameters
    ----------
    placed : sequence of Interval or None
        Where each row was heard, not decreasing (but for given ones); None where nothing of it is spoken.
    duration_s : float > 0
        Length of the audio.
    given : sequence of bool, optional
        Which places a file gives: as many of them as can begin in this order, a frame apart, keep their starts.
    """
    rows = len(placed)
    if rows * FRAME_S >= duration_s:
        edges = np.linspace(0.0, duration_s, rows + 1)
        return [Interval(float(start), float(end)) for start, end in pairwise(edges)]
    kept = _kept_starts(placed, given, duration_s) if given is not None else []
    if kept and given is not None:
        placed = _in_bounds(placed, given, kept, duration_s)
    starts, ends = _with_gaps_filled(placed, duration_s)
    edges_s = [0.0, *(starts[row] for row in kept), duration_s]
    found: list[Interval] = []
    for (first, end), (low_s, high_s) in zip(pairwise([0, *kept, rows]), pairwise(edges_s), strict=True):
        found.extend(_apart(starts[first:end], ends[first:end], low_s, high_s))
    for row in kept:  # to the digit
        found[row] = Interval(float(starts[row]), found[row].end_s)
    return found


def _kept_starts(placed: Sequence[Interval | None], given: Sequence[bool], duration_s: float) -> list[int]:
    """Return the longest series of given rows whose starts leave a frame for every row before, between and behind."""
    lowest: list[float] = []
    """Of the series of each length found so far, the least that its last start is beyond the frames before it."""
    last: list[int] = []
    before: dict[int, int | None] = {}
    for row, place in enumerate(placed):
        if place is None or not given[row]:
            continue
        beyond_s = round(place.start_s - FRAME_S * row, 9)
        if 0.0 <= beyond_s <= duration_s - FRAME_S * len(placed):
            length = bisect_right(lowest, beyond_s)
            before[row] = last[length - 1] if length else None
            lowest[length : length + 1], last[length : length + 1] = [beyond_s], [row]
    series: list[int] = []
    at = last[-1] if last else None
    while at is not None:
        series.append(at)
        at = before[at]
    return series[::-1]


def _in_bounds(
    placed: Sequence[Interval | None], given: Sequence[bool], kept: Sequence[int], duration_s: float
) -> list[Interval | None]:
    """Return the places; given ones that contradict the kept starts have none, others end where the next begins."""
    found = list(placed)
    edges_s = [0.0, *(place.start_s for row in kept if (place := placed[row]) is not None), duration_s]
    for (first, end), (low_s, high_s) in zip(pairwise([0, *kept, len(placed)]), pairwise(edges_s), strict=True):
        for row in range(first, end):
            place = placed[row]
            if place is not None and given[row] and not low_s <= place.start_s <= high_s:
                found[row] = None
    next_s = np.inf
    for row in reversed(range(len(found))):
        place = found[row]
        if place is None:
            continue
        if given[row]:
            found[row] = Interval(place.start_s, max(place.start_s, min(place.end_s, next_s)))
        next_s = place.start_s
    return found


def _with_gaps_filled(placed: Sequence[Interval | None], duration_s: float) -> tuple[Float64, Float64]:
    starts, ends = np.zeros(len(placed)), np.zeros(len(placed))
    row = 0
    while row < len(placed):
        here = placed[row]
        if here is not None:
            starts[row], ends[row] = here.start_s, here.end_s
            row += 1
            continue
        stop = row
        while stop < len(placed) and placed[stop] is None:
            stop += 1
        before = placed[row - 1] if row else None
        after = placed[stop] if stop < len(placed) else None
        first_s = (
            before.end_s if before else max(0.0, (after.start_s if after else 0.0) - SILENT_ROW_S * (stop - row))
        )
        last_s = min(after.start_s if after else duration_s, first_s + SILENT_ROW_S * (stop - row))
        edges = np.linspace(first_s, max(first_s, last_s), stop - row + 1)
        starts[row:stop], ends[row:stop] = edges[:-1], edges[1:]
        row = stop
    return starts, ends


def _apart(starts: Float64, ends: Float64, low_s: float, high_s: float) -> list[Interval]:
    """Push rows apart: forwards so that none begins before the last ended, then backwards from the end."""
    for row in range(len(starts)):
        starts[row] = max(starts[row], ends[row - 1] if row else low_s)
        ends[row] = max(ends[row], starts[row] + FRAME_S)
    limit = high_s
    for row in reversed(range(len(starts))):
        ends[row] = min(ends[row], limit)
        starts[row] = max(low_s, min(starts[row], ends[row] - FRAME_S))
        limit = starts[row]
    return [Interval(float(start), float(end)) for start, end in zip(starts, ends, strict=True)]
