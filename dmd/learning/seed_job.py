"""What one seed's training reads, says while it goes on, and leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmd.config import DmdConfig
from dmd.training_config import TrainingConfig
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.normaliser import Normaliser
from pipeline.untrusted.jsontext import parse_json

DONE = "seed.json"


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """What a progress callback is told, after every step and every epoch."""

    seed: int
    epoch: int
    """The epoch under way, from 1; the one just finished when ``valid_loss`` is given."""
    epochs: int
    """Epochs at most."""
    step: int
    steps: int
    """Steps of an epoch."""
    valid_loss: float | None = None
    best_epoch: int = 0
    stopped: bool = False
    """This was the seed's last epoch."""


Progress = Callable[[TrainingProgress], None]


@dataclass(frozen=True, slots=True, eq=False)
class SeedJob:
    """All that one seed's training reads."""

    dataset: Dataset
    normaliser: Normaliser
    model: DmdConfig
    config: TrainingConfig
    targets: NDArray[np.float32] | NDArray[np.int64]
    """[shape=(n,)] one a sample."""
    train: Rows
    valid: Rows
    seed: int
    folder: Path


@dataclass(frozen=True, slots=True)
class SeedResult:
    """How a seed's training ended."""

    seed: int
    epochs: int
    best_epoch: int
    valid_loss: float
    """Of the best epoch; 1 - F1 where that is what epochs are compared by."""


def finished_seed(folder: Path, seed: int) -> SeedResult | None:
    """Return how a seed's training ended, None if it has not."""
    path = folder / DONE
    if not path.is_file():
        return None
    return SeedResult(seed, **parse_json(path.read_text("utf-8")))
