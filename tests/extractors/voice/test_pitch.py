"""Pitch against voices whose pitch is exact by construction."""

import numpy as np
import pytest

from extractors.voice.config import AudioConfig
from extractors.voice.pitch import window_correlation
from tests.extractors.voice.voices import RATE_HZ, column, gained, glide, noisy, steady, tone, track_of, voice, white

HIGH_VOWEL = ((300.0, 60.0), (2300.0, 90.0), (3000.0, 120.0), (3600.0, 200.0))


def semitones(hz: float) -> float:
    return float(12.0 * np.log2(hz / 27.5))


@pytest.mark.parametrize("hz", [75.0, 110.0, 163.0, 240.0, 355.0, 520.0])
def test_a_steady_voice_has_its_pitch_within_five_cents(hz: float) -> None:
    track = track_of(voice(steady(hz)))
    found = column(track, "pitch_semitones")
    assert found.size > 75
    assert np.median(found) == pytest.approx(semitones(hz), abs=0.05)
    assert np.abs(found - semitones(hz)).max() < 0.3


@pytest.mark.parametrize("rate", [-30.0, -12.0, 12.0, 30.0])
def test_a_glide_has_its_slope_in_semitones_a_second(rate: float) -> None:
    track = track_of(voice(glide(150.0, rate)))
    assert np.median(column(track, "pitch_slope_semitones_per_s")) == pytest.approx(rate, rel=0.05)
    pitch = column(track, "pitch_semitones")
    assert np.ptp(pitch) == pytest.approx(abs(rate) * 0.79, rel=0.05)


def test_transposing_by_semitones_moves_the_pitch_by_as_many() -> None:
    found = [
        np.median(column(track_of(voice(steady(140.0 * 2 ** (by / 12)))), "pitch_semitones")) for by in range(-4, 5)
    ]
    assert np.diff(found) == pytest.approx(np.ones(8), abs=0.03)


@pytest.mark.parametrize("snr_db", [20.0, 10.0, 5.0])
def test_noise_moves_the_pitch_by_cents_and_makes_few_gross_errors(snr_db: float) -> None:
    errors = np.concatenate(
        [
            column(track_of(noisy(voice(steady(hz), vowel), snr_db)), "pitch_semitones") - semitones(hz)
            for hz in (95.0, 140.0, 210.0, 300.0)
            for vowel in ((), HIGH_VOWEL)
        ]
    )
    gross = np.abs(errors) > 1.0
    assert gross.mean() < 0.03
    assert np.abs(errors[~gross]).mean() < 0.12


def test_voicing_falls_with_noise_and_is_near_one_without() -> None:
    strength = [
        float(np.median(column(track_of(noisy(voice(steady(120.0)), snr)), "voicing"))) for snr in (60, 20, 10, 0)
    ]
    assert strength[0] > 0.97
    assert strength == sorted(strength, reverse=True)


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
def test_gain_changes_neither_pitch_nor_voicing(gain_db: float) -> None:
    samples = np.concatenate([white(0.5, -60.0), voice(glide(180.0, 10.0)), white(0.5, -60.0)])
    plain, louder = track_of(samples), track_of(gained(samples, gain_db))
    for name in ("pitch_semitones", "pitch_slope_semitones_per_s", "voicing"):
        index = plain.names.index(name)
        assert np.array_equal(plain.valid[:, index], louder.valid[:, index])
        assert louder.values[:, index] == pytest.approx(plain.values[:, index], abs=1e-2)


def test_noise_and_silence_have_no_pitch() -> None:
    for samples in (white(1.0), np.zeros(RATE_HZ, np.float32)):
        assert column(track_of(samples), "pitch_semitones").size == 0


def test_hum_under_speech_is_not_a_voice() -> None:
    speech = np.zeros(2 * RATE_HZ, np.float32)
    speech[RATE_HZ:] = voice(steady(200.0))
    track = track_of(speech + tone(100.0, 2.0, amplitude=0.005) + white(2.0, -75.0))
    voiced = track.valid[:, track.names.index("pitch_semitones")]
    assert voiced[track.times_s < 0.95].mean() < 0.05
    assert voiced[(track.times_s > 1.1) & (track.times_s < 1.9)].all()


def test_slopes_stop_where_voicing_stops() -> None:
    samples = np.concatenate([voice(steady(120.0, 0.5)), white(0.2, -25.0), voice(steady(180.0, 0.5))])
    assert np.abs(column(track_of(samples), "pitch_slope_semitones_per_s")).max() < 12.0


def test_the_correlation_of_the_window_is_that_of_a_hann_window() -> None:
    config = AudioConfig()
    window = np.hanning(config.window_samples + 1)[:-1]
    exact = np.correlate(window, window, mode="full")[config.window_samples - 1 :]
    lags = np.arange(0, 300)
    assert window_correlation(lags, config) == pytest.approx(exact[lags] / exact[0], abs=2e-4)
