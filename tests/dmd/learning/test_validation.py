"""What epochs are compared by."""

import numpy as np
import pytest

from dmd.learning.validation import f1_weighted, loss, published_loss
from dmd.training import train_run
from dmd.training_config import TrainingConfig
from pipeline.untrusted.jsontext import parse_json
from tests.dmd.quick import quick
from tests.dmd.synthetic import Recipe, make_dataset


def test_the_losses_are_mean_errors_and_mean_log_probabilities():
    assert loss(np.array([1.0, -1.0]), np.array([0.0, 1.0])) == 1.5
    probabilities = np.array([[0.5, 0.5], [0.75, 0.25]])
    assert loss(probabilities, np.array([0.0, 1.0])) == pytest.approx(-(np.log(0.5) + np.log(0.25)) / 2)


def test_the_published_loss_is_a_mean_of_batch_means_rounded_to_four_digits():
    assert published_loss(np.array([1.0, 1.0, 0.12345]), np.zeros(3), 2) == 0.5617


def test_weighted_f1_counts_the_likeliest_class():
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(0)
    probabilities, labels = generator.random((40, 3)), generator.integers(0, 3, 40)
    expected = f1_score(labels, probabilities.argmax(1), average="weighted")
    assert f1_weighted(probabilities, labels.astype(float)) == pytest.approx(expected)


def test_epochs_are_compared_by_what_is_asked_for(tmp_path):
    data = make_dataset(Recipe(clips=32, classes=True))
    config = quick(task="classification", compare="f1_weighted", epochs=4, early_stop=4)
    train_run(data, tmp_path / "run", config)
    rows = (tmp_path / "run" / "seed-1" / "history.csv").read_text().splitlines()
    at = rows[0].split(",").index("valid_f1_weighted")
    values = [float(row.split(",")[at]) for row in rows[1:]]
    kept = parse_json((tmp_path / "run" / "seed-1" / "seed.json").read_text())
    assert kept["best_epoch"] == 1 + int(np.argmax(values))
    assert kept["valid_loss"] == pytest.approx(1 - max(values))


def test_f1_of_a_regression_is_refused():
    with pytest.raises(ValueError, match="compare='f1_weighted' needs task='classification'"):
        TrainingConfig(compare="f1_weighted")
