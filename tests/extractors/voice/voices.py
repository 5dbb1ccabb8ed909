"""Signals whose pitch, jitter, formants and noise are known because they are made here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

from extractors.audio import AudioConfig, audio_track
from pipeline.track import FeatureTrack

RATE_HZ = 16_000
OVERSAMPLING = 4
SCHWA = ((500.0, 80.0), (1500.0, 100.0), (2500.0, 140.0), (3500.0, 200.0), (4500.0, 250.0))
"""Formants (frequency, bandwidth) of a neutral vowel."""

Samples = NDArray[np.float32]
Contour = NDArray[np.float64]


def steady(hz: float, seconds: float = 1.0) -> Contour:
    """A pitch, sample by sample."""
    return np.full(round(seconds * RATE_HZ), hz)


def glide(hz: float, semitones_per_s: float, seconds: float = 1.0) -> Contour:
    """A pitch that passes ``hz`` in the middle and moves at a constant rate."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ - seconds / 2
    return np.asarray(hz * 2.0 ** (semitones_per_s * time_s / 12.0))


def voice(
    pitch_hz: Contour,
    formants: Sequence[tuple[float, float]] = SCHWA,
    jitter: float = 0.0,
    shimmer_db: float = 0.0,
    tilt_hz: float = 100.0,
    seed: int = 0,
) -> Samples:
    """Glottal pulses through resonators, at -14 dB.

    ``jitter`` is the deviation of each pulse's place in periods, ``shimmer_db`` that of its level; pulses
    stand between samples of a signal at four times the rate, so that the pitch is exact.
    """
    rate_hz, generator = RATE_HZ * OVERSAMPLING, np.random.default_rng(seed)
    count = pitch_hz.size * OVERSAMPLING
    fine = np.interp(np.arange(count) / OVERSAMPLING, np.arange(pitch_hz.size), pitch_hz)
    phase = np.cumsum(fine) / rate_hz
    places = np.interp(np.arange(1, int(phase[-1]) + 1), phase, np.arange(count))
    places += generator.normal(size=places.size) * jitter * rate_hz / fine[places.astype(int)]
    levels = 10.0 ** (shimmer_db * generator.normal(size=places.size) / 20.0)
    signal = np.zeros(count)
    around, window = np.arange(-15, 17), np.hanning(34)[1:-1]
    for place, level in zip(places, levels, strict=True):
        whole = int(place)
        if 16 < whole < count - 17:
            signal[whole + around] += level * np.sinc((around - (place - whole)) / 1.2) * window
    pole = np.exp(-2.0 * np.pi * tilt_hz / rate_hz)
    signal = lfilter([1.0 - pole], [1.0, -pole], signal)
    for hz, width_hz in formants:
        radius = np.exp(-np.pi * width_hz / rate_hz)
        ring = [1.0, -2.0 * radius * np.cos(2.0 * np.pi * hz / rate_hz), radius**2]
        signal = lfilter([sum(ring)], ring, signal)
    signal = resample_poly(signal, 1, OVERSAMPLING)
    return (0.2 * (signal - signal.mean()) / np.std(signal)).astype(np.float32)


def tone(hz: float, seconds: float = 1.0, amplitude: float = 0.5) -> Samples:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2.0 * np.pi * hz * time_s)).astype(np.float32)


def white(seconds: float = 1.0, level_db: float = -20.0, seed: int = 0) -> Samples:
    count = round(seconds * RATE_HZ)
    return (np.random.default_rng(seed).normal(size=count) * 10.0 ** (level_db / 20.0)).astype(np.float32)


def noisy(samples: Samples, snr_db: float, seed: int = 0) -> Samples:
    """White noise added at a signal-to-noise ratio over the whole band."""
    level_db = 10.0 * np.log10(np.mean(samples.astype(float) ** 2)) - snr_db
    return samples + white(samples.size / RATE_HZ, level_db, seed)


def gained(samples: Samples, gain_db: float) -> Samples:
    return (samples * 10.0 ** (gain_db / 20.0)).astype(np.float32)


def track_of(samples: Samples, config: AudioConfig | None = None) -> FeatureTrack:
    return audio_track(samples, RATE_HZ, config or AudioConfig(include_unstable=True))


def column(track: FeatureTrack, name: str) -> NDArray[np.float32]:
    """Valid values of a column, 0.1 s at either end left out."""
    index = track.names.index(name)
    inner = (track.times_s > 0.1) & (track.times_s < track.times_s[-1] - 0.1)
    return track.values[inner & track.valid[:, index], index]


def middle(samples: Samples, name: str) -> float:
    """Median of a column's valid values."""
    return float(np.median(column(track_of(samples), name)))
