"""The audio columns: name, unit, meaning, source, range and verdict of each, in the order they are stored."""

from extractors.verdicts import judged
from extractors.voice.config import AudioConfig
from pipeline.track import FeatureColumn

_EGEMAPS = "after Eyben et al. 2016 (eGeMAPS)"
_BOERSMA = "after Boersma 1993"
_MFCC = "after Davis, Mermelstein 1980, on librosa"

_VOICE = (
    FeatureColumn(
        "pitch_semitones", "semitone", "Pitch of the voice above 27.5 Hz; high: a high voice", _BOERSMA, 13.5, 56.1
    ),
    FeatureColumn(
        "pitch_slope_semitones_per_s",
        "semitone/s",
        "How fast the pitch rises (positive) or falls over 90 ms",
        _BOERSMA,
    ),
    FeatureColumn(
        "voicing", "1", "How periodic the sound is: 0 noise, 1 a perfectly regular voice", _BOERSMA, 0.0, 1.0
    ),
    FeatureColumn(
        "loudness",
        "1",
        "Loudness as heard: compressed power in 26 mel bands; absolute, doubles with 10 dB of gain",
        _EGEMAPS,
        0.0,
    ),
    FeatureColumn(
        "level_dba",
        "dB",
        "A-weighted level below full scale; absolute, moves with the gain",
        "IEC 61672-1",
        -100.0,
        6.0,
    ),
    FeatureColumn(
        "level_relative_db",
        "dB",
        "A-weighted level against the loud parts within 10 s; high: stressed",
        "this project; the 98th percentile of 20 s is 0 dB",
    ),
    FeatureColumn(
        "alpha_ratio_db", "dB", "Energy of 1-5 kHz over that of 50 Hz-1 kHz; high: tense or loud voice", _EGEMAPS
    ),
    FeatureColumn(
        "hammarberg_db", "dB", "Strongest peak under 2 kHz over that of 2-5 kHz; high: soft or sad voice", _EGEMAPS
    ),
    FeatureColumn(
        "slope_0_500_db_per_khz", "dB/kHz", "Slope of the spectrum up to 500 Hz; high: pressed voice", _EGEMAPS
    ),
    FeatureColumn(
        "slope_500_1500_db_per_khz", "dB/kHz", "Slope of the spectrum of 500-1500 Hz; high: effort", _EGEMAPS
    ),
    FeatureColumn(
        "spectral_flux",
        "1",
        "How much the spectrum changes in 40 ms, whatever its level: 0 nothing, 1 no band in common",
        "Hellinger distance of normalised mel spectra; the idea after eGeMAPS",
        0.0,
        1.0,
    ),
    FeatureColumn(
        "harmonics_to_noise_db", "dB", "Harmonic over noise energy below 4 kHz; high: clear", _BOERSMA, -10.0, 40.0
    ),
    FeatureColumn(
        "cepstral_peak_prominence_db",
        "dB",
        "How far the voice's period stands out of the cepstrum; high: clear, low: breathy or no voice",
        "after Hillenbrand et al. 1994",
        0.0,
    ),
    FeatureColumn(
        "jitter_percent",
        "%",
        "How much the length of a cycle differs from its neighbours'; high: rough voice",
        "relative average perturbation by waveform matching, after Titze, Liang 1993",
        0.0,
    ),
    FeatureColumn(
        "shimmer_db",
        "dB",
        "How much the strength of a cycle differs from its neighbours'; high: rough voice",
        "three-point perturbation by waveform matching, after Titze, Liang 1993",
        0.0,
    ),
    FeatureColumn(
        "h1_h2_db",
        "dB",
        "First harmonic over the second; high: breathy, low: pressed voice",
        "after Hillenbrand et al. 1994",
    ),
    FeatureColumn("h1_a3_db", "dB", "First harmonic over the strongest of 2-3.5 kHz; high: soft voice", _EGEMAPS),
)

_FORMANTS = tuple(
    FeatureColumn(
        f"formant_{number}_{kind}_hz",
        "Hz",
        meaning.format(number=number),
        "spectral linear prediction, after Makhoul 1975",
        low,
        high,
    )
    for number in (1, 2, 3)
    for kind, meaning, low, high in (
        ("frequency", "Resonance {number} of the vocal tract: vowel and articulation", 180.0, 4800.0),
        ("bandwidth", "Width of resonance {number}; low: a clear, resonant vowel", 0.0, 600.0),
    )
)

_SHAPE = (
    FeatureColumn("spectral_centroid_hz", "Hz", "Mean frequency of the power; high: bright", "librosa", 0.0, 8000.0),
    FeatureColumn("spectral_bandwidth_hz", "Hz", "Spread of the power around the centroid", "librosa", 0.0, 8000.0),
    FeatureColumn("spectral_rolloff_hz", "Hz", "85 % of the power lies below", "librosa", 0.0, 8000.0),
    FeatureColumn(
        "spectral_flatness_db",
        "dB",
        "Evenness of the mel bands: 0 even, low: peaked",
        "geometric over arithmetic mean",
        -60.0,
        0.0,
    ),
    FeatureColumn(
        "zero_crossings_per_s",
        "1/s",
        "How often the waveform crosses its mean; high: hissing",
        "librosa's definition",
        0.0,
        16000.0,
    ),
)


def audio_columns(config: AudioConfig) -> tuple[FeatureColumn, ...]:
    """Return the columns that `audio_track` computes under a configuration, in their order."""
    columns = (*_VOICE, *_FORMANTS, *_SHAPE, *_mfcc_columns(config))
    return judged(columns, "audio", include_unstable=config.include_unstable)


def _mfcc_columns(config: AudioConfig) -> tuple[FeatureColumn, ...]:
    numbers = range(1, config.mfcc_count + 1)
    values = tuple(
        FeatureColumn(f"mfcc_{number}", "dB", f"Mel cepstral coefficient {number}: spectral shape", _MFCC)
        for number in numbers
    )
    rates = tuple(
        FeatureColumn(f"mfcc_{number}_rate", "dB/s", f"Rate of change of mel cepstral coefficient {number}", _MFCC)
        for number in numbers
        if config.mfcc_deltas
    )
    return values + rates
