"""Why this score: contributions add up, follow the model's masks, and survive a deletion test."""

import json

import numpy as np
import pytest

from dmd.explanation import explain, occluded, shapley_values, word_contributions
from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.scoring import score_clips
from dmd.training import train_run
from pipeline.dataset import dataset_from_clips
from tests.dmd.quick import quick
from tests.dmd.synthetic import Recipe, make_clip, make_dataset

CLIPS = [make_clip(n, Recipe(seed=9)) for n in range(4)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("run") / "run"
    train_run(make_dataset(Recipe(clips=60, videos=20)), out, quick(epochs=8))
    return load_run(out)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("classes") / "run"
    train_run(make_dataset(Recipe(clips=60, videos=20, classes=True)), out, quick(task="classification", epochs=3))
    return load_run(out)


def test_base_and_contributions_add_up_to_the_score(run: TrainedRun) -> None:
    data = dataset_from_clips(CLIPS)
    rows = np.arange(len(data), dtype=np.int64)
    base, shapley = shapley_values(run, data, rows)
    assert np.ptp(base) < 1e-5  # of nothing seen, all samples look alike
    np.testing.assert_allclose(base + sum(shapley.values()), run.predict(data, rows).mean(axis=0), atol=1e-5)


def test_a_modality_that_a_clip_lacks_contributes_nothing(run: TrainedRun) -> None:
    data = dataset_from_clips([make_clip(0, Recipe(seed=9), modalities=("text", "face"))])
    _, shapley = shapley_values(run, data, np.array([0]))
    assert shapley["audio"][0] == pytest.approx(0, abs=1e-6) and abs(shapley["text"][0]) > 1e-4


def test_a_word_contributes_what_the_score_loses_without_it(run: TrainedRun) -> None:
    data = dataset_from_clips(CLIPS[:1])
    found = word_contributions(run, data, 0)
    whole = run.predict(data, np.array([0])).mean()
    copies = occluded(data, 0, [[1]])
    assert np.isnan(copies.modalities["text"].sample(0)[0][1]).all()
    assert found[1] == pytest.approx(whole - run.predict(copies, np.array([0])).mean(), abs=1e-6)
    assert len(found) == len(CLIPS[0].words)


def test_the_words_said_to_matter_move_the_score_more(run: TrainedRun) -> None:
    data = dataset_from_clips(CLIPS)
    found = explain(run, data, np.arange(len(data), dtype=np.int64))
    moved = [deletion for deletion in found.deletions if deletion is not None]
    assert moved and np.mean([top for top, _ in moved]) > np.mean([low for _, low in moved])


def test_a_score_table_has_the_columns_only_where_they_were_asked_for(run: TrainedRun) -> None:
    plain = next(iter(score_clips(run, CLIPS[:1]))).as_columns()
    *parts, whole = (row.as_columns() for row in score_clips(run, CLIPS[:1], explained=True))
    assert "base_score" not in plain and {name: parts[0][name] for name in plain} == plain
    assert len(json.loads(parts[0]["word_contributions"])) == len(CLIPS[0].words)
    total = whole["base_score"] + sum(whole[f"shapley_{name}"] for name in ("text", "audio", "face"))
    assert np.clip(total, -3, 3) == pytest.approx(whole["score"], abs=1e-5)


def test_a_classification_explains_the_probability_of_its_label(classes: TrainedRun) -> None:
    *_, whole = score_clips(classes, CLIPS[:1], explained=True)
    assert whole.explanation is not None
    data = dataset_from_clips(CLIPS[:1])
    shares = classes.predict(data, np.array([0])).mean(axis=0)[0]
    label = classes.record.targets.classes.index(whole.label)
    total = whole.explanation.base + sum(whole.explanation.shapley.values())
    assert total == pytest.approx(shares[label], abs=1e-5)
