"""Rates of change: the slope of the straight line through a column's neighbouring frames."""

import numpy as np
from numpy.typing import NDArray

_BLOCK_FRAMES = 16384


def slopes_per_s(
    values: NDArray[np.float32], known: NDArray[np.bool_], reach_frames: int, hop_s: float, *, least_frames: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the least-squares slope over ``2 reach + 1`` frames, of which only the known ones count.

    Frames are known neighbours only as long as no unknown frame stands between them and the centre: the
    slope of a pitch never reaches over a voiceless consonant.

    Parameters
    ----------
    values : ndarray [shape=(T, C)]
    known : ndarray [shape=(T,)]
    reach_frames : int
    hop_s : float
    least_frames : int
        Fewer known frames give no slope; at least 2.

    Returns
    -------
    slope : ndarray [shape=(T, C)]
        Unit of the values per second; 0 where not valid.
    valid : ndarray [shape=(T,)]
    """
    frames = len(values)
    slope, valid = np.zeros(values.shape, np.float32), np.zeros(frames, bool)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        first, last = max(0, start - reach_frames), min(frames, stop + reach_frames)
        found = _slopes(values[first:last], known[first:last], reach_frames, hop_s, least_frames)
        own = slice(start - first, stop - first)
        slope[start:stop], valid[start:stop] = found[0][own], found[1][own]
    return slope, valid


def _slopes(
    values: NDArray[np.float32], known: NDArray[np.bool_], reach_frames: int, hop_s: float, least_frames: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    frames, width = values.shape
    run = np.cumsum(np.diff(np.concatenate([[0], known.astype(np.int8)])) != 0)
    # Centred on the frame's own value, single precision loses nothing in the sums.
    count, time, square = np.zeros(frames), np.zeros(frames), np.zeros(frames)
    rise, product = np.zeros((frames, width)), np.zeros((frames, width))
    for offset in range(-reach_frames, reach_frames + 1):
        if abs(offset) >= frames:
            continue
        here = slice(max(0, -offset), frames - max(0, offset))
        there = slice(max(0, offset), frames - max(0, -offset))
        joined = known[here] & known[there] & (run[here] == run[there])
        difference = np.where(joined[:, None], values[there] - values[here], 0.0)
        count[here] += joined
        time[here] += offset * joined
        square[here] += offset**2 * joined
        rise[here] += difference
        product[here] += offset * difference
    valid = known & (count >= max(2, least_frames))
    spread = np.where(valid, count * square - time**2, 1.0)
    slope = (count[:, None] * product - time[:, None] * rise) / spread[:, None] / hop_s
    return np.where(valid[:, None], slope, 0.0), valid
