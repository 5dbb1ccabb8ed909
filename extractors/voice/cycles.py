"""Cycles: the periods of a voice around each frame, followed in the waveform.

References
----------
Titze, I. R., Liang, H. (1993). Comparison of F0 extraction methods for high-precision voice perturbation
measurements. Journal of Speech and Hearing Research 36, 1120-1133 (waveform matching).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import RATE_HZ, AudioConfig

CYCLES_EACH_SIDE = 2
"""Cycles followed to either side of a frame's centre."""
SEARCH_SHARE = 0.12
"""A cycle may differ from the pitch by this share; more is an octave error or a creak."""
VOICE_BAND_HZ = (60.0, 4000.0)
"""What every recording, a telephone's too, holds: what is above depends on the codec, what is below is hum."""
FILTER_TAPS = 801


@dataclass(frozen=True, slots=True, eq=False)
class Cycles:
    """Four cycles around each voiced frame, in the order of time, each compared with the one before."""

    period_samples: NDArray[np.float64]
    """[shape=(V, 4)] from mark to mark, with their fraction."""
    gain_db: NDArray[np.float64]
    """[shape=(V, 4)] level of the later over the earlier cycle."""
    match: NDArray[np.float64]
    """[shape=(V, 4)] correlation of the two cycles, -1 to 1."""


def voice_band(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[N] the samples between 60 Hz and 4 kHz, not delayed."""
    from scipy.signal import oaconvolve

    return np.asarray(oaconvolve(samples, _band_filter(), mode="same"), dtype=np.float32)


@lru_cache(maxsize=1)
def _band_filter() -> NDArray[np.float32]:
    from scipy.signal import firwin

    taps = np.asarray(firwin(FILTER_TAPS, VOICE_BAND_HZ, pass_zero=False, fs=RATE_HZ), dtype=np.float32)
    taps.setflags(write=False)
    return taps


def followed_cycles(
    voice: NDArray[np.float32], centres: NDArray[np.intp], period_samples: NDArray[np.float32], config: AudioConfig
) -> Cycles:
    """Follow the cycles around each frame by waveform matching.

    From the strongest sample within half a period of the centre, the next mark is where the waveform of a
    whole period correlates best with that around the last mark; twice to either side.

    Parameters
    ----------
    voice : ndarray [shape=(N,)]
        As `voice_band` returns it.
    centres : ndarray [shape=(V,)]
        Index into ``voice`` of the centre of each voiced frame.
    period_samples : ndarray [shape=(V,)]
        Pitch period of each frame.
    config : AudioConfig
    """
    waves = _Waves.around(voice, centres, period_samples, config)
    start = waves.strongest_near_centre()
    after, before = _walk(waves, start, +1), _walk(waves, start, -1)
    # Backwards in time the earlier cycle comes second, and its gain is the inverse.
    return Cycles(
        np.stack([step.period for step in before[::-1] + after], axis=1),
        np.stack([-step.gain_db for step in before[::-1]] + [step.gain_db for step in after], axis=1),
        np.stack([step.match for step in before[::-1] + after], axis=1),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The next mark of each row, and how its cycle compares with the last."""

    mark: NDArray[np.intp]
    """[V] index into the rows of `_Waves`."""
    period: NDArray[np.float64]
    gain_db: NDArray[np.float64]
    match: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Waves:
    """The waveform around each voiced frame, and its period."""

    rows: NDArray[np.float32]
    """[V, R] samples, the frame's centre in the middle."""
    period: NDArray[np.float32]
    """[V]"""
    reach: int
    """Half of the longest period."""
    search: int
    """Samples to either side of the expected mark that are looked at, for the longest period."""

    @classmethod
    def around(
        cls, voice: NDArray[np.float32], centres: NDArray[np.intp], period: NDArray[np.float32], config: AudioConfig
    ) -> "_Waves":
        longest = RATE_HZ / config.pitch_low_hz
        search, reach = int(np.ceil(SEARCH_SHARE * longest)) + 1, int(np.ceil(longest / 2))
        half = int(np.ceil(longest * (CYCLES_EACH_SIDE * (1 + SEARCH_SHARE) + 0.5))) + search + reach + 2
        rows = np.lib.stride_tricks.sliding_window_view(np.pad(voice, half), 2 * half + 1)[centres]
        return cls(rows, period, reach, search)

    def strongest_near_centre(self) -> NDArray[np.intp]:
        """[V] the largest magnitude within half a period of the centre."""
        distance = np.abs(np.arange(self.rows.shape[1]) - self.rows.shape[1] // 2)
        return np.asarray(np.where(distance <= self.period[:, None] / 2, np.abs(self.rows), -1.0).argmax(axis=1))

    def cut(self, first: NDArray[np.intp], width: int) -> NDArray[np.float32]:
        """[V, width] samples from ``first`` on in each row."""
        return np.take_along_axis(self.rows, first[:, None] + np.arange(width), axis=1)


def _walk(waves: _Waves, start: NDArray[np.intp], direction: int) -> list[_Step]:
    steps: list[_Step] = []
    for _ in range(CYCLES_EACH_SIDE):
        steps.append(_next_mark(waves, steps[-1].mark if steps else start, direction))
    return steps


def _next_mark(waves: _Waves, mark: NDArray[np.intp], direction: int) -> _Step:
    """Match the cycle around ``mark`` one period on (or back)."""
    expected = mark + direction * np.rint(waves.period).astype(np.intp)
    product, energy, own = _correlations(waves, mark, expected)
    match = product / np.sqrt(np.maximum(energy * own[:, None], 1e-20))
    offsets = np.arange(-waves.search, waves.search + 1)
    allowed = np.abs(offsets) <= np.maximum(SEARCH_SHARE * waves.period[:, None], 2.0)
    best = np.clip(np.where(allowed, match, -2.0).argmax(axis=1), 1, 2 * waves.search - 1)
    rows = np.arange(mark.size)
    left, centre, right = (match[rows, best + step].astype(np.float64) for step in (-1, 0, 1))
    shift = np.clip(0.5 * (left - right) / np.minimum(left - 2.0 * centre + right, -1e-9), -0.5, 0.5)
    peak = np.minimum(centre - 0.25 * (left - right) * shift, 1.0)
    # What the later cycle holds of the earlier one's shape, over that itself: noise has no part in it.
    gain = np.maximum(product[rows, best] / np.maximum(own, 1e-20), 1e-3).astype(np.float64)
    found = expected + offsets[best]
    return _Step(found, np.abs(found + shift - mark), 20.0 * np.log10(gain), peak)


def _correlations(
    waves: _Waves, mark: NDArray[np.intp], expected: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """[V, S] product with the cycle around ``mark`` and energy at each offset; [V] energy of that cycle."""
    reach, search = waves.reach, waves.search
    half = np.floor(waves.period / 2).astype(np.intp)
    inside = np.abs(np.arange(-reach, reach + 1)) <= half[:, None]
    template = np.where(inside, waves.cut(mark - reach, 2 * reach + 1), np.float32(0.0))
    stretch = waves.cut(expected - reach - search, 2 * (reach + search) + 1)
    size = 1 << (stretch.shape[1] - 1).bit_length()
    spectra = np.fft.rfft(stretch, size, axis=1) * np.conj(np.fft.rfft(template, size, axis=1))
    product = np.fft.irfft(spectra, size, axis=1)[:, : 2 * search + 1]
    total = np.concatenate([np.zeros((mark.size, 1)), np.cumsum(stretch.astype(np.float64) ** 2, axis=1)], axis=1)
    middle = np.arange(2 * search + 1) + reach
    last, first = middle + half[:, None] + 1, middle - half[:, None]
    energy = np.take_along_axis(total, last, axis=1) - np.take_along_axis(total, first, axis=1)
    own = np.einsum("vw,vw->v", template, template)
    return product.astype(np.float32), energy.astype(np.float32), own
