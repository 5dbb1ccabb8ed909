"""Spectral shape: how the energy of a frame is spread over frequency, whatever its level.

Everything here is a function of ratios, so the gain of a recording cancels.

References
----------
Eyben, F. et al. (2016). The Geneva minimalistic acoustic parameter set (GeMAPS). IEEE Transactions on
Affective Computing 7, 190-202. McFee, B. et al. (2015). librosa. Proceedings of SciPy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import HOP_SAMPLES, RATE_HZ, AudioConfig
from extractors.voice.filterbank import band, mel_filters, triangles

RANGE_DB = 45.0
"""What lies further below the strongest band of its frame counts as that much below: a band that is empty (a
telephone's upper half) or full of background noise must not outweigh the others on a logarithmic scale. Of 60,
45 and 35 dB, 45 moved least under noise and narrow bands while staying close to openSMILE."""
ROLLOFF_SHARE = 0.85
FLUX_REACH_FRAMES = 2
"""Flux compares the frame this many hops before with the one this many after: 40 ms apart."""
ZERO_CROSSING_WINDOW_S = 0.025

_TINY = np.float32(1e-20)


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Spectral shape of consecutive frames; all arrays [shape=(T,)], ``mfcc`` [shape=(T, C)]."""

    alpha_ratio_db: NDArray[np.float32]
    hammarberg_db: NDArray[np.float32]
    slope_low_db_per_khz: NDArray[np.float32]
    slope_mid_db_per_khz: NDArray[np.float32]
    flux: NDArray[np.float32]
    centroid_hz: NDArray[np.float32]
    bandwidth_hz: NDArray[np.float32]
    rolloff_hz: NDArray[np.float32]
    flatness_db: NDArray[np.float32]
    mfcc: NDArray[np.float32]


def spectrum(power: NDArray[np.float32], config: AudioConfig) -> Spectrum:
    """Return the shape of every frame; frames without any power get values that mean nothing.

    Parameters
    ----------
    power : ndarray [shape=(T, F)]
    config : AudioConfig
    """
    import librosa

    floored = np.maximum(power, power.max(axis=1, keepdims=True) * np.float32(1e-10) + _TINY)
    by_bin = np.ascontiguousarray(floored.T)
    mel = floored @ mel_filters(config).T
    centroid = librosa.feature.spectral_centroid(S=by_bin, sr=RATE_HZ)
    return Spectrum(
        alpha_ratio_db=alpha_ratio_db(floored, config),
        hammarberg_db=hammarberg_db(floored, config),
        slope_low_db_per_khz=slope_db_per_khz(floored, (100.0, 500.0), config),
        slope_mid_db_per_khz=slope_db_per_khz(floored, (500.0, 1500.0), config),
        flux=flux(mel),
        centroid_hz=centroid[0].astype(np.float32),
        bandwidth_hz=librosa.feature.spectral_bandwidth(S=by_bin, sr=RATE_HZ, centroid=centroid)[0].astype(
            np.float32
        ),
        rolloff_hz=librosa.feature.spectral_rolloff(S=by_bin, sr=RATE_HZ, roll_percent=ROLLOFF_SHARE)[0].astype(
            np.float32
        ),
        flatness_db=flatness_db(mel),
        mfcc=mfcc(mel, config.mfcc_count),
    )


def alpha_ratio_db(power: NDArray[np.float32], config: AudioConfig) -> NDArray[np.float32]:
    """[T] energy of 1-5 kHz over that of 50 Hz-1 kHz, dB; rises with vocal effort."""
    low = power[:, band(50.0, 1000.0, config)].sum(axis=1)
    high = power[:, band(1000.0, 5000.0, config)].sum(axis=1)
    return _db(high / low)


def hammarberg_db(power: NDArray[np.float32], config: AudioConfig) -> NDArray[np.float32]:
    """[T] strongest bin under 2 kHz over the strongest of 2-5 kHz, dB; falls with vocal effort."""
    low = power[:, band(50.0, 2000.0, config)].max(axis=1)
    high = power[:, band(2000.0, 5000.0, config)].max(axis=1)
    return _db(low / high)


def slope_db_per_khz(
    power: NDArray[np.float32], range_hz: tuple[float, float], config: AudioConfig
) -> NDArray[np.float32]:
    """[T] slope of the straight line through the levels of bands in a range, dB per kHz.

    Bands of 200 Hz every 50 Hz: single bins of a 50 ms window would show harmonics and the gaps between them.
    """
    centres = np.arange(range_hz[0], range_hz[1] + 1.0, 50.0)
    levels = _db(power @ triangles(tuple(centres.tolist()), 100.0, config).T)
    offset = (centres - centres.mean()) / 1000.0
    return np.asarray(levels @ (offset / np.sum(offset**2)).astype(np.float32))


def flux(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """[T] how much the spectrum changes in 40 ms: Hellinger distance of normalised mel spectra, 0 to 1.

    The first and last two frames repeat their neighbours' nearest comparison.
    """
    frames = mel.shape[0]
    share = np.sqrt(mel / mel.sum(axis=1, keepdims=True))
    rows = np.arange(frames)
    before = share[np.maximum(rows - FLUX_REACH_FRAMES, 0)]
    after = share[np.minimum(rows + FLUX_REACH_FRAMES, frames - 1)]
    return np.asarray(np.sqrt(0.5 * np.sum((after - before) ** 2, axis=1)))


def flatness_db(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """[T] geometric over arithmetic mean of the mel bands per hertz, dB: 0 for white noise, low for a tone."""
    levels = _levels_db(mel)
    return np.asarray(levels.mean(axis=1) - _db(mel.mean(axis=1)))


def mfcc(mel: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """[T, count] mel cepstral coefficients 1 to ``count`` of levels in dB (orthonormal DCT-II)."""
    import librosa

    if count == 0:
        return np.zeros((mel.shape[0], 0), np.float32)
    coefficients = librosa.feature.mfcc(S=np.ascontiguousarray(_levels_db(mel).T), n_mfcc=count + 1)
    return np.ascontiguousarray(coefficients[1:].T, dtype=np.float32)


def zero_crossings_per_s(samples: NDArray[np.float32], frames: int, config: AudioConfig) -> NDArray[np.float32]:
    """[T] how often the waveform crosses its mean over 25 ms, times a second.

    Parameters
    ----------
    samples : ndarray [shape=(window + (T - 1) hop,)]
        The samples under the frames, as `Block` holds them.
    """
    width = round(ZERO_CROSSING_WINDOW_S * RATE_HZ)
    start = (config.window_samples - width) // 2
    framed = np.lib.stride_tricks.sliding_window_view(samples[start:], width)[::HOP_SAMPLES][:frames]
    above = framed > framed.mean(axis=1, keepdims=True)
    crossings = np.count_nonzero(above[:, 1:] != above[:, :-1], axis=1)
    return np.asarray(crossings * (RATE_HZ / (width - 1)), dtype=np.float32)


def _levels_db(mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Levels of the bands, at most 60 dB below the strongest of the frame."""
    return _db(np.maximum(mel, mel.max(axis=1, keepdims=True) * np.float32(10.0 ** (-RANGE_DB / 10.0))))


def _db(ratio: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(10.0 * np.log10(ratio), dtype=np.float32)
