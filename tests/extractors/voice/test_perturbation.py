"""Jitter, shimmer and harmonicity against pulses disturbed by a known amount."""

import numpy as np
import pytest

from extractors.voice.cycles import Cycles
from extractors.voice.perturbation import cycles_followed, harmonics_to_noise_db, jitter_percent, shimmer_db
from tests.extractors.voice.voices import column, gained, glide, middle, noisy, steady, track_of, voice


def cycles(period: list[float], gain_db: list[float], match: list[float]) -> Cycles:
    return Cycles(np.array([period]), np.array([gain_db]), np.array([match]))


def test_jitter_by_hand() -> None:
    # Inner periods 102 and 100; means of three 101, 101: distances 1 and 1, mean period 100.75.
    found = jitter_percent(cycles([100.0, 102.0, 101.0, 100.0], [0.0] * 4, [1.0] * 4))
    assert found == pytest.approx([100 * (abs(102 - 101) + abs(101 - 101)) / 2 / 100.75], rel=1e-5)


def test_a_steady_glide_or_swell_is_neither_jitter_nor_shimmer() -> None:
    even = cycles([100.0, 101.0, 102.0, 103.0], [0.5, 0.5, 0.5, 0.5], [1.0] * 4)
    assert jitter_percent(even) == pytest.approx([0.0], abs=1e-6)
    assert shimmer_db(even) == pytest.approx([0.0], abs=1e-6)


def test_shimmer_by_hand() -> None:
    # Levels 0, 1, 0, 1, 0 dB: each inner one lies 2/3 from the mean of three.
    assert shimmer_db(cycles([100.0] * 4, [1.0, -1.0, 1.0, -1.0], [1.0] * 4)) == pytest.approx([2 / 3])


@pytest.mark.parametrize(("match", "expected_db"), [(0.5, 0.0), (10 / 11, 10.0), (1.0, 40.0), (0.0, -10.0)])
def test_harmonicity_is_the_ratio_of_what_repeats_to_what_does_not(match: float, expected_db: float) -> None:
    assert harmonics_to_noise_db(cycles([100.0] * 4, [0.0] * 4, [match] * 4)) == pytest.approx(
        [expected_db], abs=0.01
    )


def test_cycles_that_do_not_match_are_not_trusted() -> None:
    assert not cycles_followed(cycles([100.0] * 4, [0.0] * 4, [0.9, 0.9, 0.6, 0.9])).any()


@pytest.mark.parametrize("hz", [100.0, 200.0])
def test_jitter_grows_in_proportion_to_the_displacement_of_pulses(hz: float) -> None:
    found = [float(np.mean(column(track_of(voice(steady(hz, 2.0), jitter=share)), "jitter_percent")))
             for share in (0.0, 0.0025, 0.005, 0.01)]  # fmt: skip
    assert found[0] < 0.1
    # A displacement s of every pulse: third difference of places over 3, its mean magnitude is
    # sqrt(1 + 9 + 9 + 1) / 3 * s * sqrt(2 / pi) = 1.19 s.
    # Ringing from earlier pulses holds the waveform back or carries it along, hence the tolerance.
    assert found[1:] == pytest.approx([0.30, 0.595, 1.19], rel=0.3)


def test_shimmer_grows_in_proportion_to_the_change_of_pulses() -> None:
    found = [float(np.mean(column(track_of(voice(steady(100.0, 2.0), shimmer_db=level)), "shimmer_db")))
             for level in (0.0, 0.5, 1.0)]  # fmt: skip
    assert found[0] < 0.05
    # Independent levels of deviation s: distance from the mean of three, sqrt(2 / 3) * s * sqrt(2 / pi) = 0.65 s.
    assert found[1:] == pytest.approx([0.33, 0.65], rel=0.3)


@pytest.mark.parametrize("hz", [100.0, 170.0, 260.0])
def test_harmonicity_follows_the_noise_decibel_by_decibel(hz: float) -> None:
    found = [middle(noisy(voice(steady(hz)), snr), "harmonics_to_noise_db") for snr in (0.0, 5.0, 10.0, 15.0, 20.0)]
    # Half of the white noise lies above 4 kHz, where harmonicity is not measured: 3 dB more than the ratio.
    assert found == pytest.approx([3.0, 8.0, 13.0, 18.0, 23.0], abs=1.5)


def test_a_voice_that_swells_or_fades_does_not_shimmer() -> None:
    time_s = np.arange(16_000) / 16_000
    for rate_db_per_s in (-30.0, 30.0):
        swell = (voice(steady(120.0)) * 10.0 ** (rate_db_per_s * (time_s - 0.5) / 20.0)).astype(np.float32)
        assert middle(swell, "shimmer_db") < 0.05


def test_a_moving_pitch_does_not_read_as_noise() -> None:
    assert middle(noisy(voice(glide(150.0, 20.0)), 15.0), "harmonics_to_noise_db") == pytest.approx(18.0, abs=2.5)
    assert middle(voice(glide(150.0, 20.0)), "jitter_percent") < 0.15


@pytest.mark.parametrize("name", ["jitter_percent", "shimmer_db", "harmonics_to_noise_db"])
def test_gain_changes_nothing(name: str) -> None:
    samples = noisy(voice(steady(130.0), jitter=0.01, shimmer_db=0.5), 20.0)
    assert middle(gained(samples, 12.0), name) == pytest.approx(middle(samples, name), rel=1e-3)
    assert middle(gained(samples, -12.0), name) == pytest.approx(middle(samples, name), rel=1e-3)
