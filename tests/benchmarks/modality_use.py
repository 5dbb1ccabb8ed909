"""What each modality carries: every combination cross-validated, DMD beside baselines, and what shuffling costs."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.cross_validation import CrossValidation, cross_validate, fold_splits
from dmd.evaluation import Judge
from dmd.measures.bootstrap import with_intervals
from dmd.runs.checkpoint import load_run
from dmd.training_config import TrainingConfig
from pipeline.dataset import Dataset, ModalityRows

Floats = NDArray[np.float64]
SCORES = {
    "regression": ("mae", "corr", "f1_non0"),
    "classification": ("uar", "f1_weighted", "f1_macro", "accuracy"),
}


def use_of_modalities(
    dataset: Dataset, modalities: Sequence[str], out: Path, config: TrainingConfig, folds: int
) -> dict[str, Any]:
    """Return `combinations`: names joined by + -> scores with clustered intervals, and `permuted`: modality -> drop.

    Parameters
    ----------
    dataset : Dataset
    modalities : sequence of str
        Those that take part, alone and together.
    out : Path
        Folder for the runs.
    config : TrainingConfig
        Folds are made by its `splits.by`.
    folds : int
    """
    found: dict[str, Any] = {}
    for size in range(1, len(modalities) + 1):
        for names in combinations(modalities, size):
            settings = config.model_copy(update={"model": config.model.model_copy(update={"modalities": names})})
            data = only(dataset, names)
            validated = cross_validate(data, out / "-".join(names), settings, folds)
            found["+".join(names)] = _figures(validated, config.task)
            if size == len(modalities):
                drops = {
                    name: permutation_drop(data, name, out / "-".join(names), settings, validated, folds)
                    for name in names
                }
    return {"combinations": found, "permuted": drops if len(modalities) > 1 else {}}


def only(dataset: Dataset, modalities: Sequence[str]) -> Dataset:
    """Return the dataset with the other modalities missing."""
    kept = {
        name: part if name in modalities else replace(
            part, values=np.full_like(part.values, np.nan), present=np.zeros_like(part.present)
        )
        for name, part in dataset.modalities.items()
    }  # fmt: skip
    return replace(dataset, modalities=kept)


def permutation_drop(
    dataset: Dataset, modality: str, out: Path, config: TrainingConfig, validated: CrossValidation, folds: int
) -> dict[str, Any]:
    """Return how the out-of-fold scores change when every clip gets another clip's rows of one modality."""
    shuffled = shuffle(dataset, modality, np.random.default_rng(config.seed))
    predictions = np.full_like(validated.predictions, np.nan)
    place = {int(clip): at for at, clip in enumerate(validated.clips)}
    for number, splits in enumerate(fold_splits(dataset, config.splits, folds)):
        run = load_run(out / f"fold-{number}", config.device)
        tested = [clip for clip in place if splits[clip] == "test"]
        clips, values = run.predict_clips(shuffled, shuffled.clip_rows(tested))
        predictions[:, [place[int(clip)] for clip in clips]] = values
        targets = run.record.targets
    judge = Judge(targets, validated.truth, validated.groups)
    ours, theirs = judge.mean_of(validated.predictions), judge.mean_of(predictions)
    difference = judge.difference(ours, theirs)
    return {name: difference[name] for name in SCORES[targets.task] if name in difference}


def shuffle(dataset: Dataset, modality: str, rng: np.random.Generator) -> Dataset:
    """Give every sample the rows of another, stretched to its own length; no sample keeps its own."""
    part = dataset.modalities[modality]
    order = rng.permutation(len(dataset))
    source = np.empty_like(order)
    source[order] = np.roll(order, 1)
    rows = []
    for sample in range(len(dataset)):
        first, stop = part.offsets[sample : sample + 2]
        there = part.offsets[source[sample]], part.offsets[source[sample] + 1]
        picked = np.linspace(there[0], max(there[1] - 1, there[0]), stop - first).round().astype(np.int64)
        rows.append(part.values[picked])
    values = np.concatenate(rows) if rows else part.values
    moved = ModalityRows(values, part.real, part.offsets, part.present[source])
    return replace(dataset, modalities={**dataset.modalities, modality: moved})


def _figures(validated: CrossValidation, task: str) -> dict[str, Any]:
    """The scores of DMD with their intervals, and those of every baseline."""
    kept = [f"{name}{end}" for name in SCORES[task] for end in ("", "_low", "_high")]
    every = {"dmd": (validated.result, validated.predictions.mean(axis=0))} | {
        name: (validated.result["baselines"][name], values) for name, values in validated.baselines.items()
    }
    found = {name: {score: scores[score] for score in kept if score in scores} for name, (scores, _) in every.items()}
    if task == "regression":
        for name, (_, prediction) in every.items():
            found[name] |= concordance(prediction, validated.truth, validated.groups)
    return found


def concordance(prediction: Floats, truth: Floats, groups: Sequence[str]) -> dict[str, float | None]:
    """Return Lin's concordance correlation coefficient `ccc` with its interval, whole groups drawn."""
    columns = (np.ones_like(truth), prediction, truth, prediction**2, truth**2, prediction * truth)
    return with_intervals(np.stack(columns, axis=1), _ccc, groups)


def _ccc(sums: Floats) -> dict[str, Floats]:
    count, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums, np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x, mean_y = x / count, y / count
        apart = (xx / count - mean_x**2) + (yy / count - mean_y**2) + (mean_x - mean_y) ** 2
        return {"ccc": np.asarray(2 * (xy / count - mean_x * mean_y) / apart)}
