"""Mel cepstra as the acoustic model was trained on, from 16 kHz samples: 100 frames a second.

Pre-emphasis 0.97, Hamming window of 410 samples (25.6 ms), 25 mel filters of unit area between 130 and 6800 Hz,
orthonormal cosine transform to 13 coefficients, liftered by 22. Nothing is subtracted here: what silence and
the channel of a recording are is learned by `extractors.acoustics.adaptation`.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

RATE_HZ = 16_000
HOP_SAMPLES, WINDOW_SAMPLES, FFT_SIZE = 160, 410, 512
FRAME_S = HOP_SAMPLES / RATE_HZ
CENTRE_S = WINDOW_SAMPLES / 2 / RATE_HZ
"""Frame ``t`` looks at the sound around ``t * FRAME_S + CENTRE_S``."""
FILTERS, COEFFICIENTS, LIFTER = 25, 13, 22
BAND_HZ = (130.0, 6800.0)
REACH_FRAMES = 3
"""How far to each side the curvature of a frame looks."""

_FULL_SCALE = 32768.0
_ROUNDING_POWER = 1.0 / 12.0
"""Power of the rounding error of 16 bit samples, which no recording falls below."""
_BLOCK_FRAMES = 6000


def log_mel(samples: Float) -> Float:
    """Return the logarithm of the power in each mel filter.

    Parameters
    ----------
    samples : ndarray [shape=(N,)]
        16 kHz mono, full scale 1; values that are not finite count as 0.

    Returns
    -------
    ndarray [shape=(T, 25)], T = ceil((N - 410) / 160) + 1, at least 1
        Frame ``t`` covers samples ``[160 t, 160 t + 410)``; zeros follow the last sample.
    """
    frames = frame_count(samples.size)
    filters, window = _filterbank(), _window()
    # White noise of that power reads as window energy times the area of each filter.
    floor = _ROUNDING_POWER * float(np.sum(window**2)) * filters.sum(axis=0)
    power = np.empty((frames, FILTERS), np.float32)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        piece = _emphasised(samples, start * HOP_SAMPLES, (stop - 1) * HOP_SAMPLES + WINDOW_SAMPLES)
        framed = np.lib.stride_tricks.sliding_window_view(piece, WINDOW_SAMPLES)[::HOP_SAMPLES]
        spectrum = np.fft.rfft(framed * window, FFT_SIZE, axis=1)
        power[start:stop] = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ filters
    return np.asarray(np.log(power + floor.astype(np.float32)))


def frame_count(samples: int) -> int:
    """Return how many frames so many samples give."""
    return max(1, -(-(samples - WINDOW_SAMPLES) // HOP_SAMPLES) + 1)


def cepstra(mel: Float) -> Float:
    """[T, 25] log mel power -> [T, 13] cepstra; the first is loudness."""
    return mel @ projection()


def with_slopes(static: Float) -> Float:
    """Return cepstra, slopes and curvatures: ``c[t+2] - c[t-2]`` and its difference over two frames.

    Parameters
    ----------
    static : ndarray [shape=(T, 13)]

    Returns
    -------
    ndarray [shape=(T, 3, 13)]
        The first and last frame stand for what is beyond them.
    """
    frames = len(static)
    padded = np.pad(static, ((REACH_FRAMES, REACH_FRAMES), (0, 0)), mode="edge")
    slope = padded[5 : 5 + frames] - padded[1 : 1 + frames]
    before, after = padded[4 : 4 + frames] - padded[:frames], padded[6 : 6 + frames] - padded[2 : 2 + frames]
    return np.stack([static, slope, after - before], axis=1)


@cache
def projection() -> Float:
    """[25, 13] cosine transform and lifter in one: log mel power times this is cepstra."""
    order, band = np.arange(COEFFICIENTS), np.arange(FILTERS)
    cosines = np.cos(np.pi / FILTERS * (band[:, None] + 0.5) * order) * np.sqrt(2.0 / FILTERS)
    cosines[:, 0] = np.sqrt(1.0 / FILTERS)
    return np.asarray(cosines * (1.0 + LIFTER / 2 * np.sin(np.pi * order / LIFTER)), np.float32)


@cache
def inverse_projection() -> Float:
    """[13, 25] cepstra back to the smoothed log mel power they stand for."""
    return np.linalg.pinv(projection().astype(np.float64)).astype(np.float32)


def _emphasised(samples: Float, start: int, stop: int) -> Float:
    """[stop - start] scaled samples after pre-emphasis, zeros where there are none."""
    piece = np.zeros(stop - start + 1, np.float32)
    first, last = max(start - 1, 0), min(stop, samples.size)
    if last > first:
        finite = np.nan_to_num(samples[first:last], nan=0.0, posinf=0.0, neginf=0.0)
        piece[first - start + 1 : last - start + 1] = finite * _FULL_SCALE
    return piece[1:] - np.float32(0.97) * piece[:-1]


@cache
def _window() -> Float:
    phase = 2.0 * np.pi * np.arange(WINDOW_SAMPLES) / (WINDOW_SAMPLES - 1)
    return (0.54 - 0.46 * np.cos(phase)).astype(np.float32)


@cache
def _filterbank() -> Float:
    """[257, 25] triangles of area 1, their corners equally spaced in mel and rounded to the bins."""
    bin_hz = RATE_HZ / FFT_SIZE
    low, high = (2595.0 * np.log10(1.0 + edge / 700.0) for edge in BAND_HZ)
    corners = 700.0 * (10.0 ** (np.linspace(low, high, FILTERS + 2) / 2595.0) - 1.0)
    corners = np.floor(corners / bin_hz + 0.5) * bin_hz
    left, peak, right = corners[:-2], corners[1:-1], corners[2:]
    at = (np.arange(FFT_SIZE // 2 + 1) * bin_hz)[:, None]
    triangle = np.minimum((at - left) / (peak - left), (right - at) / (right - peak))
    return (np.maximum(triangle, 0.0) * 2.0 / (right - left)).astype(np.float32)
