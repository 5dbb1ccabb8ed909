"""The one spectrogram that all audio columns are read from, in blocks, so that memory does not grow with length."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import HOP_SAMPLES, RATE_HZ, AudioConfig
from pipeline.media.longsound import LongSound, Samples

CONTEXT_FRAMES = 16
"""Frames before and after a block that are computed with it, so that flux and cycles see their neighbours."""
HIGH_PASS_HZ = 50.0
"""Power below is no voice (rumble, DC) and is set to 0."""
_CHUNK = 1 << 20
_NO_OFFSET = np.float32(0.0)


@dataclass(frozen=True, slots=True, eq=False)
class CleanSamples:
    """Samples that are finite, and their constant offset, still to be taken away: a copy of hours is not made."""

    samples: Samples
    """[shape=(N,)] mono, 16 kHz, full scale 1."""
    offset: np.float32
    """What `blocks` takes away."""
    replaced: int
    """How many samples were not finite and became 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Consecutive frames of a clip with their spectrum.

    ``T`` frames of which ``[keep_from, keep_to)`` belong to the block and the others are context.
    """

    power: NDArray[np.float32]
    """[shape=(T, F)] mean square of the windowed samples by frequency; a row sums to the power of its frame."""
    samples: NDArray[np.float32]
    """[shape=(window + (T - 1) hop,)] the samples under the frames, zeros outside the clip."""
    first_frame: int
    """Index in the clip of row 0."""
    keep_from: int
    keep_to: int


def finite(samples: Samples) -> tuple[Samples, int]:
    """Return the samples with what is not finite set to 0 (the same array if all is), and how many those were."""
    if isinstance(samples, LongSound):
        return samples, 0  # finite where it is decoded; not decoded once more to see it
    bad = sum(
        int(np.count_nonzero(~np.isfinite(samples[start : start + _CHUNK])))
        for start in range(0, samples.size, _CHUNK)
    )
    if not bad:
        return samples, 0
    found = samples[:]
    return np.where(np.isfinite(found), found, np.float32(0.0)), bad


def cleaned(samples: Samples) -> CleanSamples:
    """Return the samples with what is not finite set to 0, and their mean over the clip."""
    filled, replaced = finite(samples)
    offset = np.float32(_sum(filled) / filled.size) if filled.size else np.float32(0.0)
    if not replaced:
        return CleanSamples(samples, offset, 0)
    # What was not finite stays 0: the offset was never in it.
    without = np.where(np.isfinite(samples[:]), filled[:] - offset, np.float32(0.0))
    return CleanSamples(without, np.float32(0.0), replaced)


def _sum(samples: Samples) -> np.float64:
    """Sum of all samples, as NumPy's of the array in one: it goes by 8192, and so does every chunk."""
    total = np.float64(0.0)
    for start in range(0, samples.size, _CHUNK):
        total = np.add.reduce(samples[start : start + _CHUNK], dtype=np.float64, initial=total)
    return total


def frame_count(sample_count: int) -> int:
    """Return how many frames a clip has: one a hop, at least one if there is any sample."""
    return max(1, round(sample_count / HOP_SAMPLES)) if sample_count else 0


def frame_times_s(frames: int) -> NDArray[np.float64]:
    """[T] centres of the frames: the middle of each hop, counted from the first sample."""
    return np.asarray((np.arange(frames) + 0.5) * HOP_SAMPLES / RATE_HZ)


def frequencies_hz(config: AudioConfig) -> NDArray[np.float64]:
    """[F] centre frequencies of the bins."""
    return np.asarray(np.fft.rfftfreq(config.fft_samples, 1.0 / RATE_HZ))


def blocks(samples: Samples, config: AudioConfig, offset: np.float32 = _NO_OFFSET) -> Iterator[Block]:
    """Yield the clip's frames block by block; ``[keep_from, keep_to)`` of all blocks are each frame once.

    Parameters
    ----------
    samples : ndarray [shape=(N,)]
        As `cleaned` returns them.
    config : AudioConfig
    offset : float
        Taken away from every sample.
    """
    total = frame_count(samples.size)
    for start in range(0, total, config.block_frames):
        stop = min(start + config.block_frames, total)
        first, last = max(0, start - CONTEXT_FRAMES), min(total, stop + CONTEXT_FRAMES)
        piece = _samples_under(samples, first, last, config, offset)
        yield Block(_power(piece, config), piece, first, start - first, stop - first)


def _samples_under(
    samples: Samples, first: int, last: int, config: AudioConfig, offset: np.float32
) -> NDArray[np.float32]:
    """Return the samples under frames ``[first, last)``: frame t is centred on sample (t + 0.5) hop."""
    begin = first * HOP_SAMPLES + HOP_SAMPLES // 2 - config.window_samples // 2
    piece = np.zeros(config.window_samples + (last - first - 1) * HOP_SAMPLES, np.float32)
    from_sample, to_sample = max(begin, 0), min(begin + piece.size, samples.size)
    piece[from_sample - begin : to_sample - begin] = samples[from_sample:to_sample] - offset
    return piece


def _power(piece: NDArray[np.float32], config: AudioConfig) -> NDArray[np.float32]:
    """[T, F] power spectrum, without what lies below 50 Hz."""
    import librosa

    # librosa centres a window inside the transform: half of the zeros it adds stand on either side.
    padding = (config.fft_samples - config.window_samples) // 2
    spectrum = librosa.stft(
        np.pad(piece, padding),
        n_fft=config.fft_samples,
        hop_length=HOP_SAMPLES,
        win_length=config.window_samples,
        window="hann",
        center=False,
    ).T
    # Parseval: both halves of the spectrum over the energy of the window (3/8 of its length for Hann).
    scale = np.float32(2.0 / (config.fft_samples * 0.375 * config.window_samples))
    power = scale * np.ascontiguousarray(spectrum.real**2 + spectrum.imag**2)
    power[:, frequencies_hz(config) < HIGH_PASS_HZ] = 0.0
    return np.asarray(power, dtype=np.float32)
