"""Grouped k-fold cross-validation: every clip is predicted by models that never saw its group."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.evaluation import Judge, compared, labelled, video_groups
from dmd.learning.seed_job import Progress
from dmd.measures.baselines import fit_baselines
from dmd.runs.checkpoint import load_run
from dmd.training import train_run
from dmd.training_config import TrainingConfig
from dmd.training_plan import plan_training
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.splits import SplitConfig, divide, folds, groups_of
from pipeline.files import write_whole

Floats = NDArray[np.float64]
RESULT = "cross_validation.json"


@dataclass(frozen=True, slots=True, eq=False)
class CrossValidation:
    """Out-of-fold predictions."""

    clips: Rows
    """[shape=(c,)] labelled clips, by index in the dataset."""
    truth: Floats
    """[shape=(c,)]"""
    predictions: Floats
    """[shape=(S, c) or (S, c, C)] of every seed."""
    groups: tuple[str, ...]
    """The video of each clip."""
    baselines: Mapping[str, Floats]
    """Name -> predictions of the same clips."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """Metrics as in `dmd.evaluation.evaluate_run`, over all folds."""


def fold_splits(dataset: Dataset, config: SplitConfig, count: int) -> tuple[tuple[str, ...], ...]:
    """Return for each fold the split of every clip: the fold is `test`, some of the other groups are `valid`."""
    groups = groups_of(dataset.clips, config.by)
    fold = folds(groups, count, config.seed)
    inner = SplitConfig(by=config.by, valid=config.valid, test=0.0, seed=config.seed)
    found = []
    for number in range(count):
        outside = [at for at in range(len(groups)) if fold[at] != number]
        sides = dict(zip(outside, divide([groups[at] for at in outside], inner), strict=True))
        found.append(tuple(sides.get(at, "test") for at in range(len(groups))))
    return tuple(found)


def cross_validate(
    dataset: Dataset, out: Path, config: TrainingConfig, count: int = 5, progress: Progress | None = None
) -> CrossValidation:
    """Train and test on every fold; what is done is not done again.

    Parameters
    ----------
    dataset : Dataset
        Its given splits are not used.
    out : Path
        Folder of one RUN a fold, `fold-0` and so on, and of `cross_validation.json`.
    config : TrainingConfig
    count : int
        Number of folds.
    progress : callable, optional

    Returns
    -------
    CrossValidation
        Predictions pooled over the folds: metrics are computed once over all clips, with whole videos drawn in
        the bootstrap; `seeds` has their mean and deviation over seeds.
    """
    predictions: Floats | None = None
    baselines: dict[str, Floats] = {}
    truth = np.full(len(dataset.clips), np.nan)
    for number, splits in enumerate(fold_splits(dataset, config.splits, count)):
        fold = dataset.with_splits(splits)
        summary = train_run(fold, out / f"fold-{number}", config.model_copy(update={"baselines": False}), progress)
        run = load_run(summary.path, config.device)
        clips, values = labelled(fold, fold.clips_in("test"), run.record.targets, f"fold {number}")
        clips, found = run.predict_clips(fold, fold.clip_rows(clips))
        if predictions is None:
            predictions = np.full((len(found), len(dataset.clips), *found.shape[2:]), np.nan)
        predictions[:, clips] = found
        truth[clips] = values
        if config.baselines:
            plan = plan_training(fold, config)
            fitted = fit_baselines(fold, plan.normaliser, plan.targets, plan.train, plan.valid, config)
            for name, theirs in fitted.predict(clips).items():
                baselines.setdefault(name, np.full(predictions.shape[1:], np.nan))[clips] = theirs
        targets = run.record.targets
    assert predictions is not None
    clips = np.flatnonzero(np.isfinite(truth)).astype(np.int64)
    judge = Judge(targets, truth[clips], video_groups(dataset, clips))
    kept = {name: values[clips] for name, values in baselines.items()}
    result = compared(judge, predictions[:, clips], kept)
    write_whole(out / RESULT, json.dumps(result, indent=1, allow_nan=False).encode())
    return CrossValidation(clips, truth[clips], predictions[:, clips], video_groups(dataset, clips), kept, result)
