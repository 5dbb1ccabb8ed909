"""Responses of the voice columns to known changes of the voice."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.words import Word
from tests.evidence.material import Voice
from tests.evidence.response import Named, Response, figures, respond
from tests.evidence.voice_changes import hurried, paused
from tests.evidence.voice_columns import NAMES, RHYTHM, Rhythm, word_values
from tests.evidence.voice_stimuli import PITCH_HZ, VOICE_STIMULI, Stimulus

Floats = NDArray[np.float64]
RATES = (0.8, 0.9, 1.0, 1.1, 1.25)
PAUSES_S = (0.0, 0.1, 0.2, 0.3, 0.4)
PAUSED_WORD = 3
RHYTHM_NAMES = tuple(column.name for column in RHYTHM)
MIDDLE = (Word("", 0.2, 0.8, 1.0, "window"),)
"""Of a synthetic second, its ends left out."""


def responses_voice(voices: Sequence[Voice], spread: Mapping[str, float]) -> dict[str, Any]:
    """Return stimulus -> figures of every column.

    Parameters
    ----------
    voices : sequence of Voice
    spread : mapping
        Column -> deviation between words, from the nuisances.
    """
    found = {each.name: _entry(each.unit, respond_to(each, voices, spread), each.named, each.coupled)
             for each in VOICE_STIMULI}  # fmt: skip
    said = [voice for voice in voices if voice.transcript is not None and voice.speaker == "grid"] or [
        voice for voice in voices if voice.transcript is not None
    ]
    return found | rhythm_responses(said, spread)


def respond_to(stimulus: Stimulus, voices: Sequence[Voice], spread: Mapping[str, float]) -> Response:
    """Return the response of all frame columns to one stimulus."""
    if stimulus.synthetic is not None:
        values = [
            np.stack([word_values(stimulus.synthetic(hz, dose), MIDDLE) for dose in stimulus.doses])
            for hz in PITCH_HZ
        ]
        return respond(values, stimulus.doses, NAMES, spread)
    assert stimulus.real is not None
    values = []
    for voice in voices:
        words = voice.words[1::2] if stimulus.every_other_word else voice.words
        if words:
            values.append(np.stack([word_values(stimulus.real(voice, dose), words) for dose in stimulus.doses]))
    return respond(values, stimulus.doses, NAMES, spread)


def rhythm_responses(voices: Sequence[Voice], spread: Mapping[str, float]) -> dict[str, Any]:
    """Return the responses of word timing: the whole clip hurried, and a pause put in."""
    rhythm = Rhythm()
    hurry = (Named("word_duration_s", -1), Named("word_duration_ratio", -1), Named("word_phones_per_s", 1))
    pause = (Named("word_pause_before_s", 1, 1.0),)
    faster, longer = [], []
    for voice in voices:
        faster.append(np.stack([rhythm.values(voice, hurried(voice.samples, rate)) for rate in RATES]))
        if len(voice.words) > PAUSED_WORD and voice.words[0].text:
            here = [rhythm.values(voice, paused(voice, seconds))[[PAUSED_WORD]] for seconds in PAUSES_S]
            longer.append(np.stack(here))
    found = {
        "speaking rate": _entry(
            "ratio", respond(faster, RATES, RHYTHM_NAMES, spread), hurry, ("word_pause_before_s",)
        )
    }
    if longer:
        found["pause before a word"] = _entry(
            "s", respond(longer, PAUSES_S, RHYTHM_NAMES, spread), pause, RHYTHM_NAMES
        )
    return found


def _entry(unit: str, response: Response, named: Sequence[Named], coupled: Sequence[str]) -> dict[str, Any]:
    return {"unit": unit, **figures(response, named, coupled)}
