"""Speech activity on signals whose speech is known by construction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.media.speech import FLOOR_DB, speech_envelope

RATE_HZ = 16_000


def noise(seconds: float, level_db: float, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ)) * 10 ** (level_db / 20)
    return samples.astype(np.float32)


def babble_of_syllables(seconds: float, level_db: float) -> NDArray[np.float32]:
    """A 150 Hz pulse train that swells and fades four times a second, as syllables do."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pulses = sum(np.cos(2 * np.pi * 150 * k * time_s) for k in range(1, 20)) / 19
    swell = 0.55 - 0.45 * np.cos(2 * np.pi * 4 * time_s)
    return (pulses * swell * 10 ** (level_db / 20)).astype(np.float32)


def sentence(background_db: float) -> NDArray[np.float32]:
    """1 s of background, 1 s of speech at about -20 dB, 1 s of background."""
    samples = noise(3.0, background_db)
    samples[RATE_HZ : 2 * RATE_HZ] += babble_of_syllables(1.0, -5.0)
    return samples


def test_level_of_a_sine_is_its_mean_square() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    envelope = speech_envelope((0.5 * np.sin(2 * np.pi * 1000 * time_s)).astype(np.float32), RATE_HZ)
    # 0.5 of full scale: mean square 0.125, which is -9.03 dB
    assert envelope.level_db[5:-5] == pytest.approx(np.full(90, -9.03), abs=0.05)


def test_hum_is_outside_the_speech_band() -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    envelope = speech_envelope((0.5 * np.sin(2 * np.pi * 50 * time_s)).astype(np.float32), RATE_HZ)
    assert envelope.level_db[5:-5].max() < -60


@pytest.mark.parametrize("background_db", [-90.0, -60.0, -40.0])
def test_speech_is_found_where_it_was_put(background_db: float) -> None:
    envelope = speech_envelope(sentence(background_db), RATE_HZ)
    inside = (envelope.times_s > 1.1) & (envelope.times_s < 1.9)
    outside = (envelope.times_s < 0.95) | (envelope.times_s > 2.05)
    assert envelope.active[inside].mean() > 0.95
    assert not envelope.active[outside].any()


def test_background_alone_holds_no_speech() -> None:
    assert speech_envelope(noise(3.0, -30.0), RATE_HZ).share_active == 0.0


@given(st.floats(-20.0, 12.0))
@settings(deadline=None, max_examples=10)
def test_gain_moves_the_level_and_not_the_decision(gain_db: float) -> None:
    plain = speech_envelope(sentence(-50.0), RATE_HZ)
    louder = speech_envelope((sentence(-50.0) * 10 ** (gain_db / 20)).astype(np.float32), RATE_HZ)
    assert np.array_equal(plain.active, louder.active)
    assert louder.level_db - plain.level_db == pytest.approx(np.full(plain.level_db.size, gain_db), abs=1e-3)


def test_the_background_may_change_over_minutes() -> None:
    quiet, loud = noise(40.0, -70.0), noise(40.0, -35.0, seed=1)
    samples = np.concatenate([quiet, loud])
    for second in (20, 60):
        samples[second * RATE_HZ : (second + 1) * RATE_HZ] += babble_of_syllables(1.0, 0.0)
    envelope = speech_envelope(samples, RATE_HZ)
    for second in (20, 60):
        assert envelope.active[(envelope.times_s > second + 0.1) & (envelope.times_s < second + 0.9)].mean() > 0.9
        assert not envelope.active[(envelope.times_s > second - 5) & (envelope.times_s < second - 0.1)].any()


def test_stop_closures_do_not_end_speech_and_clicks_do_not_start_it() -> None:
    samples = sentence(-70.0)
    samples[round(1.45 * RATE_HZ) : round(1.55 * RATE_HZ)] = noise(0.1, -70.0)
    samples[round(0.3 * RATE_HZ) : round(0.302 * RATE_HZ)] = 0.5
    envelope = speech_envelope(samples, RATE_HZ)
    assert envelope.active[(envelope.times_s > 1.1) & (envelope.times_s < 1.9)].all()
    assert not envelope.active[envelope.times_s < 0.9].any()


@pytest.mark.parametrize(("count", "frames"), [(0, 0), (1, 1), (160, 1), (241, 2), (48_000, 300)])
def test_frames_stand_in_the_middle_of_their_hop(count: int, frames: int) -> None:
    envelope = speech_envelope(np.zeros(count, np.float32), RATE_HZ)
    assert envelope.times_s == pytest.approx((np.arange(frames) + 0.5) * 0.01)


def test_silence_and_broken_samples_read_the_floor() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[100:200] = np.nan
    samples[300] = np.inf
    envelope = speech_envelope(samples, RATE_HZ)
    assert np.all(envelope.level_db == FLOOR_DB)
    assert not envelope.active.any()


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = sentence(-50.0)
    whole = speech_envelope(samples, RATE_HZ)
    monkeypatch.setattr("pipeline.media.speech._BLOCK_FRAMES", 7)
    blocked = speech_envelope(samples, RATE_HZ)
    assert blocked.level_db == pytest.approx(whole.level_db, abs=1e-4)
    assert np.array_equal(blocked.active, whole.active)


def test_two_channels_and_low_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="one channel"):
        speech_envelope(np.zeros((2, 100), np.float32), RATE_HZ)
    with pytest.raises(ValueError, match="at least 8000"):
        speech_envelope(np.zeros(100, np.float32), 4000)
