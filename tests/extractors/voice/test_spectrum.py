"""Spectral shape on signals whose shape is known."""

import numpy as np
import pytest
from scipy.signal import firwin2, oaconvolve

from tests.extractors.voice.voices import (
    RATE_HZ,
    Samples,
    column,
    gained,
    middle,
    noisy,
    steady,
    tone,
    track_of,
    voice,
    white,
)

SHAPE = (
    "alpha_ratio_db",
    "hammarberg_db",
    "slope_0_500_db_per_khz",
    "slope_500_1500_db_per_khz",
    "spectral_flux",
    "cepstral_peak_prominence_db",
    "h1_h2_db",
    "h1_a3_db",
    "spectral_centroid_hz",
    "spectral_bandwidth_hz",
    "spectral_rolloff_hz",
    "spectral_flatness_db",
    "zero_crossings_per_s",
    "mfcc_1",
    "mfcc_4",
    "mfcc_1_rate",
)


def sloped_noise(db_per_khz: float) -> Samples:
    """White noise through a filter that is a straight line on a scale of decibels over hertz."""
    hz = np.linspace(0.0, RATE_HZ / 2, 400)
    shape = firwin2(801, hz, 10.0 ** (db_per_khz * hz / 1000.0 / 20.0), fs=RATE_HZ)
    return oaconvolve(white(4.0), shape, mode="same").astype(np.float32)


def two_tones(low_hz: float, high_hz: float, high_db: float) -> Samples:
    return tone(low_hz, amplitude=0.3) + tone(high_hz, amplitude=0.3 * 10.0 ** (high_db / 20.0))


@pytest.mark.parametrize("high_db", [-40.0, -20.0, -10.0, 0.0])
def test_alpha_ratio_is_high_over_low_energy(high_db: float) -> None:
    assert middle(two_tones(500.0, 2000.0, high_db), "alpha_ratio_db") == pytest.approx(high_db, abs=0.2)


@pytest.mark.parametrize("high_db", [-40.0, -20.0, -10.0])
def test_hammarberg_index_is_low_over_high_peak(high_db: float) -> None:
    assert middle(two_tones(500.0, 3000.0, high_db), "hammarberg_db") == pytest.approx(-high_db, abs=0.2)


@pytest.mark.parametrize("slope", [-12.0, -6.0, 0.0, 3.0])
def test_slopes_are_those_of_the_filter(slope: float) -> None:
    track = track_of(sloped_noise(slope))
    assert column(track, "slope_500_1500_db_per_khz").mean() == pytest.approx(slope, abs=0.6)
    assert column(track, "slope_0_500_db_per_khz").mean() == pytest.approx(slope, abs=1.5)


def test_more_effort_raises_alpha_ratio_and_slope_and_lowers_hammarberg_and_tilt() -> None:
    soft_to_loud = [voice(steady(130.0), tilt_hz=tilt) for tilt in (100.0, 300.0, 1000.0, 3000.0)]
    for name, sign in (
        ("alpha_ratio_db", 1),
        ("slope_500_1500_db_per_khz", 1),
        ("hammarberg_db", -1),
        ("h1_a3_db", -1),
        ("spectral_centroid_hz", 1),
    ):
        found = np.array([middle(samples, name) for samples in soft_to_loud])
        assert np.all(np.diff(found) * sign > 0), (name, found)


@pytest.mark.parametrize("second_db", [-12.0, -6.0, 0.0, 6.0])
def test_tilt_is_first_over_second_harmonic(second_db: float) -> None:
    levels_db = {1: 0.0, 2: second_db, 3: -6.0, 4: -10.0, 5: -12.0}
    samples = sum(tone(150.0 * k, amplitude=0.1 * 10.0 ** (db / 20.0)) for k, db in levels_db.items())
    assert middle(np.asarray(samples, np.float32), "h1_h2_db") == pytest.approx(-second_db, abs=0.3)


def test_the_period_stands_out_of_the_cepstrum_of_a_clear_voice() -> None:
    found = [
        middle(noisy(voice(steady(130.0)), snr), "cepstral_peak_prominence_db") for snr in (40.0, 20.0, 10.0, 0.0)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] - middle(white(), "cepstral_peak_prominence_db") > 8.0


def test_flux_is_nothing_for_a_steady_sound_and_large_where_the_spectrum_turns_over() -> None:
    steady_tone = tone(440.0)
    change = np.concatenate([tone(400.0, 0.5), tone(3000.0, 0.5)])
    assert middle(steady_tone, "spectral_flux") < 0.02
    assert column(track_of(change), "spectral_flux").max() > 0.9


def test_flux_does_not_see_a_change_of_level() -> None:
    swell = noisy(voice(steady(120.0)), 60.0) * np.linspace(0.2, 1.0, RATE_HZ, dtype=np.float32)
    still = noisy(voice(steady(120.0)), 60.0)
    assert middle(swell, "spectral_flux") == pytest.approx(middle(still, "spectral_flux"), abs=0.03)


@pytest.mark.parametrize("hz", [300.0, 1000.0, 4000.0])
def test_a_tone_is_where_it_is(hz: float) -> None:
    samples = tone(hz)
    assert middle(samples, "spectral_centroid_hz") == pytest.approx(hz, abs=15.0)
    assert middle(samples, "spectral_rolloff_hz") == pytest.approx(hz, abs=25.0)
    assert middle(samples, "zero_crossings_per_s") == pytest.approx(2 * hz, rel=0.05)
    assert middle(samples, "spectral_bandwidth_hz") < 60.0


def test_noise_is_flat_and_a_tone_is_not() -> None:
    # Triangles on the mel scale grow wider with frequency, so white noise rises a little from band to band.
    assert -3.0 < middle(white(), "spectral_flatness_db") < 0.0
    assert middle(tone(1000.0), "spectral_flatness_db") < -15.0


def test_white_noise_fills_the_band() -> None:
    samples = white()
    assert middle(samples, "spectral_centroid_hz") == pytest.approx(4000.0, rel=0.03)
    assert middle(samples, "spectral_rolloff_hz") == pytest.approx(0.85 * 8000.0, rel=0.03)
    assert middle(samples, "spectral_bandwidth_hz") == pytest.approx(8000.0 / np.sqrt(12.0), rel=0.03)


def test_the_first_cepstral_coefficient_follows_the_tilt_and_its_rate_follows_its_change() -> None:
    dark, bright = sloped_noise(-6.0), sloped_noise(0.0)
    assert middle(dark, "mfcc_1") - middle(bright, "mfcc_1") > 30.0
    track = track_of(np.concatenate([dark[:RATE_HZ], bright[:RATE_HZ]]))
    rate = track.values[:, track.names.index("mfcc_1_rate")]
    assert int(rate.argmin()) == pytest.approx(100, abs=3)


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
@pytest.mark.parametrize("name", SHAPE)
def test_gain_leaves_the_shape_alone(name: str, gain_db: float) -> None:
    samples = noisy(voice(steady(130.0)), 30.0)
    plain, louder = column(track_of(samples), name), column(track_of(gained(samples, gain_db)), name)
    assert louder == pytest.approx(plain, abs=1e-3 * max(1.0, float(np.abs(plain).max())))
