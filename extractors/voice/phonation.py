"""Voice quality: how far the period stands out and how the harmonics fall off, from the shared spectrogram.

References
----------
Hillenbrand, J., Cleveland, R. A., Erickson, R. L. (1994). Acoustic correlates of breathy vocal quality.
Journal of Speech and Hearing Research 37, 769-778 (cepstral peak prominence, H1-H2).
Eyben, F. et al. (2016). The Geneva minimalistic acoustic parameter set (GeMAPS). IEEE Transactions on
Affective Computing 7, 190-202 (H1-A3).
"""

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import RATE_HZ, AudioConfig
from extractors.voice.filterbank import band

CEPSTRUM_BAND_HZ = (60.0, 4000.0)
"""What every recording, a telephone's too, holds."""
HARMONIC_REACH_BINS = 2
"""A harmonic is the power of five bins, 62 Hz: the main lobe of the window without its neighbours'."""
THIRD_FORMANT_HZ = (2000.0, 3500.0)
CEPSTRUM_FIT_FROM_S = 0.001
"""The line under the cepstrum starts here; shorter quefrencies hold the vocal tract."""
CEPSTRUM_RANGE_DB = 80.0


def cepstral_peak_prominence_db(power: NDArray[np.float32], config: AudioConfig) -> NDArray[np.float32]:
    """[T] height of the cepstrum's peak over the line through the cepstrum, dB.

    The cepstrum is that of the log power below 4 kHz; the peak is sought among the periods of a voice and
    the line fitted from 1 ms to the longest of them. Needs no pitch, so every frame has it.

    Parameters
    ----------
    power : ndarray [shape=(T, F)]
    config : AudioConfig
    """
    bins = band(0.0, CEPSTRUM_BAND_HZ[1] + 1.0, config)
    part = power[:, bins]
    floor = part.max(axis=1, keepdims=True) * np.float32(10.0 ** (-CEPSTRUM_RANGE_DB / 10.0)) + np.float32(1e-20)
    levels = 10.0 * np.log10(np.maximum(part, floor))
    levels[:, : band(0.0, CEPSTRUM_BAND_HZ[0], config).stop] = levels[
        :, band(0.0, CEPSTRUM_BAND_HZ[0], config).stop, None
    ]
    rate_hz = 2.0 * CEPSTRUM_BAND_HZ[1]
    cepstrum = np.abs(np.fft.irfft(levels, axis=1))
    level = 20.0 * np.log10(np.maximum(cepstrum, 1e-6))
    first = round(CEPSTRUM_FIT_FROM_S * rate_hz)
    from_peak, to_peak = int(rate_hz / config.pitch_high_hz), int(np.ceil(rate_hz / config.pitch_low_hz))
    quefrency = np.arange(first, to_peak + 1, dtype=np.float64)
    offset = quefrency - quefrency.mean()
    fitted = level[:, first : to_peak + 1]
    slope = fitted @ (offset / np.sum(offset**2))
    line = fitted.mean(axis=1)[:, None] + slope[:, None] * offset
    above = (fitted - line)[:, from_peak - first :]
    return np.asarray(above.max(axis=1), dtype=np.float32)


def harmonic_levels_db(
    power: NDArray[np.float32], frequency_hz: NDArray[np.float32], number: int, config: AudioConfig
) -> NDArray[np.float32]:
    """[V] level of the ``number``-th harmonic, dB: the power within 31 Hz of it."""
    bin_hz = RATE_HZ / config.fft_samples
    centre = np.rint(number * frequency_hz / bin_hz).astype(np.intp)
    reach = np.arange(-HARMONIC_REACH_BINS, HARMONIC_REACH_BINS + 1)
    bins = np.clip(centre[:, None] + reach, 0, power.shape[1] - 1)
    level = np.take_along_axis(power, bins, axis=1).sum(axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(level, 1e-20)), dtype=np.float32)


def strongest_harmonic_db(
    power: NDArray[np.float32], range_hz: tuple[float, float], config: AudioConfig
) -> NDArray[np.float32]:
    """[V] level of the strongest 62 Hz between two frequencies, dB."""
    bins = band(*range_hz, config)
    part = power[:, bins.start - HARMONIC_REACH_BINS : bins.stop + HARMONIC_REACH_BINS]
    width = bins.stop - bins.start
    summed = sum(part[:, shift : shift + width] for shift in range(2 * HARMONIC_REACH_BINS + 1))
    return np.asarray(10.0 * np.log10(np.maximum(np.max(summed, axis=1), 1e-20)), dtype=np.float32)
