"""Level and loudness against the standard and against Stevens' law."""

import numpy as np
import pytest

from extractors.voice.loudness import a_weights
from tests.extractors.voice.voices import column, gained, middle, steady, tone, track_of, voice, white


@pytest.mark.parametrize(
    ("hz", "weight_db"), [(63.0, -26.2), (125.0, -16.1), (250.0, -8.6), (1000.0, 0.0), (2000.0, 1.2), (4000.0, 1.0)]
)
def test_weights_are_those_of_the_standard(hz: float, weight_db: float) -> None:
    assert 10 * np.log10(a_weights(np.array([hz]))[0]) == pytest.approx(weight_db, abs=0.1)


@pytest.mark.parametrize(("hz", "expected_db"), [(1000.0, -9.03), (125.0, -25.1)])
def test_level_of_a_tone_is_its_weighted_mean_square(hz: float, expected_db: float) -> None:
    assert middle(tone(hz), "level_dba") == pytest.approx(expected_db, abs=0.3)


@pytest.mark.parametrize("gain_db", [-12.0, 6.0, 12.0])
def test_level_moves_with_the_gain_and_relative_level_does_not(gain_db: float) -> None:
    samples = np.concatenate([voice(steady(120.0, 0.5)), gained(voice(steady(120.0, 0.5)), -15.0)])
    plain, louder = track_of(samples), track_of(gained(samples, gain_db))
    moved = column(louder, "level_dba") - column(plain, "level_dba")
    assert moved == pytest.approx(np.full(moved.size, gain_db), abs=0.01)
    assert column(louder, "level_relative_db") == pytest.approx(column(plain, "level_relative_db"), abs=0.01)


def test_relative_level_is_zero_in_the_loud_parts_and_falls_with_the_voice() -> None:
    samples = np.concatenate([voice(steady(120.0, 0.7)), gained(voice(steady(120.0, 0.7)), -15.0)])
    track = track_of(samples)
    relative = track.values[:, track.names.index("level_relative_db")]
    assert np.median(relative[10:60]) == pytest.approx(0.0, abs=0.6)
    assert np.median(relative[80:130]) == pytest.approx(-15.0, abs=0.6)


def test_ten_decibels_double_the_loudness() -> None:
    quiet = white(1.0, -40.0)
    assert middle(gained(quiet, 10.0), "loudness") / middle(quiet, "loudness") == pytest.approx(2.0, rel=0.01)
