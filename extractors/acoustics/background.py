"""What is heard behind the words: how loud it becomes, and what pauses may consist of when other people speak.

A hum is heard in its pauses as it is behind the words. Babble is not: it comes and goes, and is speech itself, so
that a search takes it for words and learns its noise from the silence beside it. What tells it from the words is its
level.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.adaptation import Noise, noise_of

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEADY_DB = 12.0
"""Words stand less than this above the loud tenth of a steady noise: at 10 dB of white noise by 1 to 6; clean
synthetic voices over a faint hiss by 16 to 26."""
NOISY_DB, RESTLESS_BELOW_DB, SPEECH_DB = 20.0, 30.0, -2.0
"""Of one that comes and goes: clean recordings by 19 to 31, at 10 dB of babble by 0 to 29. What is louder than the
words is speech that the search left out."""
LOUD_PERCENTILE, PAUSE_PERCENTILE = 90.0, 70.0
UNSTEADY_DB, RESTLESS_DB = 3.0, 7.5
"""By which the loud part of the pauses exceeds their mean: in white noise by 1, in babble by 4 to 21, in clean
recordings by 2 to 8, for breath; what exceeds it by the second is noise, also where it is less loud."""
FEWEST_FRAMES = 10
VOICES_BELOW_DB = (13.0, 20.0)
"""How far other voices may be below this one."""
VOICES_SPREAD = 0.5
"""Several voices at once vary less than one."""
_DB_PER_NEPER = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True)
class Background:
    """What a first search says of the sound behind the words."""

    noisy: bool
    """It covers parts of the words."""
    loud: Noise | None
    """Its loud part, where it comes and goes; None where it is steady, or not noisy."""


def background(mel: Float, features: Float, words: Mask, pauses: Int) -> Background:
    """Return what is behind the words.

    Parameters
    ----------
    mel : ndarray [shape=(T, 25)]
        Log mel power.
    features : ndarray [shape=(T, 3, 13)]
    words : ndarray [shape=(T,)]
        Frames in words.
    pauses : ndarray of int
        Frames of pauses, away from words.
    """
    if pauses.size < FEWEST_FRAMES or not words.any():
        return Background(False, None)
    level_db = mel.mean(axis=1) * _DB_PER_NEPER
    quiet_db = level_db[pauses]
    loud = pauses[quiet_db >= np.percentile(quiet_db, PAUSE_PERCENTILE)]
    unsteady_db = float(mel[loud].mean() - mel[pauses].mean()) * _DB_PER_NEPER
    above_db = float(np.median(level_db[words]) - np.percentile(quiet_db, LOUD_PERCENTILE))
    if unsteady_db < UNSTEADY_DB or loud.size < FEWEST_FRAMES:
        return Background(above_db < STEADY_DB, None)
    if not (SPEECH_DB <= above_db < (RESTLESS_BELOW_DB if unsteady_db >= RESTLESS_DB else NOISY_DB)):
        return Background(False, None)
    return Background(True, noise_of(mel, features, loud))


def other_voices(mel: Float, features: Float, active: Mask) -> Sequence[Noise]:
    """Return what voices in the background may sound like: as this recording does, but less loud.

    Parameters
    ----------
    mel : ndarray [shape=(T, 25)]
    features : ndarray [shape=(T, 3, 13)]
    active : ndarray [shape=(T,)]
        Frames in which somebody speaks.
    """
    if active.sum() < FEWEST_FRAMES:
        return []
    as_loud = noise_of(mel, features, np.flatnonzero(active), VOICES_SPREAD)
    return [Noise(as_loud.log_mel - np.float32(below / _DB_PER_NEPER), as_loud.variance) for below in VOICES_BELOW_DB]
