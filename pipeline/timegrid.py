"""Seconds: intervals, and how much of an interval each frame of a track covers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time ``[start_s, end_s)`` in seconds from the clip's time 0."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start_s) and np.isfinite(self.end_s) and self.start_s <= self.end_s):
            raise ValueError(f"interval [{self.start_s}, {self.end_s}) must be finite and start before it ends")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def shifted(self, by_s: float) -> "Interval":
        """Return the interval moved by ``by_s`` seconds."""
        return Interval(self.start_s + by_s, self.end_s + by_s)

    def overlap_s(self, other: "Interval") -> float:
        """Seconds shared with ``other``; 0 when they only touch."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


def cells(times_s: Float64, reach_s: float) -> tuple[Float64, Float64]:
    """Return the stretch of time that each frame of a track speaks for.

    A frame's cell reaches half way to each neighbour, but never further than ``reach_s`` from its own
    time, so that a hole in the stream stays a hole. The outermost cells are symmetric; the cell of a
    single frame reaches ``reach_s`` to both sides.

    Parameters
    ----------
    times_s : ndarray [shape=(T,)], strictly increasing
    reach_s : float > 0

    Returns
    -------
    starts_s, ends_s : ndarray [shape=(T,)]
    """
    if times_s.size == 0:
        return times_s.copy(), times_s.copy()
    gaps = np.diff(times_s) / 2
    if np.any(gaps <= 0):
        raise ValueError("frame times must increase strictly")
    before = np.concatenate([gaps[:1], gaps]) if gaps.size else np.array([reach_s])
    after = np.concatenate([gaps, gaps[-1:]]) if gaps.size else np.array([reach_s])
    return times_s - np.minimum(before, reach_s), times_s + np.minimum(after, reach_s)
