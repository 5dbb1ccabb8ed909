"""Targets: what a label as written means to a model. The task is stated, never guessed."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipeline.dataset import ClipRecord, Dataset
from pipeline.errors import UsageError

Task = Literal["regression", "classification"]
KNOWN_RANGES = ((-1.0, 1.0), (-3.0, 3.0))
"""Label ranges of CH-SIMS, and of CMU-MOSI and CMU-MOSEI."""
NEUTRAL_BANDS = {(-1.0, 1.0): 0.1, (-3.0, 3.0): 0.5}
"""Half width of the neutral band: CH-SIMS cuts its weak classes at 0.1; MOSI's -0.5 to 0.5 rounds to neutral."""
OTHER_BAND = 1 / 6
"""Half width of the neutral band of any other range, as a share of half the range: MOSI's share."""
SHOWN = 5


class Targets(BaseModel):
    """What a checkpoint says of its labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    name: str = "label"
    """Which label of a clip: `label`, or another of a public file (`annotation`, `label_T`, ...)."""
    low: float = -3.0
    high: float = 3.0
    """Regression: the scale of the labels."""
    neutral_band: float = 0.5
    """Regression: a score is neutral if it is at most this far from the middle of the scale."""
    classes: tuple[str, ...] = ()
    """Classification: the labels, in the order of the model's logits."""

    @property
    def middle(self) -> float:
        """Regression: what is neither negative nor positive."""
        return (self.low + self.high) / 2

    @property
    def label_range(self) -> tuple[float, float]:
        """Regression: lowest and highest label of the scale."""
        return self.low, self.high

    def polarity(self, score: float) -> str:
        """Return `negative`, `neutral` or `positive`."""
        if abs(score - self.middle) <= self.neutral_band:
            return "neutral"
        return "positive" if score > self.middle else "negative"

    def values(self, dataset: Dataset, clips: Sequence[int]) -> NDArray[np.float64]:
        """Return the targets of these clips, numbers or class indices; NaN where a clip has none.

        Raises
        ------
        UsageError
            A label that is no number (regression), or no class the model knows (classification).
        """
        written = [dataset.clips[at].targets.get(self.name) for at in clips]
        if self.task == "regression":
            return _numbers(dataset, written, self.name)
        index = {name: float(at) for at, name in enumerate(self.classes)}
        strange = sorted({label for label in written if label is not None and label not in index})
        if strange:
            raise UsageError(
                f"{dataset.name}: the labels {', '.join(strange[:SHOWN])} are none of the model's classes "
                f"({', '.join(self.classes)})"
            )
        return np.array([np.nan if label is None else index[label] for label in written])


def fit_targets(
    dataset: Dataset,
    train: Sequence[int],
    task: Task,
    name: str = "label",
    label_range: tuple[float, float] | None = None,
    neutral_band: float | None = None,
    classes: Sequence[str] | None = None,
) -> Targets:
    """Return the targets that the training clips define.

    Parameters
    ----------
    dataset : Dataset
    train : sequence of int
        The training clips.
    task : str
    name : str
        Which label.
    label_range : pair of float, optional
        The scale. By default the first of [-1, 1] and [-3, 3] that holds all training labels, else
        their own lowest and highest.
    neutral_band : float, optional
        By default 0.1 for [-1, 1], 0.5 for [-3, 3], else a sixth of half the range.
    classes : sequence of str, optional
        By default all labels of the training clips, sorted.

    Raises
    ------
    UsageError
        No training clip has that label, it does not fit the task, or there is nothing to tell apart.
    """
    written = [dataset.clips[at].targets.get(name) for at in train]
    if not any(written):
        raise UsageError(f"{dataset.name}: no training clip has a {name!r}{_others(dataset.clips, name)}")
    if task == "classification":
        return _classes(dataset, written, name, classes)
    numbers = _numbers(dataset, written, name)
    low, high = label_range or _range(numbers[np.isfinite(numbers)])
    if not low < high:
        raise UsageError(f"{dataset.name}: every training label is {low:g}; regression needs labels that differ")
    band = NEUTRAL_BANDS.get((low, high), (high - low) / 2 * OTHER_BAND) if neutral_band is None else neutral_band
    return Targets(task="regression", name=name, low=low, high=high, neutral_band=band)


def class_weights(values: NDArray[np.float64], classes: int) -> tuple[float, ...]:
    """Return weights inverse to how often each class occurs in training, 1 on average over the clips."""
    counts = np.bincount(values[np.isfinite(values)].astype(int), minlength=classes).astype(float)
    return tuple(float(w) for w in counts.sum() / (classes * np.maximum(counts, 1)))


def _classes(dataset: Dataset, written: Sequence[str | None], name: str, classes: Sequence[str] | None) -> Targets:
    found = tuple(classes) if classes else tuple(sorted({label for label in written if label}))
    if len(found) < 2:
        raise UsageError(f"{dataset.name}: every training label is {found[0]!r}; classification needs two or more")
    numeric = all(_is_number(label) for label in found)
    if numeric and not classes and len(found) > 20:
        raise UsageError(
            f"{dataset.name}: {len(found)} different numbers as {name!r} are no classes; train with "
            f"task=regression{_others(dataset.clips, name)}"
        )
    return Targets(task="classification", name=name, classes=found)


def _range(numbers: NDArray[np.float64]) -> tuple[float, float]:
    for low, high in KNOWN_RANGES:
        if low <= numbers.min() and numbers.max() <= high:
            return low, high
    return float(numbers.min()), float(numbers.max())


def _numbers(dataset: Dataset, written: Sequence[str | None], name: str) -> NDArray[np.float64]:
    strange = sorted({label for label in written if label is not None and not _is_number(label)})
    if strange:
        raise UsageError(
            f"{dataset.name}: the labels {', '.join(repr(label) for label in strange[:SHOWN])} are no numbers; "
            f"train with task=classification{_others(dataset.clips, name)}"
        )
    return np.array([np.nan if label is None else float(label) for label in written])


def _others(clips: Sequence[ClipRecord], name: str) -> str:
    names = sorted({key for clip in clips for key in clip.targets if key != name})
    return f", or another target ({', '.join(names)})" if names else ""


def _is_number(label: str) -> bool:
    try:
        return bool(np.isfinite(float(label)))
    except ValueError:
        return False
