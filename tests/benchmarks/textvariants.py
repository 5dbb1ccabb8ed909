"""What is trained on real text: the default model, and three views of the same words in place of three modalities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmd.training_config import ModelSettings
from pipeline.dataset import Dataset

QUICK = {"seed": 1, "baselines": False, "tensorboard": False, "early_stop": 5, "patience": 1, "epochs": 30}
"""Trainings end five epochs after their best, so that fifty of them fit an hour."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to train."""

    views: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


VARIANTS: Mapping[str, Variant] = {
    "corrected": Variant(settings=QUICK),
}


def with_views(dataset: Dataset) -> Dataset:
    return dataset
