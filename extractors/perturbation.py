"""Jitter and shimmer: how much neighbouring cycles of a voice differ in length and in strength.

References
----------
Titze, I. R., Liang, H. (1993). Comparison of F0 extraction methods for high-precision voice perturbation
measurements. Journal of Speech and Hearing Research 36, 1120-1133 (waveform matching).
Boersma, P. (2009). Should jitter be measured by peak picking or by waveform matching? Folia Phoniatrica et
Logopaedica 61, 305-308.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.audio_config import RATE_HZ, AudioConfig

CYCLES_EACH_SIDE = 2
"""Cycles followed to either side of a frame's centre."""
SEARCH_SHARE = 0.12
"""A cycle may differ from the pitch by this share; more is an octave error or a creak."""
TEMPLATE_S = 0.003
"""What is matched: this long on either side of a mark, less where half a period is shorter."""
LEAST_MATCH = 0.7
"""Cycles whose correlation is weaker are not the same pulse."""


@dataclass(frozen=True, slots=True, eq=False)
class Perturbation:
    """Cycle-to-cycle differences around voiced frames."""

    jitter_percent: NDArray[np.float32]
    """[shape=(V,)] mean distance of a period from the mean of itself and its neighbours, % of the period."""
    shimmer_db: NDArray[np.float32]
    """[shape=(V,)] mean difference in level of neighbouring cycles, dB."""
    valid: NDArray[np.bool_]
    """[shape=(V,)] False where the cycles could not be followed."""


def perturbation(
    samples: NDArray[np.float32], centres: NDArray[np.intp], period_samples: NDArray[np.float32], config: AudioConfig
) -> Perturbation:
    """Follow the cycles around each frame by waveform matching.

    From the strongest sample within half a period of the centre, the next mark is where the waveform
    correlates best with the one around the last mark, one period on; twice to either side. The difference
    from the mean of three neighbours (relative average perturbation) leaves out a steady glide of the pitch
    and a steady swell, which the difference of two would count.

    Parameters
    ----------
    samples : ndarray [shape=(N,)]
        A block's samples.
    centres : ndarray [shape=(V,)]
        Index into ``samples`` of the centre of each voiced frame.
    period_samples : ndarray [shape=(V,)]
    config : AudioConfig
    """
    if centres.size == 0:
        return Perturbation(np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, bool))
    waves = _Waves.around(samples, centres, period_samples, config)
    start = waves.strongest_near_centre()
    after = _followed(waves, start, +1)
    before = _followed(waves, start, -1)
    # In the order of time: the backward cycles reversed, and a gain backwards is a loss forwards.
    periods = np.stack([step.period for step in before[::-1]] + [step.period for step in after], axis=1)
    gains_db = np.stack([-step.gain_db for step in before[::-1]] + [step.gain_db for step in after], axis=1)
    match = np.min([step.match for step in before + after], axis=0)
    levels_db = np.concatenate([np.zeros((centres.size, 1)), np.cumsum(gains_db, axis=1)], axis=1)
    jitter = 100.0 * _from_neighbours(periods) / periods.mean(axis=1)
    valid = match >= LEAST_MATCH
    return Perturbation(
        np.where(valid, jitter, 0.0).astype(np.float32),
        np.where(valid, _from_neighbours(levels_db), 0.0).astype(np.float32),
        valid,
    )


def _from_neighbours(sequence: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V] mean distance of each inner value of a row from the mean of three, itself in the middle."""
    inner = sequence[:, 1:-1]
    return np.asarray(np.abs(inner - (sequence[:, :-2] + inner + sequence[:, 2:]) / 3.0).mean(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """One cycle on: where the next mark is and how alike the two cycles are."""

    mark: NDArray[np.intp]
    """[V] next mark, index into the rows of `_Waves.rows`."""
    period: NDArray[np.float64]
    """[V] samples between the marks, with their fraction."""
    gain_db: NDArray[np.float64]
    """[V] level of the next cycle over that of the last."""
    match: NDArray[np.float64]
    """[V] correlation of the two, -1 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waves:
    """The waveform around each voiced frame, and its period."""

    rows: NDArray[np.float32]
    """[V, R] samples, the frame's centre in the middle."""
    period: NDArray[np.float32]
    """[V]"""
    search: int
    """Samples to either side of the expected mark that are looked at, for the longest period."""
    template: int
    """Samples to either side of a mark that are matched, at most."""

    @classmethod
    def around(
        cls,
        samples: NDArray[np.float32],
        centres: NDArray[np.intp],
        period: NDArray[np.float32],
        config: AudioConfig,
    ) -> "_Waves":
        longest = RATE_HZ / config.pitch_low_hz
        search, template = int(np.ceil(SEARCH_SHARE * longest)) + 1, round(TEMPLATE_S * RATE_HZ)
        reach = int(np.ceil(longest * (CYCLES_EACH_SIDE * (1 + SEARCH_SHARE) + 0.5))) + search + template + 2
        padded = np.pad(samples, reach)
        rows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)[centres]
        return cls(rows, period, search, template)

    def strongest_near_centre(self) -> NDArray[np.intp]:
        """[V] the largest magnitude within half a period of the centre."""
        middle = self.rows.shape[1] // 2
        distance = np.abs(np.arange(self.rows.shape[1]) - middle)
        return np.asarray(np.where(distance <= self.period[:, None] / 2, np.abs(self.rows), -1.0).argmax(axis=1))

    def cut(self, first: NDArray[np.intp], width: int) -> NDArray[np.float32]:
        """[V, width] samples from ``first`` on in each row."""
        return np.take_along_axis(self.rows, first[:, None] + np.arange(width), axis=1)


def _followed(waves: _Waves, start: NDArray[np.intp], direction: int) -> list[_Step]:
    steps: list[_Step] = []
    mark = start
    for _ in range(CYCLES_EACH_SIDE):
        steps.append(_next_mark(waves, mark, direction))
        mark = steps[-1].mark
    return steps


def _next_mark(waves: _Waves, mark: NDArray[np.intp], direction: int) -> _Step:
    """Match the wave around ``mark`` one period on (or back)."""
    reach, search = waves.template, waves.search
    inside = np.abs(np.arange(-reach, reach + 1)) <= waves.period[:, None] / 2
    template = np.where(inside, waves.cut(mark - reach, 2 * reach + 1), np.float32(0.0))
    expected = mark + direction * np.rint(waves.period).astype(np.intp)
    stretch = waves.cut(expected - reach - search, 2 * (reach + search) + 1)
    shifted = np.lib.stride_tricks.sliding_window_view(stretch, 2 * reach + 1, axis=1)
    product = np.einsum("vsw,vw->vs", shifted, template, dtype=np.float32)
    energy = np.einsum("vsw,vw->vs", shifted**2, inside.astype(np.float32))
    own = np.einsum("vw,vw->v", template, template)
    match = product / np.sqrt(np.maximum(energy * own[:, None], 1e-20))
    offsets = np.arange(-search, search + 1)
    allowed = np.abs(offsets) <= np.maximum(SEARCH_SHARE * waves.period[:, None], 2.0)
    best = np.where(allowed, match, -2.0).argmax(axis=1)
    best = np.clip(best, 1, 2 * search - 1)
    rows = np.arange(mark.size)
    left, centre, right = (match[rows, best + step].astype(np.float64) for step in (-1, 0, 1))
    shift = np.clip(0.5 * (left - right) / np.minimum(left - 2.0 * centre + right, -1e-9), -0.5, 0.5)
    found = expected + offsets[best]
    gain = np.maximum(product[rows, best] / np.maximum(own, 1e-20), 1e-3)
    return _Step(found, np.abs(found + shift - mark), 20.0 * np.log10(gain.astype(np.float64)), centre)
