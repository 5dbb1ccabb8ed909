import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.measures.calibration import (
    RegressionCalibration,
    calibrate_classification,
    calibrate_regression,
    tempered,
    wilson,
)

RANGE = (-3.0, 3.0)


def test_the_half_width_is_the_conformal_quantile() -> None:
    errors = np.arange(1, 20) / 10  # 19 clips: the 18th of 19 covers 90 %
    found = calibrate_regression(errors, np.zeros(19), RANGE)
    assert found.half_width == pytest.approx(1.8)


def test_too_few_clips_give_the_whole_range() -> None:
    found = calibrate_regression(np.array([0.1] * 8), np.zeros(8), RANGE)
    assert found.half_width is None and found.interval(0.5) == RANGE


def test_new_clips_are_covered() -> None:
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(200):
        errors = rng.standard_t(3, 61)
        found = calibrate_regression(errors[:60], np.zeros(60), (-50.0, 50.0))
        low, high = found.interval(float(errors[60]))
        hits.append(low <= 0 <= high)
    assert 0.85 <= np.mean(hits) <= 0.96


@settings(deadline=None)
@given(st.floats(-10, 10), st.floats(0, 10))
def test_an_interval_lies_in_the_label_range_and_holds_the_score_it_limits(score: float, half_width: float) -> None:
    found = RegressionCalibration(coverage=0.9, half_width=half_width, clips=99, low=-3, high=3)
    low, high = found.interval(score)
    assert -3 <= low <= min(max(score, -3), 3) <= high <= 3


def test_overconfident_probabilities_are_cooled() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(0.5, 0.9, 600)
    truth = (rng.random(600) > true).astype(int)
    sharp = tempered(np.stack([true, 1 - true], axis=1), 1 / 3)
    found = calibrate_classification(sharp, truth)
    assert found.temperature == pytest.approx(3, rel=0.35)
    said = found.apply(sharp)[:, 0]
    assert abs(said.mean() - (truth == 0).mean()) < 0.03


def test_the_interval_is_how_often_such_predictions_were_right() -> None:
    rng = np.random.default_rng(1)
    top = rng.uniform(0.5, 1.0, 400)
    truth = (rng.random(400) > top).astype(int)
    found = calibrate_classification(np.stack([top, 1 - top], axis=1), truth)
    unsure, sure = found.interval(0.55), found.interval(0.97)
    assert unsure[0] < 0.55 < unsure[1] and sure[0] > unsure[1] - 0.05
    for score in (0.5, 0.7, 1.0):
        low, high = found.interval(score)
        assert 0 <= low <= score <= high <= 1


def test_without_clips_nothing_is_claimed() -> None:
    found = calibrate_classification(np.zeros((0, 3)), np.zeros(0, np.int64))
    assert found.temperature == 1.0 and found.interval(0.5) == (0.0, 1.0)


def test_wilson_by_hand() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.541, 0.931)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_temperature_of_one_changes_nothing() -> None:
    shares = np.array([[0.2, 0.3, 0.5]])
    np.testing.assert_allclose(tempered(shares, 1.0), shares)
