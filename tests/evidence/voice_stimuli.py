"""What is changed in a voice, by how much, and which columns must follow."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import iirpeak, lfilter

from tests.evidence.material import Voice
from tests.evidence.response import Named
from tests.evidence.voice_changes import cepstral, cepstral_glide, hissing, pitched, stressed, tilted
from tests.extractors.voice.voices import SCHWA, glide, noisy, steady, voice

Samples = NDArray[np.float32]
PITCH_HZ = (110.0, 150.0, 210.0)
"""Of the synthetic voices."""
SPECTRAL = ("alpha_ratio_db", "hammarberg_db", "slope_0_500_db_per_khz", "slope_500_1500_db_per_khz", "h1_a3_db",
            "spectral_centroid_hz", "spectral_bandwidth_hz", "spectral_rolloff_hz", "spectral_flatness_db",
            "zero_crossings_per_s", *(f"mfcc_{k}" for k in range(1, 14)))  # fmt: skip
QUALITY = ("harmonics_to_noise_db", "cepstral_peak_prominence_db", "jitter_percent", "shimmer_db", "voicing")
WIDTHS = tuple(f"formant_{k}_bandwidth_hz" for k in (1, 2, 3))
RESONANCES = (*WIDTHS, *(f"formant_{k}_frequency_hz" for k in (1, 2, 3)))
LEVELS = ("loudness", "level_dba")
RATES = tuple(f"mfcc_{k}_rate" for k in range(1, 14))


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One thing that is changed."""

    name: str
    unit: str
    doses: tuple[float, ...]
    named: tuple[Named, ...]
    coupled: tuple[str, ...] = ()
    """Columns that the change itself moves; neither held to follow nor to stay."""
    real: Callable[[Voice, float], Samples] | None = None
    synthetic: Callable[[float, float], Samples] | None = None
    """(pitch in Hz, dose) -> samples."""
    every_other_word: bool = False
    """Read the words that were changed only: the second, the fourth and so on."""


def _vowel(pitch_hz: float, formant: int, hz: float | None = None, width_hz: float | None = None) -> Samples:
    formants = [list(each) for each in SCHWA]
    formants[formant - 1] = [hz or formants[formant - 1][0], width_hz or formants[formant - 1][1]]
    return voice(steady(pitch_hz), [(f, w) for f, w in formants])


def _first_harmonic(pitch_hz: float, gain_db: float) -> Samples:
    sound = voice(steady(pitch_hz))
    b, a = iirpeak(pitch_hz, 6.0, fs=16_000)
    return np.asarray(sound + (10 ** (gain_db / 20) - 1) * lfilter(b, a, sound), np.float32)


def _alternating(pitch_hz: float, changes_per_s: float) -> Samples:
    """Two vowels in turn."""
    one, other = _vowel(pitch_hz, 1, 300.0), _vowel(pitch_hz, 2, 2200.0)
    phase = np.sin(np.pi * changes_per_s * np.arange(one.size) / 16_000)
    share = np.clip(0.5 + 4 * phase, 0, 1) if changes_per_s else np.ones(one.size)
    return np.asarray(share * one + (1 - share) * other, np.float32)


REAL: tuple[Stimulus, ...] = (
    Stimulus("pitch", "semitone", (-4, -2, 0, 2, 4), (Named("pitch_semitones", 1, 1.0),),
             ("h1_h2_db", "slope_0_500_db_per_khz", *QUALITY, *(f"mfcc_{k}" for k in range(6, 14))),
             real=lambda v, d: pitched(v.samples, d)),
    Stimulus("level", "dB", (-12, -6, 0, 6, 12), (Named("level_dba", 1, 1.0), Named("loudness", 1)),
             real=lambda v, d: np.asarray(v.samples * 10 ** (d / 20), np.float32)),
    Stimulus("stress on every other word", "dB", (-9, -6, -3, 0), (Named("level_relative_db", 1, 1.0),),
             ("level_dba", "loudness"), real=stressed, every_other_word=True),
    Stimulus("vocal effort (spectral tilt)", "dB/octave", (-6, -3, 0, 3, 6), (
        Named("alpha_ratio_db", 1), Named("hammarberg_db", -1), Named("slope_500_1500_db_per_khz", 1),
        Named("slope_0_500_db_per_khz", 1), Named("h1_a3_db", -1), Named("h1_h2_db", -1, -1.0),
        Named("spectral_centroid_hz", 1), Named("spectral_rolloff_hz", 1), Named("zero_crossings_per_s", 1),
        Named("mfcc_1", -1)), (*SPECTRAL, *LEVELS, *QUALITY, *RESONANCES, *RATES, "spectral_flux"),
        real=lambda v, d: tilted(v.samples, d)),
    Stimulus("hiss over 4 kHz", "dB", (-30, -24, -18, -12, -6), (
        Named("spectral_bandwidth_hz", 1), Named("spectral_centroid_hz", 1),
        Named("spectral_rolloff_hz", 1), Named("zero_crossings_per_s", 1)),
        (*SPECTRAL, *LEVELS, *QUALITY, *RATES, *RESONANCES, "spectral_flux", "level_relative_db"),
        real=lambda v, d: hissing(v.samples, d)),
)  # fmt: skip
CEPSTRA: tuple[Stimulus, ...] = tuple(
    Stimulus(f"cosine {k} on the mel scale", "dB", (-6, -3, 0, 3, 6), (Named(f"mfcc_{k}", 1),),
             (*(name for name in SPECTRAL if name != f"mfcc_{k}"), *LEVELS, *QUALITY, *RESONANCES, "h1_h2_db",
              "spectral_flux"), real=lambda v, d, k=k: cepstral(v.samples, k, d))
    for k in range(1, 14)
)  # fmt: skip
SYNTHETIC: tuple[Stimulus, ...] = (
    Stimulus("pitch of a synthetic vowel", "semitone", (-4, -2, 0, 2, 4), (Named("pitch_semitones", 1, 1.0),),
             (*SPECTRAL, *QUALITY, *RESONANCES, *LEVELS, "h1_h2_db", "level_relative_db"),
             synthetic=lambda hz, d: voice(steady(hz * 2 ** (d / 12)))),
    Stimulus("pitch glide", "semitone/s", (-24, -12, 0, 12, 24), (Named("pitch_slope_semitones_per_s", 1, 1.0),),
             synthetic=lambda hz, d: voice(glide(hz, d)),
             coupled=(*QUALITY, *SPECTRAL, *RESONANCES, *RATES, "h1_h2_db", "spectral_flux")),
    Stimulus("irregular cycles", "share", (0.0, 0.01, 0.02, 0.03), (Named("jitter_percent", 1),
             Named("harmonics_to_noise_db", -1)), (*SPECTRAL, *QUALITY, *RESONANCES, *RATES, "h1_h2_db"),
             synthetic=lambda hz, d: voice(steady(hz), jitter=d)),
    Stimulus("uneven cycles", "dB", (0.0, 0.5, 1.0, 1.5), (Named("shimmer_db", 1),),
             (*SPECTRAL, *QUALITY, *RESONANCES, *RATES, "h1_h2_db"),
             synthetic=lambda hz, d: voice(steady(hz), shimmer_db=d)),
    Stimulus("noise under the voice", "dB", (0, 6, 12, 18, 24, 30), (Named("harmonics_to_noise_db", 1),
             Named("cepstral_peak_prominence_db", 1), Named("voicing", 1), Named("spectral_flatness_db", -1)),
             (*SPECTRAL, *QUALITY, *RESONANCES, *LEVELS, *RATES, "spectral_flux", "h1_h2_db"),
             synthetic=lambda hz, d: noisy(voice(steady(hz)), d)),
    Stimulus("first harmonic", "dB", (-6, -3, 0, 3, 6), (Named("h1_h2_db", 1, 1.0), Named("h1_a3_db", 1, 1.0)),
             (*SPECTRAL, *QUALITY, *RESONANCES), synthetic=_first_harmonic),
    Stimulus("first formant", "Hz", (350, 450, 550, 650, 750), (Named("formant_1_frequency_hz", 1, 1.0),),
             (*SPECTRAL, *QUALITY, *WIDTHS, *LEVELS, "h1_h2_db"), synthetic=lambda hz, d: _vowel(hz, 1, hz=d)),
    Stimulus("second formant", "Hz", (1100, 1300, 1500, 1700, 1900), (Named("formant_2_frequency_hz", 1, 1.0),),
             (*SPECTRAL, *QUALITY, *WIDTHS, *LEVELS), synthetic=lambda hz, d: _vowel(hz, 2, hz=d)),
    Stimulus("third formant", "Hz", (2200, 2400, 2600, 2800), (Named("formant_3_frequency_hz", 1, 1.0),),
             (*SPECTRAL, *QUALITY, *WIDTHS), synthetic=lambda hz, d: _vowel(hz, 3, hz=d)),
    *(Stimulus(f"width of formant {k}", "Hz", (50, 100, 150, 250), (Named(f"formant_{k}_bandwidth_hz", 1),),
               (*SPECTRAL, *QUALITY, *RESONANCES, *LEVELS, "h1_h2_db"),
               synthetic=lambda hz, d, k=k: _vowel(hz, k, width_hz=d)) for k in (1, 2, 3)),
    Stimulus("two vowels in turn", "changes/s", (0, 2, 4, 8), (Named("spectral_flux", 1),),
             (*SPECTRAL, *QUALITY, *RESONANCES, *LEVELS, *RATES, "h1_h2_db", "level_relative_db"),
             synthetic=_alternating),
    *(Stimulus(f"cosine {k} on the mel scale, growing", "dB/s", (-10, -5, 0, 5, 10), (Named(f"mfcc_{k}_rate", 1),),
               (*SPECTRAL, *QUALITY, *RESONANCES, *RATES, "spectral_flux", "h1_h2_db"),
               synthetic=lambda hz, d, k=k: cepstral_glide(voice(steady(hz)), k, d)) for k in range(1, 14)),
)  # fmt: skip
VOICE_STIMULI = (*REAL, *CEPSTRA, *SYNTHETIC)
