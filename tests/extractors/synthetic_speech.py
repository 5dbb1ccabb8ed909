"""Speech whose words have exactly known times: single words of espeak-ng, spliced with gaps of known length."""

import io
import shutil
import subprocess
import wave
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE_HZ = 16_000
VOICES = ("en-us", "en-gb", "en-us+f3", "en-us+m3", "en-us+f4")
RATES = (130, 160, 190)
"""Words a minute."""
NOISE_DB = -55.0
"""Level of the white noise under the speech, below its peak: digital silence is not what microphones give."""

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@dataclass(frozen=True, slots=True, eq=False)
class SplicedSpeech:
    """Sound and the truth about its words."""

    samples: NDArray[np.float32]
    """[shape=(N,)] 16 kHz mono."""
    words: tuple[str, ...]
    truth_s: NDArray[np.float64]
    """[shape=(L, 2)]"""


def spliced(words: tuple[str, ...], seed: int, *, rate: int = 0, voice: str = "") -> SplicedSpeech:
    """Return the words, each said alone and cut where its sound begins and ends, some run together, some apart."""
    rng = np.random.default_rng(seed)
    voice, rate = voice or VOICES[seed % len(VOICES)], rate or RATES[seed % len(RATES)]
    pieces, times_s, at = [np.zeros(int(rng.uniform(0.2, 0.8) * RATE_HZ))], [], 0
    for word in words:
        at = sum(piece.size for piece in pieces)
        sound = _trimmed(say(word, voice, rate))
        times_s.append((at / RATE_HZ, (at + sound.size) / RATE_HZ))
        gap_s = rng.uniform(0.08, 0.5) if rng.random() < 0.7 else 0.0
        pieces += [sound, np.zeros(int(gap_s * RATE_HZ))]
    speech = np.concatenate([*pieces, np.zeros(RATE_HZ // 2)])
    speech *= 0.4 / np.abs(speech).max()
    speech += rng.normal(0.0, 0.4 * 10 ** (NOISE_DB / 20), speech.size)
    return SplicedSpeech(speech.astype(np.float32), words, np.array(times_s))


def say(text: str, voice: str = "en-us", rate: int = 160) -> NDArray[np.float64]:
    """Return what espeak-ng says, 16 kHz."""
    command = ["espeak-ng", "-v", voice, "-s", str(rate), "--stdout", text]
    sound = subprocess.run(command, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(sound)) as file:
        rate_hz = file.getframerate()
        header = sound.index(b"data") + 8  # the length in the header is a guess: it writes to a pipe
    samples = np.frombuffer(sound[header : header + (len(sound) - header) // 2 * 2], "<i2") / 32768.0
    return np.asarray(resample_poly(samples, RATE_HZ, rate_hz))


def _trimmed(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1]
