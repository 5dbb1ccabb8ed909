import numpy as np
import pytest

from dmd.targets import Targets
from tests.benchmarks.pairedseeds import mean_differences

REGRESSION = Targets(task="regression")


def test_it_is_the_mean_of_the_seeds_scores_and_not_the_score_of_their_mean() -> None:
    truth = np.array([0.0, 1.0, 2.0, -1.0])
    ours = np.stack([truth + 1, truth - 1])  # their mean is perfect, each of them is off by one
    theirs = (truth + 0.25)[None]
    groups = ("a", "a", "b", "b")
    found = mean_differences(ours, theirs, truth, groups, REGRESSION, ("mae",))["mae"]
    assert (found["ours"], found["theirs"], found["difference"]) == pytest.approx((1.0, 0.25, 0.75))
    assert found["ours_deviation"] == 0.0
    assert found["low"] == pytest.approx(0.75) and found["excludes_zero"]


def test_equal_predictions_do_not_differ_whatever_videos_are_drawn() -> None:
    rng = np.random.default_rng(0)
    truth, same = rng.normal(size=40), rng.normal(size=(1, 40))
    groups = tuple(f"v{at // 5}" for at in range(40))
    found = mean_differences(np.repeat(same, 3, axis=0), same, truth, groups, REGRESSION, ("mae", "corr"))
    for score in found.values():
        assert (score["difference"], score["low"], score["high"]) == pytest.approx((0, 0, 0), abs=1e-12)
        assert not score["excludes_zero"]


def test_classes_are_compared_by_their_likeliest() -> None:
    targets = Targets(task="classification", classes=("no", "yes"))
    truth = np.array([0.0, 1.0, 1.0, 0.0])
    right = np.eye(2)[truth.astype(int)][None] * 0.6 + 0.2
    wrong = right[..., ::-1]
    found = mean_differences(right, wrong, truth, ("a", "b", "c", "d"), targets, ("accuracy",))["accuracy"]
    assert (found["ours"], found["theirs"]) == (1.0, 0.0)
