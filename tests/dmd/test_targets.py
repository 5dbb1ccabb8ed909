from dataclasses import replace

import numpy as np
import pytest

from dmd.targets import Targets, class_weights, fit_targets
from pipeline.dataset import Dataset
from pipeline.errors import UsageError
from tests.dmd.synthetic import Recipe, make_dataset


def labelled(*labels: str, **more: str) -> Dataset:
    data = make_dataset(Recipe(clips=len(labels)))
    clips = tuple(
        replace(clip, targets={**({"label": label} if label else {}), **more})
        for clip, label in zip(data.clips, labels, strict=True)
    )
    return replace(data, clips=clips)


@pytest.mark.parametrize(
    ("labels", "expected", "band"),
    [
        (("-1", "0.4"), (-1.0, 1.0), 0.1),
        (("-1.2", "0.4"), (-3.0, 3.0), 0.5),
        (("1", "5"), (1.0, 5.0), pytest.approx(1 / 3)),
    ],
)
def test_the_scale_is_the_known_one_that_holds_the_labels(
    labels: tuple[str, ...], expected: tuple[float, float], band: float
) -> None:
    found = fit_targets(labelled(*labels), range(2), "regression")
    assert found.label_range == expected and found.neutral_band == band


def test_a_stated_scale_and_band_are_kept() -> None:
    found = fit_targets(labelled("0", "1"), range(2), "regression", label_range=(0, 10), neutral_band=2)
    assert [found.polarity(score) for score in (2.9, 3.0, 5.0, 7.0, 7.1)] == [
        "negative",
        "neutral",
        "neutral",
        "neutral",
        "positive",
    ]


def test_words_are_no_numbers() -> None:
    with pytest.raises(UsageError, match=r"'joy' are no numbers; train with task=classification"):
        fit_targets(labelled("0.5", "joy"), range(2), "regression")


def test_many_numbers_are_no_classes() -> None:
    data = labelled(*(f"{at / 10}" for at in range(24)), annotation="Positive")
    with pytest.raises(UsageError, match=r"24 different numbers .* or another target \(annotation\)"):
        fit_targets(data, range(24), "classification")


def test_classes_are_those_of_training_in_order() -> None:
    data = labelled("joy", "anger", "joy", "fear")
    found = fit_targets(data, range(3), "classification")
    assert found.classes == ("anger", "joy")
    np.testing.assert_array_equal(found.values(data, [0, 1, 2]), [1, 0, 1])
    with pytest.raises(UsageError, match=r"labels fear are none of the model's classes \(anger, joy\)"):
        found.values(data, [3])


def test_missing_labels_are_not_a_number() -> None:
    found = Targets(task="regression").values(labelled("", "2"), [0, 1])
    assert np.isnan(found[0]) and found[1] == 2


@pytest.mark.parametrize(
    ("labels", "task", "message"),
    [
        (("", ""), "regression", "no training clip has a 'label', or another target"),
        (("2", "2"), "regression", None),
        (("9", "9"), "regression", "every training label is 9"),
        (("a", "a"), "classification", "every training label is 'a'"),
    ],
)
def test_nothing_to_learn_is_said(labels: tuple[str, ...], task: str, message: str | None) -> None:
    data = labelled(*labels, annotation="x")
    if message is None:
        fit_targets(data, range(2), "regression")
        return
    with pytest.raises(UsageError, match=message):
        fit_targets(data, range(2), task)  # type: ignore[arg-type]


def test_rare_classes_weigh_more_and_the_mean_weight_is_one() -> None:
    values = np.array([0, 0, 0, 1])
    weights = class_weights(values.astype(float), 2)
    assert weights == pytest.approx((4 / 6, 2.0))
    assert np.mean([weights[v] for v in values]) == pytest.approx(1)
