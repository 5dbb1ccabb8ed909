"""Evaluation of a run on a split: the metrics of what it would score, the spread over seeds, the baselines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.measures.metrics import (
    CLASSIFICATION,
    REGRESSION,
    classification_difference,
    classification_metrics,
    regression_difference,
    regression_metrics,
)
from dmd.measures.paper import beside_paper
from dmd.runs.checkpoint import TrainedRun
from dmd.targets import Targets
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.splits import group_of
from pipeline.errors import UsageError

Floats = NDArray[np.float64]


def evaluate_run(
    run: TrainedRun,
    dataset: Dataset,
    split: str,
    baselines: Mapping[str, Floats] | None = None,
    modalities: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Evaluate a run.

    Parameters
    ----------
    run : TrainedRun
    dataset : Dataset
        With labels, in the split that is named.
    split : str
    baselines : mapping, optional
        Name -> predictions of the split's labelled clips, in their order.
    modalities : sequence of str, optional
        Those the model may look at; by default all it knows.

    Returns
    -------
    dict
        JSON values. `split`, `task`, the metrics of `dmd.measures.metrics` for the mean prediction of all seeds (what
        `dmd score` gives) with their intervals, clustered by video; `seeds`: metric -> `mean`, `deviation`,
        `values` over seeds; `paper` for a public file; `baselines`: name -> metrics, with `difference` (ours minus
        theirs).

    Raises
    ------
    SplitError
        There is no such split.
    FeatureMismatchError
        The features do not fit; the message lists the names that differ.
    UsageError
        No clip of the split has a label.
    """
    run.demand_fit(dataset)
    clips, truth = labelled(dataset, dataset.clips_in(split), run.record.targets, f"split {split!r}")
    found, predictions = run.predict_clips(dataset, dataset.clip_rows(clips), modalities)
    truth = truth[np.isin(clips, found)]
    judge = Judge(run.record.targets, truth, video_groups(dataset, found))
    result = {"split": split, "task": run.record.targets.task, **compared(judge, predictions, baselines or {})}
    if run.record.targets.task == "classification":
        result["classes"] = list(run.record.targets.classes)
    result["paper"] = beside_paper(dataset.notes.get("published") if split == "test" else None, result["seeds"])
    return result


class Judge:
    """Compares predictions of some clips with their labels.

    Parameters
    ----------
    targets : Targets
    truth : ndarray [shape=(c,)]
        Labels, or class indices.
    groups : sequence of str
        The video of each clip.
    """

    def __init__(self, targets: Targets, truth: Floats, groups: Sequence[str]) -> None:
        self.targets = targets
        self.truth = truth
        self.groups = groups

    @property
    def names(self) -> tuple[str, ...]:
        """The scores that are given."""
        return REGRESSION if self.targets.task == "regression" else CLASSIFICATION

    def mean_of(self, predictions: Floats) -> Floats:
        """Return the mean prediction of all seeds [S, ...]."""
        return np.asarray(predictions.mean(axis=0))

    def metrics(self, prediction: Floats) -> dict[str, Any]:
        """Return the metrics of a prediction, [c] scores or [c, C] probabilities."""
        if self.targets.task == "regression":
            return regression_metrics(self._limited(prediction), self.truth, self.groups, self.targets.label_range)
        classes = len(self.targets.classes)
        return classification_metrics(prediction.argmax(axis=-1), self.truth.astype(np.int64), classes, self.groups)

    def over_seeds(self, predictions: Floats) -> dict[str, dict[str, Any]]:
        """Return mean, deviation (n - 1) and the values of each score over seeds; never the best."""
        each = [self.metrics(prediction) for prediction in predictions]
        found = {}
        for name in self.names:
            values = [metrics[name] for metrics in each]
            known = [value for value in values if value is not None]
            found[name] = {
                "mean": float(np.mean(known)) if known else None,
                "deviation": float(np.std(known, ddof=1)) if len(known) > 1 else None,
                "values": values,
            }
        return found

    def difference(self, ours: Floats, theirs: Floats) -> dict[str, dict[str, Any]]:
        """Return the paired differences of all scores, ours minus theirs, with clustered intervals."""
        if self.targets.task == "regression":
            mine, other = self._limited(ours), self._limited(theirs)
            return regression_difference(mine, other, self.truth, self.groups, self.targets.label_range)
        classes = len(self.targets.classes)
        mine, other = ours.argmax(axis=-1), theirs.argmax(axis=-1)
        return classification_difference(mine, other, self.truth.astype(np.int64), classes, self.groups)

    def _limited(self, prediction: Floats) -> Floats:
        """Return scores inside the label range, as they are given out."""
        return np.clip(prediction, self.targets.low, self.targets.high)


def compared(judge: Judge, predictions: Floats, others: Mapping[str, Floats]) -> dict[str, Any]:
    """Return the metrics of the seeds' mean prediction, their spread, and the difference to each other prediction."""
    ours = judge.mean_of(predictions)
    return {
        **judge.metrics(ours),
        "seeds": judge.over_seeds(predictions),
        "baselines": {
            name: {**judge.metrics(theirs), "difference": judge.difference(ours, theirs)}
            for name, theirs in others.items()
        },
    }


def labelled(dataset: Dataset, clips: Sequence[int], targets: Targets, where: str) -> tuple[Rows, Floats]:
    """Return those of the clips that have a label and rows, and their labels.

    Raises
    ------
    UsageError
        None has.
    """
    values = targets.values(dataset, clips)
    has_rows = np.isin(np.array(clips, np.int64), dataset.samples.clip)
    kept = np.isfinite(values) & has_rows
    if not kept.any():
        raise UsageError(f"{dataset.name}: no clip of {where} has a {targets.name!r}; nothing can be compared")
    return np.array(clips, np.int64)[kept], values[kept]


def video_groups(dataset: Dataset, clips: Sequence[int] | Rows) -> tuple[str, ...]:
    """Return the video of each clip (its file where no video is given)."""
    return tuple(group_of(dataset.clips[int(at)], "video") for at in clips)
