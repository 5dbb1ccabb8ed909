import json
from pathlib import Path

import pytest

from dmd.insight import branch_metrics, learned, permuted_metrics, space_map
from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.training import train_run
from pipeline.dataset import Dataset
from tests.dmd.quick import quick
from tests.dmd.synthetic import Recipe, make_dataset


@pytest.fixture(scope="module")
def data() -> Dataset:
    return make_dataset(Recipe(clips=48, videos=16))


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("run") / "run"
    train_run(data, out, quick(epochs=10))
    return load_run(out)


def test_every_branch_has_a_metric_and_the_whole_is_the_score(run: TrainedRun, data: Dataset) -> None:
    found = branch_metrics(run, data, "test")
    units = {f"{kind}_{m}" for kind in ("homo", "hetero") for m in ("text", "audio", "face")}
    assert set(found) == units | {"common", "all"}
    assert found["all"]["mae"] == pytest.approx(run.evaluation()["test"]["mae"])


def test_exchanging_what_the_model_relies_on_costs(run: TrainedRun, data: Dataset) -> None:
    found = permuted_metrics(run, data, "test")
    assert set(found) == {"text", "audio", "face"}
    assert max(found[m]["mae"] for m in found) > 0.05
    assert found == permuted_metrics(run, data, "test")


def test_a_map_has_a_point_for_each_space_of_each_modality(run: TrainedRun, data: Dataset) -> None:
    points = space_map(run, data, "test")
    assert len(points) == 12 * 3 * 2
    assert {(p["modality"], p["space"]) for p in points} == {
        (m, s) for m in ("text", "audio", "face") for s in ("specific", "common")
    }
    assert len({(p["x"], p["y"]) for p in points}) > 60


def test_all_of_it_is_json(run: TrainedRun, data: Dataset, tmp_path: Path) -> None:
    json.dumps(learned(run, data, "valid"), allow_nan=False)
