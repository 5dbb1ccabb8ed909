"""Nuisances change what they say and leave the rest; the sample clips alone are enough to see it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.evidence.face_values import NAMES, window_values
from tests.evidence.material import drawn_films, sample_voices
from tests.evidence.nuisances_voice import nuisances_voice
from tests.evidence.picture_nuisances import PICTURE_NUISANCES, repeated
from tests.evidence.sound_nuisances import SOUND_NUISANCES, in_time

PICTURES = {nuisance.name: nuisance for nuisance in PICTURE_NUISANCES}
SOUNDS = {nuisance.name: nuisance for nuisance in SOUND_NUISANCES}


@pytest.fixture(scope="module")
def voices():
    return sample_voices(3)


@pytest.fixture(scope="module")
def film():
    return drawn_films(1, 0.8)[0]


def test_absolute_levels_follow_the_gain_and_nothing_else_moves(voices):
    _, found = nuisances_voice(voices, [SOUNDS["gain -12 dB"], SOUNDS["Opus 24"]])
    gain = {name: drift["gain -12 dB"] for name, drift in found.items()}
    assert gain["level_dba"].drift < 0.02 and gain["loudness"].drift < 0.02
    assert gain["pitch_semitones"].drift < 0.05 and gain["formant_1_frequency_hz"].drift < 0.05
    assert found["pitch_semitones"]["Opus 24"].correlation > 0.95


def test_a_telephone_is_flagged(voices):
    nuisances_voice(voices[:1], [SOUNDS["8 kHz"]])  # raises where the flag is not


@pytest.mark.parametrize("nuisance", [n for n in SOUND_NUISANCES if not n.gain_db], ids=lambda n: n.name)
def test_an_altered_recording_keeps_its_time(voices, nuisance):
    original = voices[0].samples
    altered = nuisance.alter(original)
    assert altered.shape == original.shape and altered.dtype == np.float32
    assert np.corrcoef(altered, original)[0, 1] > 0.6


def test_a_delay_is_undone(voices):
    original = voices[0].samples
    late = np.concatenate([np.zeros(300, np.float32), original])
    assert np.array_equal(in_time(late, original)[:-300], original[:-300])


@pytest.mark.parametrize("name", ["crop", "mirror"])
def test_the_face_is_expected_where_it_then_stands(film, name):
    before = window_values(film, 0.75)
    expected = PICTURES[name].expected(before, NAMES)
    after = window_values(PICTURES[name].alter(film), 0.75)
    for column in ("face_x", "face_y", "face_height"):
        at = NAMES.index(column)
        assert after[:, at] == pytest.approx(expected[:, at], abs=0.02)


def test_a_mirror_twice_is_none():
    values = np.random.default_rng(2).normal(size=(4, len(NAMES)))
    twice = PICTURES["mirror"].expected(PICTURES["mirror"].expected(values, NAMES), NAMES)
    assert np.array_equal(twice, values)


def test_repeated_frames_are_those_that_were_due(film):
    numbered = replace(film, images=tuple(np.full((4, 4, 3), at, np.uint8) for at in range(len(film.images))))
    made = repeated(numbered, 50.0)
    assert [int(image[0, 0, 0]) for image in made.images[:6]] == [0, 0, 1, 1, 2, 2]
