"""Drift of the voice columns under what a recording may do."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.audio import audio_quality
from tests.evidence.drift import Drift, drifts, spread
from tests.evidence.material import Voice
from tests.evidence.sound_nuisances import SOUND_NUISANCES, SoundNuisance
from tests.evidence.voice_columns import NAMES, RHYTHM, Rhythm, word_values

Floats = NDArray[np.float64]
LOUDNESS_EXPONENT = 0.3
"""Loudness is power to this exponent (Eyben et al. 2016), so 10 dB double it."""


def nuisances_voice(
    voices: Sequence[Voice], nuisances: Sequence[SoundNuisance] = SOUND_NUISANCES
) -> tuple[dict[str, float], dict[str, dict[str, Drift]]]:
    """Return the deviation of each column between words, and column -> nuisance -> drift."""
    rhythm = Rhythm()
    said = [voice for voice in voices if voice.transcript is not None]
    before = np.concatenate([word_values(voice.samples, voice.words) for voice in voices])
    times = np.concatenate([rhythm.values(voice, voice.samples) for voice in said])
    deviation, times_deviation = spread(before), spread(times)
    names = (*NAMES, *(column.name for column in RHYTHM))
    found: dict[str, dict[str, Drift]] = {name: {} for name in names}
    for nuisance in nuisances:
        altered = {voice.name: nuisance.alter(voice.samples) for voice in voices}
        after = np.concatenate([word_values(altered[voice.name], voice.words) for voice in voices])
        timed = np.concatenate([rhythm.values(voice, altered[voice.name]) for voice in said])
        every = drifts(_expected(before, nuisance), after, deviation) + drifts(times, timed, times_deviation)
        for name, drift in zip(names, every, strict=True):
            found[name][nuisance.name] = drift
        _check_flag(nuisance, list(altered.values()))
    return dict(zip(names, (*deviation, *times_deviation), strict=True)), found


def _expected(before: Floats, nuisance: SoundNuisance) -> Floats:
    """Absolute columns follow the gain; nothing else does."""
    expected = before.copy()
    expected[:, NAMES.index("level_dba")] += nuisance.gain_db
    expected[:, NAMES.index("loudness")] *= 10 ** (LOUDNESS_EXPONENT * nuisance.gain_db / 10)
    return expected


def _check_flag(nuisance: SoundNuisance, altered: list[NDArray[np.float32]]) -> None:
    """A nuisance is forgiven only because the clip says so: make sure that it does."""
    if nuisance.flagged:
        flagged = [nuisance.flagged in audio_quality(samples, 16_000, 0.0).flags for samples in altered]
        assert np.mean(flagged) > 0.9, (
            f"{nuisance.name}: {nuisance.flagged} raised on {np.mean(flagged):.0%} of clips"
        )
