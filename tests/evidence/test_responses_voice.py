"""The named columns follow a known change of the voice, with the right sign, and those that must stay do."""

import numpy as np
import pytest

from tests.evidence.material import sample_voices
from tests.evidence.record import read
from tests.evidence.response import Named, follows, respond
from tests.evidence.responses_voice import respond_to, rhythm_responses
from tests.evidence.voice_columns import NAMES, RHYTHM
from tests.evidence.voice_stimuli import VOICE_STIMULI

STIMULI = {stimulus.name: stimulus for stimulus in VOICE_STIMULI}
BROAD = {name: 1.0 for name in NAMES}
"""Deviations that do not matter where only sign and slope are asked for."""
SHORT = ["pitch glide", "first harmonic", "first formant", "uneven cycles"]


@pytest.fixture(scope="module")
def voices():
    return sample_voices(1)


@pytest.mark.parametrize("name", SHORT)
def test_columns_follow_a_synthetic_voice(name):
    response = respond_to(STIMULI[name], [], BROAD)
    for named in STIMULI[name].named:
        assert follows(response, named), named
        assert named.slope is None or response.slope[named.column] == pytest.approx(named.slope, abs=0.12)


@pytest.mark.parametrize(
    "name",
    [pytest.param("pitch", marks=pytest.mark.slow), "vocal effort (spectral tilt)", "cosine 4 on the mel scale"],
)
def test_columns_follow_a_recorded_voice(voices, name):
    response = respond_to(STIMULI[name], voices, BROAD)
    for named in STIMULI[name].named:
        assert follows(response, named), named


def test_a_gain_moves_levels_alone(voices):
    response = respond_to(STIMULI["level"], voices, BROAD)
    assert response.slope["level_dba"] == pytest.approx(1.0, abs=0.01)
    assert response.moved["pitch_semitones"] < 0.01 and response.moved["alpha_ratio_db"] < 0.01


def test_a_hurried_voice_has_shorter_words_and_no_other_pitch(voices):
    entry = rhythm_responses(voices, {column.name: 1.0 for column in RHYTHM})["speaking rate"]
    assert all(found["follows"] for found in entry["named"].values())


def test_every_voice_column_is_named_by_a_stimulus():
    named = {item.column for stimulus in VOICE_STIMULI for item in stimulus.named}
    assert set(NAMES) <= named


def test_a_column_that_falls_does_not_follow_upwards():
    values = np.array([[[-dose]] for dose in (0.0, 1.0, 2.0)])
    response = respond([values], (0.0, 1.0, 2.0), ["one"], {"one": 1.0})
    assert follows(response, Named("one", -1)) and not follows(response, Named("one", 1))
    assert response.moved["one"] == pytest.approx(2.0)


def test_earlier_figures_are_read_where_they_are(tmp_path):
    assert read(tmp_path / "none.json") == {} and read(None) == {}
