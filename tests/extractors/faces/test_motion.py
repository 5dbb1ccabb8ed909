"""Velocities: slopes a second, the same at every frame rate, and none where the face was not seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.faces.motion import velocities


def slopes(values, times_s, present=None):
    present = np.ones(len(times_s), bool) if present is None else present
    found, known = velocities(np.asarray(values, float)[:, None], present, times_s)
    return found[:, 0], known


@settings(deadline=None, max_examples=30)
@given(st.floats(-20, 20), st.floats(-5, 5), st.integers(5, 60), st.integers(0, 2**32 - 1))
def test_a_straight_line_has_its_own_slope_at_any_frame_times(slope, start, frames, seed):
    times_s = np.cumsum(np.random.default_rng(seed).uniform(0.01, 0.05, frames))
    found, known = slopes(start + slope * times_s, times_s)
    assert known.all()
    np.testing.assert_allclose(found, slope, atol=1e-6)


def test_frame_rates_agree_on_a_mouth_that_talks():
    def at(rate_hz):
        times_s = np.arange(0, 2, 1 / rate_hz)
        return times_s, slopes(0.1 * np.sin(2 * np.pi * 4 * times_s), times_s)[0]

    slow_s, slow = at(25)
    for rate_hz in (30, 60):
        times_s, found = at(rate_hz)
        inner = (slow_s > 0.2) & (slow_s < 1.8)
        close = np.interp(slow_s, times_s, found)
        assert np.abs(close - slow)[inner].max() < 0.12 * np.abs(slow).max()


def test_noise_reads_as_less_motion_than_a_difference_of_neighbours_gives():
    times_s = np.arange(0, 4, 1 / 60)
    noise = np.random.default_rng(0).normal(0, 0.01, len(times_s))
    found, _ = slopes(noise, times_s)
    assert found.std() < 0.2 * (np.diff(noise) * 60).std()


def test_a_gap_is_not_bridged():
    times_s = np.arange(60) / 25
    values = np.where(times_s < 1.2, 0.0, 5.0)
    present = (times_s < 1.0) | (times_s > 1.4)
    found, known = slopes(values, times_s, present)
    np.testing.assert_allclose(found, 0, atol=1e-12)
    assert not known[~present].any()
    assert known[present].all()


def test_what_is_not_present_is_not_read():
    times_s = np.arange(30) / 25
    present = np.ones(30, bool)
    present[10] = False
    values = times_s.copy()
    values[10] = 1e6
    np.testing.assert_allclose(slopes(values, times_s, present)[0][present], 1.0, atol=1e-9)


@pytest.mark.parametrize("frames", [0, 1])
def test_a_single_frame_has_no_velocity(frames):
    found, known = slopes(np.ones(frames), np.arange(frames) / 25)
    assert not known.any()
    assert found.shape == (frames,)


def test_a_slow_video_still_has_velocities():
    times_s = np.arange(20) / 5
    found, known = slopes(3 * times_s, times_s)
    assert known.all()
    np.testing.assert_allclose(found, 3, atol=1e-9)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.integers(2, 30))
def test_velocities_do_not_depend_on_the_blocks(seed, block):
    rng = np.random.default_rng(seed)
    times_s = np.cumsum(rng.uniform(0.01, 0.06, 80))
    values, present = rng.normal(size=(80, 2)), rng.random(80) > 0.2
    whole = velocities(values, present, times_s)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("extractors.faces.motion._BLOCK_FRAMES", block)
        cut = velocities(values, present, times_s)
    assert np.array_equal(whole[0], cut[0]) and np.array_equal(whole[1], cut[1])
