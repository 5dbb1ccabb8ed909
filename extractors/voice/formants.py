"""Formants: resonances of the vocal tract, from linear prediction on the shared spectrogram.

References
----------
Makhoul, J. (1975). Spectral linear prediction: properties and applications. IEEE Transactions on Acoustics,
Speech, and Signal Processing 23, 283-296 (prediction of a part of the spectrum).
Talkin, D. (1987). Speech formant trajectory estimation using dynamic programming with modulated transition
costs. Journal of the Acoustical Society of America 82, S55.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import RATE_HZ, AudioConfig
from extractors.voice.filterbank import band
from extractors.voice.spectrogram import frequencies_hz
from pipeline.room import in_blocks

FORMANTS = 3
CEILING_HZ = 5250.0
"""Five resonances lie below in most voices (men's 5000, women's 5500)."""
ORDER = 11
"""Two coefficients a resonance and one for the tilt of the source."""
PRE_EMPHASIS = 0.97
LAG_WINDOW_HZ = 60.0
"""Blurs the spectrum so that the prediction follows the envelope and not single harmonics."""
WHITE_SHARE = 1e-5
CANDIDATES = 5
NEUTRAL_HZ = (500.0, 1500.0, 2500.0)
"""Resonances of a uniform tube of 17 cm."""
RANGES_HZ = ((180.0, 1200.0), (550.0, 3200.0), (1300.0, 3700.0))
"""Where the first, second and third formant of men, women and children can lie."""
DISTANCE_COST_PER_KHZ = (1.0, 0.4, 0.8)
"""The second formant wanders most; found by trial on vowels of known formants and against Praat on sentences."""
MISSING_COST = 1.0
"""What it costs to leave a formant out: as much as one that lies 1 kHz from the neutral tract's."""
GAP_COST = 0.2
"""For every formant that vanishes or appears between two frames."""
BANDWIDTH_LIMIT_HZ = 600.0
HIGHEST_PITCH_HZ = 350.0
"""Above, harmonics lie too far apart to show a resonance between them."""
STEADY_OCTAVES = 0.12
"""A formant that jumps from the median of its five neighbours by more is not trusted."""

_BLOCK_FRAMES = 16384

MISSING = CANDIDATES
_CHOICES = np.array(
    list(combinations(range(CANDIDATES), FORMANTS))
    + [(first, MISSING, third) for first, third in combinations(range(CANDIDATES), 2)]
    + [(first, second, MISSING) for first, second in combinations(range(CANDIDATES), 2)]
    + [(first, MISSING, MISSING) for first in range(CANDIDATES)]
    + [(MISSING, MISSING, MISSING)]
)
"""Which candidate is which formant: rising, and where two merge or one is too weak, left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Formants:
    """The first three formants of voiced frames."""

    frequency_hz: NDArray[np.float32]
    """[shape=(V, 3)]"""
    bandwidth_hz: NDArray[np.float32]
    """[shape=(V, 3)]"""
    valid: NDArray[np.bool_]
    """[shape=(V, 3)] True where the formant is found and steady."""


def prediction_correlation(power: NDArray[np.float32], config: AudioConfig) -> NDArray[np.float64]:
    """[V, ORDER + 1] autocorrelation of the band below `CEILING_HZ`, as if it were the whole spectrum."""
    bins = band(0.0, CEILING_HZ + 1.0, config)
    hz = frequencies_hz(config)[bins]
    emphasis = 1.0 - 2.0 * PRE_EMPHASIS * np.cos(2.0 * np.pi * hz / RATE_HZ) + PRE_EMPHASIS**2
    correlation = np.fft.irfft(power[:, bins].astype(np.float64) * emphasis, axis=1)[:, : ORDER + 1]
    lag_s = np.arange(ORDER + 1) / (2.0 * hz[-1])
    correlation *= np.exp(-0.5 * (2.0 * np.pi * LAG_WINDOW_HZ * lag_s) ** 2)
    correlation[:, 0] *= 1.0 + WHITE_SHARE
    return np.asarray(correlation)


def resonances(
    correlation: NDArray[np.float64], config: AudioConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies and bandwidths of the poles of each frame's predictor.

    Parameters
    ----------
    correlation : ndarray [shape=(V, ORDER + 1)]
    config : AudioConfig

    Returns
    -------
    frequency_hz, bandwidth_hz : ndarray [shape=(V, CANDIDATES)]
        Rising in frequency; NaN where there are fewer.
    """
    rate_hz = 2.0 * frequencies_hz(config)[band(0.0, CEILING_HZ + 1.0, config).stop - 1]
    companion = np.zeros((correlation.shape[0], ORDER, ORDER))
    companion[:, np.arange(1, ORDER), np.arange(ORDER - 1)] = 1.0
    companion[:, 0, :] = -_levinson(correlation)[:, 1:]
    poles = np.linalg.eigvals(companion)
    frequency = np.angle(poles) * rate_hz / (2.0 * np.pi)
    bandwidth = -np.log(np.maximum(np.abs(poles), 1e-6)) * rate_hz / np.pi
    kept = (frequency > RANGES_HZ[0][0]) & (frequency < RANGES_HZ[-1][1]) & (bandwidth < BANDWIDTH_LIMIT_HZ)
    order = np.argsort(np.where(kept, frequency, np.inf), axis=1)[:, :CANDIDATES]
    present = np.take_along_axis(kept, order, axis=1)
    return (
        np.where(present, np.take_along_axis(frequency, order, axis=1), np.nan),
        np.where(present, np.take_along_axis(bandwidth, order, axis=1), np.nan),
    )


def _levinson(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V, ORDER + 1] prediction filters, 1 first (Levinson-Durbin, all frames at once)."""
    frames = correlation.shape[0]
    filters = np.zeros((frames, ORDER + 1))
    filters[:, 0] = 1.0
    error = np.maximum(correlation[:, 0].copy(), 1e-300)
    for order in range(1, ORDER + 1):
        reflection = -np.einsum("vk,vk->v", filters[:, :order], correlation[:, order:0:-1]) / error
        filters[:, 1 : order + 1] += reflection[:, None] * filters[:, order - 1 :: -1][:, :order]
        error *= np.maximum(1.0 - reflection**2, 1e-12)
    return filters


def formant_tracks(
    frequency_hz: NDArray[np.float64],
    bandwidth_hz: NDArray[np.float64],
    frames: NDArray[np.intp],
    pitch_hz: NDArray[np.float32],
) -> Formants:
    """Choose three of each frame's resonances so that they lie near a neutral tract's and move little.

    Parameters
    ----------
    frequency_hz, bandwidth_hz : ndarray [shape=(V, CANDIDATES)]
        As `resonances` returns them.
    frames : ndarray [shape=(V,)]
        Index of each voiced frame in the clip; where it skips, a new track begins.
    pitch_hz : ndarray [shape=(V,)]
    """
    count = frames.size
    if count == 0:
        nothing = np.zeros((0, FORMANTS), np.float32)
        return Formants(nothing, nothing, np.zeros((0, FORMANTS), bool))
    joined = np.concatenate([[False], np.diff(frames) == 1])
    choice = _cheapest_path(frequency_hz, bandwidth_hz, joined)
    frequency, bandwidth = np.empty((2, count, FORMANTS))
    for part in in_blocks(frequency_hz, bandwidth_hz):
        frequency[part] = np.take_along_axis(_with_missing(frequency_hz[part]), _CHOICES[choice[part]], axis=1)
        bandwidth[part] = np.take_along_axis(_with_missing(bandwidth_hz[part]), _CHOICES[choice[part]], axis=1)
    valid = np.isfinite(frequency) & (pitch_hz <= HIGHEST_PITCH_HZ)[:, None] & _steady(frequency, joined)
    return Formants(
        np.where(valid, frequency, 0.0).astype(np.float32), np.where(valid, bandwidth, 0.0).astype(np.float32), valid
    )


def _with_missing(resonances: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V, CANDIDATES] -> [V, CANDIDATES + 1] the last stands for a formant that is left out."""
    return np.concatenate([resonances, np.full((len(resonances), 1), np.nan)], axis=1)


def _costs(frequency_hz: NDArray[np.float64], bandwidth_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V, choices] distance from the neutral tract in kHz and breadth against frequency, over the formants."""
    single = np.empty((*frequency_hz.shape, FORMANTS))
    for index, (neutral_hz, (low, high)) in enumerate(zip(NEUTRAL_HZ, RANGES_HZ, strict=True)):
        distance = np.abs(frequency_hz - neutral_hz) / 1000.0
        cost = DISTANCE_COST_PER_KHZ[index] * distance + bandwidth_hz / frequency_hz
        inside = (frequency_hz >= low) & (frequency_hz <= high)
        single[:, :, index] = np.where(inside, cost, 1e6)
    single[:, MISSING, :] = MISSING_COST
    return np.asarray(sum(single[:, _CHOICES[:, index], index] for index in range(FORMANTS)))


def _cheapest_path(
    frequency_hz: NDArray[np.float64], bandwidth_hz: NDArray[np.float64], joined: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """[V] index into the choices along the path of the lowest cost; an octave moved costs 1.

    Costs are made block by block: there are many choices.
    """
    count, width = len(joined), len(_CHOICES)
    back = np.empty((count, width), np.int8)
    best, before = np.zeros(0), np.zeros(0)
    for part in in_blocks(frequency_hz, bandwidth_hz):
        start, hz = part.start, _with_missing(frequency_hz[part])
        cost, octaves = _costs(hz, _with_missing(bandwidth_hz[part])), np.log2(hz)
        for row in range(len(cost)):
            if start + row == 0:
                best = cost[0]
            else:
                reach = best[:, None] + _moves(before, octaves[row]) if joined[start + row] else best[:, None]
                back[start + row] = reach.argmin(axis=0)
                best = reach.min(axis=0) + cost[row]
            before = octaves[row]
    path = np.empty(count, np.intp)
    path[-1] = best.argmin()
    for row in range(count - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path


def _moves(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """[choices, choices] cost of going from one frame's choice to the next frame's."""
    between = np.abs(before[:, None] - after)
    between[np.isnan(between)] = GAP_COST
    between[MISSING, MISSING] = 0.0
    moves = between[_CHOICES[:, :1], _CHOICES[:, 0]]
    for index in range(1, FORMANTS):
        moves = moves + between[_CHOICES[:, index : index + 1], _CHOICES[:, index]]
    return np.asarray(moves)


def _steady(frequency: NDArray[np.float64], joined: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[V, 3] True where a formant lies near the median of five frames of its own track."""
    track = np.cumsum(~joined, dtype=np.intp)
    steady = np.empty(frequency.shape, bool)
    for start in range(0, track.size, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, track.size)
        first = max(0, start - 2)
        around = slice(first, stop + 2)
        steady[start:stop] = _steady_block(frequency[around], track[around])[start - first : stop - first]
    return steady


def _steady_block(frequency: NDArray[np.float64], track: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
    count = track.size
    window = np.arange(count)[:, None] + np.arange(-2, 3)
    inside = (window >= 0) & (window < count)
    window = np.clip(window, 0, count - 1)
    inside &= track[window] == track[:, None]
    octaves = np.log2(np.where(np.isfinite(frequency), frequency, 1.0))
    around = np.where(inside[:, :, None], octaves[window], np.nan)
    near = np.abs(octaves - np.nanmedian(around, axis=1)) <= STEADY_OCTAVES
    return np.asarray(near & (inside.sum(axis=1) >= 3)[:, None])
