import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.measures.bootstrap import resampled
from dmd.measures.metrics import (
    CLASSIFICATION,
    REGRESSION,
    classification_metrics,
    regression_difference,
    regression_metrics,
)

GOLDEN = (
    Path(os.environ.get("DMD_GOLDEN", Path(__file__).parents[3] / "../shared/golden")) / "metrics" / "metrics.json"
)
MMSA_NAMES = {
    "Has0_acc_2": "acc2_has0",
    "Has0_F1_score": "f1_has0",
    "Non0_acc_2": "acc2_non0",
    "Non0_F1_score": "f1_non0",
    "Mult_acc_5": "acc5",
    "Mult_acc_7": "acc7",
    "MAE": "mae",
    "Corr": "corr",
}
DMD_NAMES = {"MAE": "mae", "Acc_7": "acc7", "Acc_2": "acc2_non0", "F1_score": "f1_non0"}


def golden_cases() -> list[dict[str, Any]]:
    if not GOLDEN.is_file():
        pytest.skip(f"no golden metrics at {GOLDEN} (set DMD_GOLDEN)")
    cases: list[dict[str, Any]] = json.loads(GOLDEN.read_text())["cases"]
    assert cases
    return cases


def test_golden_cases_are_met() -> None:
    for case in golden_cases():
        found = regression_metrics(np.array(case["pred"]), np.array(case["true"]))
        for published in (key for key in case if key.startswith("mmsa_")):
            for name, value in case[published].items():
                assert round(found[MMSA_NAMES[name]], 4) == pytest.approx(value, abs=1e-9), (case["name"], name)
        for name, value in case["unrounded"].items():
            assert found[DMD_NAMES[name]] == pytest.approx(value, abs=1e-6), (case["name"], name)


def test_a_case_by_hand() -> None:
    #            0 stays 0, counts as >= 0 | rounds half to even: 0.5 -> 0, 2.5 -> 2 | beyond the range
    prediction = np.array([0.0, 0.5, 2.5, -0.2, 4.0])
    truth = np.array([-1.0, 0.0, 2.0, 1.0, 3.0])
    found = regression_metrics(prediction, truth)
    assert found["n"] == 5
    assert found["mae"] == pytest.approx((1 + 0.5 + 0.5 + 1.2 + 1) / 5)
    assert found["acc7"] == pytest.approx(3 / 5)  # 0.5, 2.5, 4.0
    assert found["acc5"] == pytest.approx(3 / 5)
    assert found["acc3"] == pytest.approx(3 / 5)
    assert found["acc2_has0"] == pytest.approx(3 / 5)
    assert found["acc2_non0"] == pytest.approx(3 / 4)  # 0.0 against -1 is right: 0 is not positive
    # non0, truth: 1 negative, 3 positive; said: 2 negative, 2 positive
    f1 = (1 * (2 * 1 / (1 + 2)) + 3 * (2 * 2 / (3 + 2))) / 4
    assert found["f1_non0"] == pytest.approx(f1)


def test_a_perfect_prediction() -> None:
    truth = np.array([-3, -1.4, 0, 0.6, 2.2])
    found = regression_metrics(truth, truth)
    assert found["mae"] == 0 and found["corr"] == pytest.approx(1)
    assert all(found[name] == 1 for name in REGRESSION[2:])


def test_sims_counts_in_its_own_way() -> None:
    prediction, truth = np.array([0.05, -0.1, 0.71, 0.0]), np.array([0.0, -0.4, 0.8, 0.0])
    found = regression_metrics(prediction, truth, label_range=(-1.0, 1.0))
    assert found["acc7"] is None and found["acc7_low"] is None
    assert found["acc5"] == 1.0  # -0.1 stands on the cut and belongs below it, beside -0.4
    assert found["acc3"] == 1.0
    assert found["acc2_has0"] == pytest.approx(3 / 4)  # 0.0 is negative, 0.05 is not


def test_another_range_is_mapped_to_its_middle() -> None:
    truth = np.array([1.0, 3.0, 5.0, 4.0])
    one = regression_metrics(truth + 0.2, truth, label_range=(1.0, 5.0))
    two = regression_metrics((truth + 0.2 - 3) * 1.5, (truth - 3) * 1.5)
    assert one["mae"] == pytest.approx(0.2)
    assert {k: one[k] for k in REGRESSION[1:]} == pytest.approx({k: two[k] for k in REGRESSION[1:]})


@pytest.mark.parametrize(
    ("prediction", "truth", "undefined"),
    [
        ([], [], set(REGRESSION)),
        ([0.1, 0.2], [0.0, 0.0], {"corr", "acc2_non0", "f1_non0"}),
        ([0.5, 0.5], [1.0, -1.0], {"corr"}),
        ([0.5], [1.0], {"corr"}),
    ],
)
def test_what_is_not_defined_is_none(prediction: list[float], truth: list[float], undefined: set[str]) -> None:
    found = regression_metrics(np.array(prediction), np.array(truth))
    assert {name for name in REGRESSION if found[name] is None} == undefined
    json.dumps(found, allow_nan=False)


def test_values_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="must pair up and be finite"):
        regression_metrics(np.array([np.nan]), np.array([1.0]))


def test_classification_by_hand() -> None:
    truth, said = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1])
    found = classification_metrics(said, truth, 4)
    assert found["confusion"] == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    f1 = (2 * 2 / 6, 2 * 1 / 5, 0.0)
    assert found["accuracy"] == pytest.approx(3 / 6)
    assert found["f1_weighted"] == pytest.approx((3 * f1[0] + 2 * f1[1] + 1 * f1[2]) / 6)
    assert found["f1_macro"] == pytest.approx(sum(f1) / 3)  # the fourth class does not occur
    assert found["uar"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_classification_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    truth, said = (np.array(column) for column in zip(*pairs, strict=True))
    found = classification_metrics(said, truth, 4)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, said))
    assert found["f1_weighted"] == pytest.approx(f1_score(truth, said, average="weighted", zero_division=0))
    assert found["f1_macro"] == pytest.approx(f1_score(truth, said, average="macro", zero_division=0))
    assert found["confusion"] == confusion_matrix(truth, said, labels=range(4)).tolist()


def test_intervals_hold_the_score_and_are_the_same_every_time() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(-3, 3, 200)
    prediction = truth + rng.normal(size=200)
    found = regression_metrics(prediction, truth)
    assert found == regression_metrics(prediction, truth)
    for name in REGRESSION:
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]


def test_clips_of_one_video_count_as_one_draw() -> None:
    rng = np.random.default_rng(0)
    per_video = np.repeat(rng.normal(size=20), 10)  # all clips of a video err alike
    truth = np.tile(np.linspace(-2, 2, 10), 20)
    videos = [f"v{at // 10}" for at in range(200)]
    clustered = regression_metrics(truth + per_video, truth, videos)
    single = regression_metrics(truth + per_video, truth)
    assert clustered["mae"] == single["mae"]
    width = [found["mae_high"] - found["mae_low"] for found in (clustered, single)]
    assert width[0] > 2 * width[1]


def test_one_group_tells_nothing_of_the_spread() -> None:
    found = regression_metrics(np.array([1.0, 2.0]), np.array([1.0, 1.5]), ["v", "v"])
    assert found["mae"] == 0.25 and found["mae_low"] is None


def test_replicates_draw_as_many_groups_as_there_are() -> None:
    sums = np.ones((30, 1))
    assert (resampled(sums, None).sum(axis=1) == 30).all()


def test_a_paired_difference_sees_what_two_intervals_hide() -> None:
    rng = np.random.default_rng(0)
    truth, shared = rng.uniform(-3, 3, 150), rng.normal(size=150)
    ours, theirs = truth + shared, truth + shared * 1.1
    found = regression_difference(ours, theirs, truth)["mae"]
    assert found["difference"] < 0 and found["excludes_zero"]
    one, two = regression_metrics(ours, truth), regression_metrics(theirs, truth)
    assert one["mae_high"] > two["mae_low"]  # the two intervals overlap


def test_equal_predictions_do_not_differ() -> None:
    truth = np.linspace(-3, 3, 30)
    found = regression_difference(truth + 0.5, truth + 0.5, truth)
    assert found["mae"] == {"difference": 0.0, "low": 0.0, "high": 0.0, "excludes_zero": False}


def test_every_score_has_an_interval() -> None:
    found = classification_metrics(np.array([0, 1, 1]), np.array([0, 1, 0]), 2)
    assert {f"{name}{end}" for name in CLASSIFICATION for end in ("", "_low", "_high")} <= set(found)
