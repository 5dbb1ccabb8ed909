"""Changes of a voice by known amounts: pitch without its formants, spectral tilt, rate, stress, pauses."""

import av
import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin2, oaconvolve

from tests.evidence.material import Voice

Samples = NDArray[np.float32]
RATE_HZ = 16_000
FFT, HOP = 1024, 128
ENVELOPE_QUEFRENCIES = 26
"""Cepstral coefficients that carry the vocal tract: 1.6 ms, under half a period of a 300 Hz voice."""
TAPS = 1025
MEL_LOW_HZ, BANDS = 20.0, 26


def pitched(samples: Samples, semitones: float) -> Samples:
    """Return the voice with its pitch moved and its spectral envelope left where it was."""
    if semitones == 0.0:
        return samples
    moved = librosa.effects.pitch_shift(samples, sr=RATE_HZ, n_steps=semitones, n_fft=FFT, hop_length=HOP)
    before, after = (librosa.stft(x, n_fft=FFT, hop_length=HOP) for x in (samples, moved))
    correction = _envelope(before) - _envelope(after)
    restored = after * np.exp(np.clip(correction, -3.5, 3.5))
    return np.asarray(librosa.istft(restored, hop_length=HOP, n_fft=FFT, length=samples.size), np.float32)


def _envelope(spectrum: NDArray[np.complexfloating]) -> NDArray[np.float64]:
    """[F, T] logarithm of the smooth part of the magnitude."""
    level = np.log(np.abs(spectrum) + 1e-6)
    cepstrum = np.fft.irfft(level, axis=0)
    cepstrum[ENVELOPE_QUEFRENCIES:-ENVELOPE_QUEFRENCIES] = 0.0
    return np.asarray(np.fft.rfft(cepstrum, axis=0).real)


def tilted(samples: Samples, db_per_octave: float) -> Samples:
    """Return the voice with its spectrum tilted about 1 kHz, from 60 Hz up."""
    hz = np.concatenate([[0.0], np.geomspace(60.0, RATE_HZ / 2, 60)])
    octaves = np.log2(np.maximum(hz, 60.0) / 1000.0)
    return _filtered(samples, hz, db_per_octave * octaves)


def cepstral(samples: Samples, coefficient: int, amplitude_db: float) -> Samples:
    """Return the sound through a filter that is a cosine over the mel scale: that mel cepstral coefficient alone."""
    hz = np.linspace(0.0, RATE_HZ / 2, 400)
    return _filtered(samples, hz, amplitude_db * cosine_on_mel(hz, coefficient))


def cosine_on_mel(hz: NDArray[np.float64], coefficient: int) -> NDArray[np.float64]:
    """[F] the basis function of a mel cepstral coefficient of 26 bands over frequency."""
    low, high = librosa.hz_to_mel(MEL_LOW_HZ), librosa.hz_to_mel(RATE_HZ / 2)
    band = (librosa.hz_to_mel(hz) - low) / (high - low) * (
        BANDS + 1
    ) - 1.0  # band 0 is centred one step above the edge
    return np.asarray(np.cos(np.pi * coefficient * (np.clip(band, -0.5, BANDS - 0.5) + 0.5) / BANDS))


def cepstral_glide(samples: Samples, coefficient: int, db_per_s: float) -> Samples:
    """Return the sound through such a filter whose strength changes at a constant rate, 0 in the middle."""
    spectrum = librosa.stft(samples, n_fft=FFT, hop_length=HOP)
    time_s = librosa.times_like(spectrum, sr=RATE_HZ, hop_length=HOP) - samples.size / RATE_HZ / 2
    shape = cosine_on_mel(librosa.fft_frequencies(sr=RATE_HZ, n_fft=FFT), coefficient)
    gain = 10.0 ** (shape[:, None] * time_s[None, :] * db_per_s / 20.0)
    return np.asarray(librosa.istft(spectrum * gain, hop_length=HOP, n_fft=FFT, length=samples.size), np.float32)


def _filtered(samples: Samples, hz: NDArray[np.float64], gain_db: NDArray[np.float64]) -> Samples:
    taps = firwin2(TAPS, hz, 10.0 ** (gain_db / 20.0), fs=RATE_HZ)
    return np.asarray(oaconvolve(samples, taps, mode="same"), np.float32)


def hissing(samples: Samples, level_db: float) -> Samples:
    """Return the voice with noise of 4 to 8 kHz at a level against it."""
    noise = np.random.default_rng(8).normal(size=samples.size)
    noise = oaconvolve(noise, firwin2(255, [0, 3500, 4500, 8000], [0, 0, 1, 1], fs=RATE_HZ), mode="same")
    noise *= np.sqrt((samples**2).mean() / (noise**2).mean()) * 10 ** (level_db / 20)
    return np.asarray(samples + noise, np.float32)


def hurried(samples: Samples, rate: float) -> Samples:
    """Return the voice spoken so many times faster, at its own pitch (waveform-similarity overlap and add)."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE_HZ, format="flt", layout="mono", time_base=f"1/{RATE_HZ}")
    tempo, sink = graph.add("atempo", f"{rate:.4f}"), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), "flt", "mono")
    frame.sample_rate, frame.pts = RATE_HZ, 0
    source.push(frame)
    source.push(None)
    pieces = []
    while True:
        try:
            pieces.append(sink.pull().to_ndarray()[0])
        except (av.FFmpegError, EOFError):
            return np.concatenate(pieces).astype(np.float32)


def stressed(voice: Voice, gain_db: float) -> Samples:
    """Return the voice with every other word louder or softer, faded over 20 ms."""
    envelope = np.zeros(voice.samples.size)
    for word in voice.words[1::2]:
        envelope[round(word.start_s * RATE_HZ) : round(word.end_s * RATE_HZ)] = 1.0
    fade = np.hanning(320)
    envelope = np.convolve(envelope, fade / fade.sum(), mode="same")
    return np.asarray(voice.samples * 10.0 ** (gain_db * envelope / 20.0), np.float32)


def paused(voice: Voice, seconds: float) -> Samples:
    """Return the voice with a pause put in the quietest moment near the beginning of its fourth word."""
    centre = round(voice.words[3].start_s * RATE_HZ)
    level = np.convolve(voice.samples.astype(np.float64) ** 2, np.ones(320), mode="same")
    at = centre - 800 + int(level[centre - 800 : centre + 800].argmin())
    noise = np.random.default_rng(9).normal(size=round(seconds * RATE_HZ)) * 1e-4
    return np.concatenate([voice.samples[:at], noise.astype(np.float32), voice.samples[at:]])
