"""Loudness: what the ear makes of the spectrum, as a level and as a sum of compressed bands.

References
----------
IEC 61672-1:2013, A-weighting. Stevens, S. S. (1957). On the psychophysical law. Psychological Review 64,
153-181 (loudness grows with the 0.3rd power of intensity). Eyben, F. et al. (2016). The Geneva minimalistic
acoustic parameter set (GeMAPS). IEEE Transactions on Affective Computing 7, 190-202.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL_FLOOR_DB = -100.0
LOUDNESS_BANDS = 26
LOUDNESS_EXPONENT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """Three views of how loud each frame is; all depend on the gain of the recording."""

    level_dba: NDArray[np.float32]
    """[shape=(T,)] A-weighted power, dB below full scale, not under -100."""
    loudness: NDArray[np.float32]
    """[shape=(T,)] sum over 26 mel bands of A-weighted power to the 0.3; 0 for silence, 1 to 15 for speech."""


def a_weights(hz: NDArray[np.float64]) -> NDArray[np.float32]:
    """[F] power weight of each frequency, 1 at 1 kHz (IEC 61672-1, annex E)."""
    square = hz**2
    response = (12194.0**2 * square**2) / (
        (square + 20.6**2) * np.sqrt((square + 107.7**2) * (square + 737.9**2)) * (square + 12194.0**2)
    )
    return np.asarray((response * 10.0 ** (2.0 / 20.0)) ** 2, dtype=np.float32)


def loudness(power: NDArray[np.float32], hz: NDArray[np.float64], mel: NDArray[np.float32]) -> Loudness:
    """Return level and loudness of every frame.

    Parameters
    ----------
    power : ndarray [shape=(T, F)]
    hz : ndarray [shape=(F,)]
    mel : ndarray [shape=(26, F)]
        Triangular filters, each with a peak of 1.
    """
    weights = a_weights(hz)
    total = np.maximum(power @ weights, np.float32(1e-20))
    level_dba = np.maximum(10.0 * np.log10(total), LEVEL_FLOOR_DB)
    bands = power @ (mel * weights).T
    return Loudness(level_dba.astype(np.float32), (bands**LOUDNESS_EXPONENT).sum(axis=1, dtype=np.float32))
