"""Rows: every written word gets a stretch of time, in order, apart from each other, inside the audio."""

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


def fit_rows(placed: Sequence[Interval | None], duration_s: float) -> list[Interval]:
    """Return one stretch of time a row: ordered, not overlapping, inside ``[0, duration_s]``, a frame or longer.

    Rows without a place share the pause between their neighbours, up to half a second each; where the
    neighbours touch they take one frame from them. When the audio is shorter than one frame a row, the rows
    share it equally.

    Parameters
    ----------
    placed : sequence of Interval or None
        Where each row was heard, not decreasing; None where nothing of it is spoken.
    duration_s : float > 0
        Length of the audio.
    """
    rows = len(placed)
    if rows * FRAME_S >= duration_s:
        edges = np.linspace(0.0, duration_s, rows + 1)
        return [Interval(float(start), float(end)) for start, end in pairwise(edges)]
    starts, ends = _with_gaps_filled(placed, duration_s)
    return _apart(starts, ends, duration_s)


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


def _apart(starts: Float64, ends: Float64, duration_s: float) -> list[Interval]:
    """Push rows apart: forwards so that none begins before the last ended, then backwards from the end."""
    for row in range(len(starts)):
        starts[row] = max(starts[row], ends[row - 1] if row else 0.0)
        ends[row] = max(ends[row], starts[row] + FRAME_S)
    limit = duration_s
    for row in reversed(range(len(starts))):
        ends[row] = min(ends[row], limit)
        starts[row] = max(0.0, min(starts[row], ends[row] - FRAME_S))
        limit = starts[row]
    return [Interval(float(start), float(end)) for start, end in zip(starts, ends, strict=True)]
