"""What microphones, rooms and files do to a voice; none of it is the speaker's doing."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import correlate, firwin2, oaconvolve

from pipeline.streams import MediaReader

Samples = NDArray[np.float32]
RATE_HZ = 16_000
REVERBERATION_S = 0.4
DIRECT_OVER_REVERBERANT_DB = 6.0
EQUALISER_DB = ((0, 0), (100, 3), (300, 0), (1000, -3), (2000, 0), (3500, 3), (6000, 0), (8000, -3))
"""Corners of the equaliser: a cheap microphone's ups and downs."""
LONGEST_DELAY = 4000
"""Samples by which a coder may delay the sound."""


@dataclass(frozen=True, slots=True)
class SoundNuisance:
    """Something that changes a recording and not the voice."""

    name: str
    meaning: str
    alter: Callable[[Samples], Samples]
    gain_db: float = 0.0
    """By which absolute levels must move."""
    flagged: str = ""
    """The flag that a clip so altered carries; then the columns need not stay."""


def _gain(samples: Samples, gain_db: float) -> Samples:
    return np.asarray(samples * 10 ** (gain_db / 20), np.float32)


def _at_rate(samples: Samples, rate_hz: int) -> Samples:
    return through_file(soxr.resample(samples, RATE_HZ, rate_hz), rate_hz, "pcm_s16le", "wav", samples)


def _coded(samples: Samples, codec: str, container: str, bit_rate: int) -> Samples:
    rate_hz = 48_000 if codec == "libopus" else RATE_HZ
    resampled = samples if rate_hz == RATE_HZ else soxr.resample(samples, RATE_HZ, rate_hz)
    return through_file(resampled, rate_hz, codec, container, samples, bit_rate)


def _equalised(samples: Samples) -> Samples:
    corners_hz, gains_db = np.array(EQUALISER_DB, float).T
    taps = firwin2(511, corners_hz, 10 ** (gains_db / 20), fs=RATE_HZ)
    return np.asarray(oaconvolve(samples, taps, mode="same"), np.float32)


def _reverberant(samples: Samples) -> Samples:
    """A room: noise that falls by 60 dB in `REVERBERATION_S`, the direct sound before it."""
    count = round(1.2 * REVERBERATION_S * RATE_HZ)
    tail = np.random.default_rng(6).normal(size=count) * 10 ** (-3 * np.arange(count) / (REVERBERATION_S * RATE_HZ))
    tail[: round(0.003 * RATE_HZ)] = 0.0
    tail *= 10 ** (-DIRECT_OVER_REVERBERANT_DB / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return np.asarray(oaconvolve(samples, tail)[: samples.size], np.float32)


def _noisy(samples: Samples, below_db: float) -> Samples:
    noise = np.random.default_rng(7).normal(size=samples.size)
    return np.asarray(samples + noise * np.sqrt((samples**2).mean()) * 10 ** (-below_db / 20), np.float32)


SOUND_NUISANCES: tuple[SoundNuisance, ...] = (
    SoundNuisance("gain +12 dB", "four times the amplitude", lambda x: _gain(x, 12.0), gain_db=12.0),
    SoundNuisance("gain -12 dB", "a quarter of the amplitude", lambda x: _gain(x, -12.0), gain_db=-12.0),
    SoundNuisance("44.1 kHz", "a file of 44,100 samples a second", lambda x: _at_rate(x, 44_100)),
    SoundNuisance("16 kHz", "a file of 16,000 samples a second, 16 bit", lambda x: _at_rate(x, 16_000)),
    SoundNuisance("AAC 32", "AAC, 32 kbit/s", lambda x: _coded(x, "aac", "mp4", 32_000)),
    SoundNuisance("Opus 24", "Opus, 24 kbit/s", lambda x: _coded(x, "libopus", "ogg", 24_000)),
    SoundNuisance("Opus 16", "Opus, 16 kbit/s", lambda x: _coded(x, "libopus", "ogg", 16_000)),
    SoundNuisance("equaliser", "a microphone with ups and downs of 3 dB", _equalised),
    SoundNuisance("room", "0.4 s of reverberation, 6 dB under the direct sound", _reverberant),
    SoundNuisance("noise 30 dB", "white noise 30 dB under the voice", lambda x: _noisy(x, 30.0)),
    SoundNuisance("8 kHz", "a file of 8,000 samples a second", lambda x: _at_rate(x, 8_000), flagged="narrowband"),
)


def through_file(
    samples: Samples, rate_hz: int, codec: str, container: str, original: Samples, bit_rate: int | None = None
) -> Samples:
    """Return the sound as the pipeline reads it out of a file, in time with the original."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound.{container}"
        with av.open(str(path), "w") as file:
            stream = file.add_stream(codec, rate=rate_hz, layout="mono")
            if bit_rate:
                stream.bit_rate = bit_rate
            _encode(file, stream, samples, rate_hz)
        with MediaReader(path) as reader:
            audio = reader.audio()
    assert audio is not None
    return in_time(audio.samples, original)


def _encode(file: av.container.OutputContainer, stream: av.AudioStream, samples: Samples, rate_hz: int) -> None:
    resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate_hz, frame_size=960)
    for first in range(0, samples.size, 960):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, first : first + 960]), "fltp", "mono")
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), first
        for ready in resampler.resample(frame):
            file.mux(stream.encode(ready))
    for ready in resampler.resample(None):
        file.mux(stream.encode(ready))
    file.mux(stream.encode(None))


def in_time(samples: Samples, original: Samples) -> Samples:
    """Undo a coder's delay, and give the sound the original's length: a delay is no drift of a column."""
    size = min(samples.size, original.size)
    match = correlate(samples[:size], original[:size], mode="full", method="fft")
    near = match[size - 1 - LONGEST_DELAY : size + LONGEST_DELAY]
    late = int(near.argmax()) - LONGEST_DELAY
    moved = samples[late:] if late > 0 else np.concatenate([np.zeros(-late, np.float32), samples])
    short = max(0, original.size - moved.size)
    return np.concatenate([moved, np.zeros(short, np.float32)])[: original.size].astype(np.float32)
