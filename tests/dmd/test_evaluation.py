import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmd.cross_validation import cross_validate, fold_splits
from dmd.evaluation import evaluate_run
from dmd.measures.baselines import fit_baselines, pooled_features
from dmd.measures.metrics import CLASSIFICATION, REGRESSION
from dmd.measures.paper import PAPER, beside_paper
from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.training import train_run
from dmd.training_plan import plan_training
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.datasets.splits import SplitConfig
from pipeline.errors import FeatureMismatchError, SplitError, UsageError
from tests.dmd.quick import quick
from tests.dmd.synthetic import NAMES, Recipe, make_clip, make_dataset


@pytest.fixture(scope="module")
def data() -> Dataset:
    return make_dataset(Recipe(clips=48, videos=16))


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("run") / "run"
    train_run(data, out, quick(seeds=2, epochs=6, baselines=True))
    return load_run(out)


def test_an_evaluation_has_every_metric_with_its_interval(run: TrainedRun, data: Dataset) -> None:
    found = evaluate_run(run, data, "test")
    assert found["n"] == 12 and found["split"] == "test"
    for name in REGRESSION:
        assert {name, f"{name}_low", f"{name}_high"} <= set(found)
    json.dumps(found, allow_nan=False)


def test_seeds_are_given_as_mean_and_deviation(run: TrainedRun, data: Dataset) -> None:
    seeds = evaluate_run(run, data, "test")["seeds"]["mae"]
    assert len(seeds["values"]) == 2
    assert seeds["mean"] == pytest.approx(np.mean(seeds["values"]))
    assert seeds["deviation"] == pytest.approx(np.std(seeds["values"], ddof=1))


def test_the_metrics_are_those_of_what_is_scored(run: TrainedRun, data: Dataset) -> None:
    rows = data.rows_in("test")
    _, predictions = run.predict_clips(data, rows)
    mean = np.clip(predictions.mean(axis=0), -3, 3)
    truth = [float(data.clips[at].targets["label"]) for at in data.clips_in("test")]
    assert evaluate_run(run, data, "test")["mae"] == pytest.approx(np.abs(mean - truth).mean())


def test_the_run_holds_the_evaluation_with_its_baselines(run: TrainedRun, data: Dataset) -> None:
    found = run.evaluation()["test"]
    assert found["mae"] == evaluate_run(run, data, "test")["mae"]
    assert {"linear", "linear_text", "linear_audio", "linear_face", "late_fusion", "mlp"} == set(found["baselines"])
    linear = found["baselines"]["linear"]
    assert linear["difference"]["mae"]["difference"] == pytest.approx(found["mae"] - linear["mae"])
    assert run.record.metrics["test"]["mae"] == found["mae"]


def test_modalities_can_be_taken_away(run: TrainedRun, data: Dataset) -> None:
    whole, text = evaluate_run(run, data, "test"), evaluate_run(run, data, "test", modalities=("text",))
    assert whole["mae"] != text["mae"]


def test_what_cannot_be_evaluated_is_said(run: TrainedRun, data: Dataset) -> None:
    with pytest.raises(SplitError, match="no split 'dev'"):
        evaluate_run(run, data, "dev")
    bare = replace(data, clips=tuple(replace(clip, targets={}) for clip in data.clips))
    with pytest.raises(UsageError, match="no clip of split 'test' has a 'label'"):
        evaluate_run(run, bare, "test")
    other = dataset_from_clips([make_clip(0, names={**NAMES, "face": tuple("abcde")})])
    with pytest.raises(FeatureMismatchError, match="missing smile, brow"):
        evaluate_run(run, other.with_splits(["test"]), "test")


def test_classification_is_evaluated_with_confusion(tmp_path: Path) -> None:
    data = make_dataset(Recipe(clips=32, classes=True))
    summary = train_run(data, tmp_path / "run", quick(task="classification", epochs=3, baselines=True))
    found = summary.evaluation["test"]
    assert found["classes"] == ["anger", "joy"]
    assert np.sum(found["confusion"]) == found["n"] == 8
    assert set(CLASSIFICATION) <= set(found["baselines"]["mlp"])
    assert "f1_weighted" in found["baselines"]["late_fusion"]["difference"]


def test_a_public_file_stands_beside_the_paper(run: TrainedRun, data: Dataset) -> None:
    published = replace(data, notes={"published": "MOSI aligned_50"})
    found = evaluate_run(run, published, "test")
    assert found["paper"]["acc7"]["paper"] == 0.456
    assert found["paper"]["acc7"]["mean"] == found["seeds"]["acc7"]["mean"]
    assert evaluate_run(run, published, "valid")["paper"] == {}
    assert evaluate_run(run, data, "test")["paper"] == {}
    assert set(PAPER) == {"MOSI aligned_50", "MOSI unaligned_50", "MOSEI aligned_50", "MOSEI unaligned_50"}
    assert beside_paper("SIMS unaligned_39", {}) == {}


class TestBaselines:
    def test_a_linear_model_finds_the_signal(self, data: Dataset) -> None:
        plan = plan_training(data, quick())
        fitted = fit_baselines(data, plan.normaliser, plan.targets, plan.train, plan.valid, quick())
        test = data.clips_in("test")
        truth = [float(data.clips[at].targets["label"]) for at in test]
        for name, prediction in fitted.predict(test).items():
            assert np.corrcoef(prediction, truth)[0, 1] > (0.4 if name == "mlp" else 0.8), name

    def test_they_never_see_test_labels(self, data: Dataset) -> None:
        plan = plan_training(data, quick())
        test = set(data.clips_in("test"))
        clips = tuple(replace(c, targets={"label": "3"}) if at in test else c for at, c in enumerate(data.clips))
        changed = replace(data, clips=clips)
        one, two = (
            fit_baselines(d, plan.normaliser, plan.targets, plan.train, plan.valid, quick()) for d in (data, changed)
        )
        for name, values in one.found.items():
            np.testing.assert_array_equal(values, two.found[name])

    def test_pooled_features_are_means_over_known_values(self) -> None:
        data = dataset_from_clips([make_clip(n) for n in range(6)])
        normaliser = plan_training(make_dataset(), quick()).normaliser
        pooled = pooled_features(data, normaliser, "audio", np.arange(6))
        assert pooled is not None and pooled.shape == (6, 10)
        raw = [normaliser.apply("audio", data.modalities["audio"].sample(at)[0]) for at in range(6)]
        means = np.array([np.nanmean(values.astype(float), axis=0) for values in raw])
        np.testing.assert_allclose(pooled[:, :5], (means - means.mean(0)) / means.std(0), atol=1e-5)

    def test_a_missing_modality_is_the_training_mean(self) -> None:
        data = dataset_from_clips([*(make_clip(n) for n in range(6)), make_clip(6, modalities=("text",))])
        normaliser = plan_training(make_dataset(), quick()).normaliser
        pooled = pooled_features(data, normaliser, "face", np.arange(6))
        assert pooled is not None and not pooled[6].any()


class TestCrossValidation:
    def test_every_clip_is_predicted_by_models_that_never_saw_its_video(self, data: Dataset) -> None:
        folds = fold_splits(data, SplitConfig(), 4)
        tested = np.array([[split == "test" for split in fold] for fold in folds])
        assert (tested.sum(axis=0) == 1).all()
        for fold in folds:
            sides: dict[str, set[str]] = {}
            for clip, split in zip(data.clips, fold, strict=True):
                sides.setdefault(clip.video_id or "", set()).add(split)
            assert all(len(found) == 1 for found in sides.values())
            assert {"train", "valid", "test"} == set(fold)

    def test_predictions_are_pooled_over_folds_and_compared(self, data: Dataset, tmp_path: Path) -> None:
        found = cross_validate(data, tmp_path / "cv", quick(epochs=2, seeds=2, baselines=True), 2)
        assert found.predictions.shape == (2, 48) and np.isfinite(found.predictions).all()
        assert found.result["n"] == 48
        assert found.result["baselines"]["linear"]["difference"]["mae"]["low"] is not None
        assert json.loads((tmp_path / "cv" / "cross_validation.json").read_text()) == found.result
        again = cross_validate(data, tmp_path / "cv", quick(epochs=2, seeds=2, baselines=True), 2)
        np.testing.assert_array_equal(again.predictions, found.predictions)
