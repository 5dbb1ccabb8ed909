"""Fixed matrices between the bins of the spectrogram and bands; built once a configuration."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import RATE_HZ, AudioConfig
from extractors.voice.spectrogram import frequencies_hz

MEL_BANDS = 26
"""From 20 Hz to 8 kHz, as in eGeMAPS."""


@lru_cache(maxsize=8)
def mel_filters(config: AudioConfig) -> NDArray[np.float32]:
    """[26, F] triangles on the mel scale, each with a peak of 1."""
    import librosa

    filters = librosa.filters.mel(
        sr=RATE_HZ, n_fft=config.fft_samples, n_mels=MEL_BANDS, fmin=20.0, fmax=RATE_HZ / 2, norm=None
    )
    return _read_only(filters)


@lru_cache(maxsize=32)
def triangles(centres_hz: tuple[float, ...], half_width_hz: float, config: AudioConfig) -> NDArray[np.float32]:
    """[len(centres), F] triangles of one width on the linear scale, each with a sum of 1."""
    distance = np.abs(frequencies_hz(config)[None, :] - np.asarray(centres_hz)[:, None])
    shapes = np.maximum(0.0, 1.0 - distance / half_width_hz)
    return _read_only(shapes / shapes.sum(axis=1, keepdims=True))


def band(low_hz: float, high_hz: float, config: AudioConfig) -> slice:
    """Return the bins in ``[low_hz, high_hz)``."""
    hz = frequencies_hz(config)
    return slice(int(np.searchsorted(hz, low_hz)), int(np.searchsorted(hz, high_hz)))


def _read_only(matrix: NDArray[np.floating]) -> NDArray[np.float32]:
    result = np.ascontiguousarray(matrix, dtype=np.float32)
    result.setflags(write=False)
    return result
