"""Jitter, shimmer and harmonicity: how much neighbouring cycles differ in length, strength and shape.

References
----------
Titze, I. R., Liang, H. (1993). Comparison of F0 extraction methods for high-precision voice perturbation
measurements. Journal of Speech and Hearing Research 36, 1120-1133.
Boersma, P. (1993). Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
ratio of a sampled sound. Proceedings of the Institute of Phonetic Sciences 17, 97-110.
"""

import numpy as np
from numpy.typing import NDArray

from extractors.voice.cycles import Cycles

LEAST_MATCH = 0.7
"""Cycles whose correlation is weaker are not the same pulse, and their distance is no period."""
HNR_RANGE_DB = (-10.0, 40.0)


def jitter_percent(cycles: Cycles) -> NDArray[np.float32]:
    """[V] relative average perturbation: distance of a period from the mean of three, in % of the period.

    Three periods leave out a steady glide of the pitch, which the difference of two would count as jitter.
    """
    period = cycles.period_samples
    return np.asarray(100.0 * _from_neighbours(period) / period.mean(axis=1), dtype=np.float32)


def shimmer_db(cycles: Cycles) -> NDArray[np.float32]:
    """[V] distance of a cycle's level from the mean of three; a steady swell is left out."""
    level_db = np.concatenate([np.zeros((cycles.gain_db.shape[0], 1)), np.cumsum(cycles.gain_db, axis=1)], axis=1)
    return np.asarray(_from_neighbours(level_db), dtype=np.float32)


def cycles_followed(cycles: Cycles) -> NDArray[np.bool_]:
    """[V] True where all four cycles match their neighbour, so that jitter and shimmer mean something."""
    return np.asarray((cycles.match >= LEAST_MATCH).all(axis=1))


def harmonics_to_noise_db(cycles: Cycles) -> NDArray[np.float32]:
    """[V] harmonic over noise energy between 60 Hz and 4 kHz, dB, -10 to 40.

    ``10 log10(r / (1 - r))`` (Boersma 1993, eq. 4) with ``r`` the correlation of a cycle with the next,
    mean of the two nearest the centre. Each cycle is compared at its own length, so that, unlike with the
    autocorrelation of a whole frame, a moving pitch does not read as noise.
    """
    middle = cycles.match.shape[1] // 2
    correlation = cycles.match[:, middle - 1 : middle + 1].mean(axis=1)
    least, most = (10.0 ** (limit / 10.0) for limit in HNR_RANGE_DB)
    share = np.clip(correlation, least / (1.0 + least), most / (1.0 + most))
    return np.asarray(10.0 * np.log10(share / (1.0 - share)), dtype=np.float32)


def _from_neighbours(sequence: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V] mean distance of each inner value of a row from the mean of three, itself in the middle."""
    inner = sequence[:, 1:-1]
    return np.asarray(np.abs(inner - (sequence[:, :-2] + inner + sequence[:, 2:]) / 3.0).mean(axis=1))
