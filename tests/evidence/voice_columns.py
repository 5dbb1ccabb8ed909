"""All voice columns of a voice's words: frames pooled to words, and the rhythm of the words."""

import numpy as np
from numpy.typing import NDArray

from extractors.audio import AudioConfig, audio_columns, audio_track
from extractors.word_rhythm import word_columns, word_timing_features
from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.pooling import pool
from pipeline.track import FeatureColumn, WordFeatures
from pipeline.words import Word
from tests.evidence.material import Voice

Floats = NDArray[np.float64]
RATE_HZ = 16_000
CONFIG = AudioConfig(include_unstable=True)
COLUMNS: tuple[FeatureColumn, ...] = audio_columns(CONFIG)
NAMES = tuple(column.name for column in COLUMNS)
RHYTHM: tuple[FeatureColumn, ...] = word_columns()


def word_values(samples: NDArray[np.float32], words: tuple[Word, ...]) -> Floats:
    """Return the columns of each word, [shape=(words, D)], NaN where unknown."""
    return _floats(pool(audio_track(samples, RATE_HZ, CONFIG), words))


class Rhythm:
    """Word timing and what it says of rhythm; the aligner is loaded once."""

    def __init__(self) -> None:
        self._timer = WordTimer(WordTimingConfig())

    def values(self, voice: Voice, samples: NDArray[np.float32]) -> Floats:
        """Return the rhythm columns, [shape=(words of the transcript, 4)], NaN where unknown."""
        assert voice.transcript is not None
        return _floats(word_timing_features(self._timer.time(voice.transcript, samples, RATE_HZ).words))


def _floats(features: WordFeatures) -> Floats:
    return np.where(features.valid, features.values.astype(np.float64), np.nan)
