"""Rates of change on lines and across gaps."""

import numpy as np
import pytest

from extractors.voice.rates import slopes_per_s


def test_a_straight_line_has_its_slope_everywhere_even_at_the_ends() -> None:
    values = (3.0 * 0.01 * np.arange(20)[:, None] + np.array([[1.0, 5.0]])).astype(np.float32)
    slope, valid = slopes_per_s(values, np.ones(20, bool), 4, 0.01, least_frames=5)
    assert valid.all()
    assert slope == pytest.approx(np.full((20, 2), 3.0), abs=1e-3)


def test_noise_is_fitted_by_least_squares() -> None:
    values = np.random.default_rng(0).normal(size=(9, 1)).astype(np.float32)
    slope, _ = slopes_per_s(values, np.ones(9, bool), 4, 0.01, least_frames=5)
    assert slope[4, 0] == pytest.approx(np.polyfit(np.arange(9) * 0.01, values[:, 0], 1)[0], rel=1e-4)


def test_a_gap_is_not_bridged() -> None:
    values = np.concatenate([np.zeros(8), np.full(8, 100.0)]).astype(np.float32)[:, None]
    known = np.ones(16, bool)
    known[7:9] = False
    slope, valid = slopes_per_s(values, known, 4, 0.01, least_frames=3)
    assert np.array_equal(valid, known)
    assert not slope.any()


def test_too_few_frames_have_no_slope() -> None:
    known = np.zeros(10, bool)
    known[4:7] = True
    slope, valid = slopes_per_s(np.ones((10, 1), np.float32), known, 4, 0.01, least_frames=5)
    assert not valid.any() and not slope.any()


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_short_tracks_are_no_special_case(frames: int) -> None:
    slope, valid = slopes_per_s(np.zeros((frames, 2), np.float32), np.ones(frames, bool), 4, 0.01, least_frames=2)
    assert slope.shape == (frames, 2) and valid.sum() == (frames if frames > 1 else 0)
