"""Each ablation that the paper names, and each part of the modalities, is one setting of a training."""

from pathlib import Path
from typing import Any

import pytest

from dmd.runs.checkpoint import load_run
from dmd.scoring import score_clips
from dmd.training import train_run
from dmd.training_config import ModelSettings
from tests.dmd.quick import SMALL, quick
from tests.dmd.synthetic import Recipe, make_clip, make_dataset


def trained(out: Path, task: str = "regression", **model: Any) -> tuple[Any, set[str]]:
    """Train with one setting changed; return the model and the names of its losses and edges."""
    settings = ModelSettings(**{**SMALL.model_dump(), **model})
    train_run(make_dataset(Recipe(clips=24, classes=task != "regression")), out, quick(task=task, model=settings))
    run = load_run(out, "cpu")
    (row,) = (r.as_columns() for r in score_clips(run, [make_clip(3)]) if r.as_columns()["segment"] == "all")
    assert row["score"] is not None and row["modalities"] == "+".join(run.modalities)
    return run.systems[0], set((out / "history.csv").read_text().splitlines()[0].split(","))


def test_the_whole_model_has_all_that_ablations_take_away(tmp_path: Path) -> None:
    system, columns = trained(tmp_path / "run")
    assert system.homo is not None and system.hetero is not None and system.dmd.heterogeneous.cross is not None
    assert {"train_homo_logits", "train_hetero_logits", "train_reconstruction_text"} <= columns


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("unit", ["homo", "hetero"])
def test_without_a_distillation_unit_the_other_goes_on(tmp_path: Path, unit: str, task: str) -> None:
    system, columns = trained(tmp_path / "run", task, **{f"{unit}_distillation": False})
    other = {"homo": "hetero", "hetero": "homo"}[unit]
    assert getattr(system, unit) is None and getattr(system, other) is not None
    assert f"train_{unit}_logits" not in columns and f"train_{other}_logits" in columns


def test_without_decoupling_nothing_is_rebuilt(tmp_path: Path) -> None:
    system, columns = trained(tmp_path / "run", decoupling=False)
    assert not [*system.dmd.decoupling.parameters()]
    assert not [name for name in columns if name.startswith(("train_reconstruction", "train_orthogonality"))]


def test_without_cross_attention_no_modality_asks_another(tmp_path: Path) -> None:
    system, _ = trained(tmp_path / "run", cross_attention=False)
    assert system.dmd.heterogeneous.cross is None


@pytest.mark.parametrize("modalities", [("text",), ("audio",), ("face",), ("audio", "face")])
def test_any_part_of_the_modalities_is_a_model(tmp_path: Path, modalities: tuple[str, ...]) -> None:
    system, columns = trained(tmp_path / "run", modalities=modalities)
    assert set(system.dmd.projection) == set(modalities)
    assert ("train_homo_logits" in columns) == (len(modalities) > 1)
