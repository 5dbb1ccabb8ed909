"""Velocities: slopes of a measure over time, in units a second, whatever the frame rate.

The slope at a frame is that of the straight line fitted to the frames around it, weighted by how near they are
in time (a tricube that reaches 0.1 s to both sides: five frames at 25/s, thirteen at 60/s). A difference of two
neighbours instead would grow with the frame rate, because it carries the landmark noise over ever less time.
"""

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

REACH_S = 0.1
SLOW_VIDEO_FRAMES = 1.6
"""A video of under 16 frames a second reaches this many of its own frames instead, so that it has neighbours."""
MIN_FRAMES = 2
_BLOCK_FRAMES = 16384


def velocities(values: Float64, present: Bool, times_s: Float64, *, reach_s: float = REACH_S) -> tuple[Float64, Bool]:
    """Return the slope of every column at every frame.

    Parameters
    ----------
    values : ndarray [shape=(T, D)]
    present : ndarray [shape=(T,)]
        Where the face was measured; other rows are not read.
    times_s : ndarray [shape=(T,)], strictly increasing
    reach_s : float
        How far the fit looks to either side.

    Returns
    -------
    slopes : ndarray [shape=(T, D)]
        Units of ``values`` a second; 0 where not known.
    known : ndarray [shape=(T,)]
        True where the frame is present and another such frame lies within reach.
    """
    return slopes(values, present, times_s, reach_of(times_s, reach_s))


def reach_of(times_s: Float64, reach_s: float) -> float:
    """Return how far the fit looks in a video with these frame times."""
    if len(times_s) < MIN_FRAMES:
        return reach_s
    return max(reach_s, SLOW_VIDEO_FRAMES * float(np.median(np.diff(times_s))))


def slopes(values: Float64, present: Bool, times_s: Float64, reach_s: float) -> tuple[Float64, Bool]:
    """Return what `velocities` does, for a reach that is known: of a stretch as of the whole, block by block."""
    frames = len(times_s)
    if frames < MIN_FRAMES:
        return np.zeros_like(values), np.zeros(frames, bool)
    found, known = np.empty_like(values), np.empty(frames, bool)
    widest = _widest(times_s, reach_s)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        around = slice(max(0, start - widest), stop + widest)
        own = slice(start - around.start, stop - around.start)
        fitted = _fitted(values[around], present[around], times_s[around], reach_s, widest)
        found[start:stop], known[start:stop] = fitted[0][own], fitted[1][own]
    return found, known


def _fitted(values: Float64, present: Bool, times_s: Float64, reach_s: float, widest: int) -> tuple[Float64, Bool]:
    frames = len(times_s)
    values = np.where(present[:, None], values, 0.0)
    sums = np.zeros((4, frames))  # of weight, weight dt, weight dt^2, and of frames
    value_sum, product_sum = np.zeros_like(values), np.zeros_like(values)
    for shift in range(-widest, widest + 1):
        if abs(shift) >= frames:
            continue
        here = slice(max(0, -shift), frames - max(0, shift))
        there = slice(max(0, shift), frames - max(0, -shift))
        apart_s = times_s[there] - times_s[here]
        near = np.clip(1.0 - (np.abs(apart_s) / reach_s) ** 3, 0.0, None) ** 3 * present[there]
        sums[:, here] += np.stack([near, near * apart_s, near * apart_s**2, (near > 0).astype(float)])
        value_sum[here] += near[:, None] * values[there]
        product_sum[here] += (near * apart_s)[:, None] * values[there]
    weight, first, second, count = sums
    spread = weight * second - first**2
    known = present & (count >= MIN_FRAMES) & (spread > 1e-12)
    slopes = (weight[:, None] * product_sum - first[:, None] * value_sum) / np.where(known, spread, 1.0)[:, None]
    return np.where(known[:, None], slopes, 0.0), known


def _widest(times_s: Float64, reach_s: float) -> int:
    """Return the largest number of frames that any frame has within reach on one side."""
    after = np.searchsorted(times_s, times_s + reach_s, side="right") - np.arange(len(times_s)) - 1
    return int(after.max())
