"""The voices: espeak-ng speech as samples, and how far the mouth opens with it."""

import io
import subprocess
import wave
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from tests.sample_clips.script import Line

RATE_HZ = 44100
LEAD_S = 0.35
"""Quiet before the first word."""
TAIL_S = 0.8
"""Quiet after the last one, in which a smile goes on."""
NOISE = 10 ** (-62 / 20)
"""Room noise, full scale 1.0: no microphone delivers digital silence."""


@dataclass(frozen=True)
class Speech:
    """One sentence, spoken."""

    samples: NDArray[np.float32]
    """[N] mono at `RATE_HZ`."""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ

    def opening(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far the jaw is open at each time, 0 to 1: the level of speech below 1 kHz, smoothed over 60 ms."""
        level = _level(self.samples, cutoff_hz=1000.0)
        return np.interp(times_s, np.arange(len(level)) * 0.01, level)

    def spread(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """How wide (1) or round (0) the lips are: the share of the level that lies above 1 kHz."""
        low, high = _level(self.samples, cutoff_hz=1000.0), _level(self.samples, above_hz=1000.0)
        share = np.convolve(high / np.maximum(low + high, 0.05), np.ones(9) / 9, mode="same")
        return np.interp(times_s, np.arange(len(share)) * 0.01, np.clip(share * 1.6, 0, 1))


def speak(line: Line) -> Speech:
    """Return the sentence in the voice of its speaker: faster and higher if it is glad, slower and lower if not."""
    speed = 150 + round(6 * line.label)
    pitch = line.speaker.pitch + round(3 * line.label)
    command = ["espeak-ng", "-v", line.speaker.voice, "-s", str(speed), "-p", str(pitch), "--stdout", line.text]
    made = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(made)) as file:
        rate_hz = file.getframerate()
        # espeak-ng writes to a pipe before it knows the length: the header's count means nothing
        raw = np.frombuffer(file.readframes(2**31 // 2 - 1), "<i2")
    voice = soxr.resample(raw.astype(np.float64) / 32768, rate_hz, RATE_HZ)
    voice *= 0.5 / np.abs(voice).max()
    padded = np.concatenate([np.zeros(round(LEAD_S * RATE_HZ)), voice, np.zeros(round(TAIL_S * RATE_HZ))])
    noise = np.random.default_rng(line.seed).normal(0, NOISE, len(padded))
    return Speech((padded + noise).astype(np.float32))


def _level(samples: NDArray[np.float32], cutoff_hz: float = np.inf, above_hz: float = 0.0) -> NDArray[np.float64]:
    """Root mean square of a band each 10 ms, its 95th percentile as 1, smoothed over 60 ms."""
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    band = np.fft.irfft(spectrum * ((frequency >= above_hz) & (frequency < cutoff_hz)), len(samples))
    hop = RATE_HZ // 100
    frames = band[: len(band) // hop * hop].reshape(-1, hop)
    level = np.convolve(np.sqrt((frames**2).mean(axis=1)), np.hanning(8)[1:-1] / np.hanning(8).sum(), mode="same")
    return np.clip(level / np.percentile(level, 95), 0, 1.2)
