"""The plan of a training: everything that is settled before the first step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmd.config import DmdConfig
from dmd.evaluation import labelled
from dmd.model_shape import model_config
from dmd.targets import Targets, class_weights, fit_targets
from dmd.training_config import TrainingConfig
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.normaliser import Normaliser, fit_normaliser
from pipeline.datasets.splits import shared_groups, with_splits

MOSI_LIKE = ("MOSI", "MOSEI")
"""Published files whose labels lie in [-3, 3]."""
SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a training is: data, targets, normaliser, model."""

    dataset: Dataset
    config: TrainingConfig
    targets: Targets
    train: Rows
    """Labelled training clips."""
    valid: Rows
    values: NDArray[np.float64]
    """[shape=(clips,)] targets; NaN outside train and valid."""
    normaliser: Normaliser
    model: DmdConfig
    notes: tuple[str, ...]


def plan_training(source: Dataset, config: TrainingConfig) -> Plan:
    """Settle splits, targets, normaliser and model; raises as `dmd.training.train_run`."""
    dataset = with_splits(source, config.splits)
    train, valid = dataset.clips_in("train"), dataset.clips_in("valid")
    scale = config.label_range
    published = str(dataset.notes.get("published") or "")
    if scale is None and published.startswith(MOSI_LIKE):
        scale = (-3.0, 3.0)
    targets = fit_targets(dataset, train, config.task, config.target, scale, config.neutral_band, config.classes)
    train_clips, train_values = labelled(dataset, train, targets, "split 'train'")
    valid_clips, valid_values = labelled(dataset, valid, targets, "split 'valid'")
    values = np.full(len(dataset.clips), np.nan)
    values[train_clips], values[valid_clips] = train_values, valid_values
    rows = dataset.clip_rows(train_clips)
    normaliser = fit_normaliser(dataset, rows, config.normalisation(public=dataset.splits_are_published))
    balanced = config.task == "classification" and config.class_weights == "balanced"
    classes = len(targets.classes) or 1
    weights = class_weights(train_values, classes) if balanced else None
    model = model_config(dataset, rows, normaliser, config, classes, weights)
    notes = _notes(dataset, normaliser, model, len(train) + len(valid) - len(train_clips) - len(valid_clips), config)
    return Plan(dataset, config, targets, train_clips, valid_clips, values, normaliser, model, notes)


def _notes(
    dataset: Dataset, normaliser: Normaliser, model: DmdConfig, unlabelled: int, config: TrainingConfig
) -> tuple[str, ...]:
    lines = []
    if unlabelled:
        lines.append(f"{unlabelled} clips of train and valid have no {config.target!r} and are left out")
    for modality in model.modalities:
        removed = normaliser.scalings[modality].removed
        if removed:
            shown = ", ".join(removed[:SHOWN]) + (" and others" if len(removed) > SHOWN else "")
            lines.append(f"{len(removed)} {modality} columns are constant in training and are left out: {shown}")
    shared = shared_groups(dataset.clips, "video")
    if shared:
        lines.append(f"{len(shared)} videos stand in more than one split of this feature file")
    batches = -(-len(dataset.rows_in("train")) // config.batch_size)
    if config.reference and batches < config.window:
        lines.append(
            f"an epoch has {batches} batches, fewer than the {config.window} of the published loop's step, "
            "which would never take one; here a step is an epoch"
        )
    return tuple(lines)
