"""The field's metrics, each a function of sums over clips, with 95 % intervals by a bootstrap over videos.

Regression, as MMSA and the published DMD code count: Acc-7, Acc-5 and Acc-3 limit labels and predictions to
[-3, 3], [-2, 2], [-1, 1], round both (half to even) and compare. Acc-2 and F1 "non0" leave out labels of exactly
0 and count a prediction of exactly 0 as negative; "has0" keeps all and counts 0 as positive, in labels and
predictions. F1 is the mean of both classes' F1 weighted by their true counts.

CH-SIMS, whose labels lie in [-1, 1], counts in its own way: Acc-5 and Acc-3 cut the range at ±0.7 and ±0.1, a 0 is
negative in "has0", Acc-7 is not defined. Any other range is mapped to [-3, 3] linearly for the accuracies and
F1, so that their 0 is its middle; MAE is always in units of the labels.

Classification: accuracy, F1 weighted by true counts, F1 as a plain mean over the classes that occur (in labels
or predictions), UAR the mean recall of the classes that occur in labels, and the confusion matrix (rows: truth).

A score that is not defined is None: correlation where labels or predictions are all equal, Acc-2 and F1 non0
without a label that is not 0, everything without clips; an interval is None with fewer than two groups.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.measures.bootstrap import Floats, paired_difference, with_intervals

LabelRange = tuple[float, float]
Classes = NDArray[np.int64]
REGRESSION = ("mae", "corr", "acc7", "acc5", "acc3", "acc2_has0", "f1_has0", "acc2_non0", "f1_non0")
CLASSIFICATION = ("accuracy", "f1_weighted", "f1_macro", "uar")
LOWER_IS_BETTER = ("mae",)
MOSI_RANGE: LabelRange = (-3.0, 3.0)
SIMS_RANGE: LabelRange = (-1.0, 1.0)
SIMS_CUTS = {"acc5": (-0.7, -0.1, 0.1, 0.7), "acc3": (-0.1, 0.1)}
"""A value that stands on a cut belongs below it."""
ROUNDING = 1e-12
"""A spread below this share of its terms is rounding: a replicate that drew one value only."""
LEVELS = {"acc7": 3.0, "acc5": 2.0, "acc3": 1.0}


def regression_metrics(
    prediction: Floats,
    truth: Floats,
    groups: Sequence[str] | None = None,
    label_range: LabelRange = MOSI_RANGE,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the regression metrics with their intervals.

    Parameters
    ----------
    prediction, truth : ndarray [shape=(n,)]
        On the scale of ``label_range``; predictions may lie outside of it.
    groups : sequence of str, optional
        The video of each clip: the bootstrap draws whole videos. By default each clip stands alone.
    label_range : pair of float
        What the scale of the labels is, not what values occur.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        `n`, each name of `REGRESSION`, and each with `_low` and `_high`.
    """
    sums = regression_sums(prediction, truth, label_range)
    return {"n": len(sums), **with_intervals(sums, regression_scores, groups, seed)}


def classification_metrics(
    prediction: Classes, truth: Classes, classes: int, groups: Sequence[str] | None = None, seed: int = 0
) -> dict[str, Any]:
    """Return the classification metrics with their intervals.

    Parameters
    ----------
    prediction, truth : ndarray [shape=(n,)]
        Class indices, 0 to ``classes`` - 1.
    groups, seed
        As in `regression_metrics`.

    Returns
    -------
    dict
        `n`, each name of `CLASSIFICATION`, each with `_low` and `_high`, and `confusion` [C][C], rows truth.
    """
    sums = classification_sums(prediction, truth, classes)
    found = with_intervals(sums, partial(classification_scores, classes=classes), groups, seed)
    return {"n": len(sums), **found, "confusion": sums.sum(axis=0).astype(int).reshape(classes, classes).tolist()}


def regression_difference(
    prediction: Floats,
    other: Floats,
    truth: Floats,
    groups: Sequence[str] | None = None,
    label_range: LabelRange = MOSI_RANGE,
) -> dict[str, dict[str, Any]]:
    """Compare two predictions of the same labels; see `dmd.measures.bootstrap.paired_difference`."""
    sums = [regression_sums(values, truth, label_range) for values in (prediction, other)]
    return paired_difference(sums[0], sums[1], regression_scores, groups)


def classification_difference(
    prediction: Classes, other: Classes, truth: Classes, classes: int, groups: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Compare two predictions of the same labels; see `dmd.measures.bootstrap.paired_difference`."""
    sums = [classification_sums(values, truth, classes) for values in (prediction, other)]
    return paired_difference(sums[0], sums[1], partial(classification_scores, classes=classes), groups)


def regression_sums(prediction: Floats, truth: Floats, label_range: LabelRange = MOSI_RANGE) -> Floats:
    """Return what `regression_scores` adds up, one row a clip [n, S]."""
    x, y = np.asarray(prediction, np.float64).reshape(-1), np.asarray(truth, np.float64).reshape(-1)
    if x.shape != y.shape or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError(f"predictions {x.shape} and labels {y.shape} must pair up and be finite")
    # A column of equal values is exactly 0 after this, and stays so in every replicate.
    cx, cy = (v - v[0] if v.size and v.min() == v.max() else v - v.mean() if v.size else v for v in (x, y))
    px, py = _on_scale(x, label_range), _on_scale(y, label_range)
    sims = label_range == SIMS_RANGE
    hits = [_hit(name, px, py, sims) for name in LEVELS]
    has0 = [v > 0 if sims else v >= 0 for v in (px, py)]
    non0 = [(v > 0) for v in (px, py)]
    columns = [np.ones_like(x), np.abs(x - y), cx, cy, cx * cx, cy * cy, cx * cy, *hits]
    return np.stack([*columns, *_cells(has0[0], has0[1]), *(c * (py != 0) for c in _cells(*non0))], axis=1)


def regression_scores(sums: Floats) -> dict[str, Floats]:
    """Return the scores of sums [..., S]; NaN where not defined."""
    n, error, x, y, xx, yy, xy, *hits = (sums[..., column] for column in range(10))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (n * xx - x * x) * (n * yy - y * y)
        spread = np.where(spread > ROUNDING * n * n * xx * yy, spread, 0.0)
        corr = np.where(spread > 0, (n * xy - x * y) / np.sqrt(np.where(spread > 0, spread, 1)), np.nan)
        shares = {name: hit / n for name, hit in zip(LEVELS, hits, strict=True)}
        scores = {"mae": error / n, "corr": np.clip(corr, -1, 1), **shares}
    for name, first in (("has0", 10), ("non0", 14)):
        table = sums[..., first : first + 4].reshape(*sums.shape[:-1], 2, 2)
        found = _table_scores(table)
        scores |= {f"acc2_{name}": found["accuracy"], f"f1_{name}": found["f1_weighted"]}
    return scores


def classification_sums(prediction: Classes, truth: Classes, classes: int) -> Floats:
    """Return one row a clip [n, C * C], 1 in the cell of its confusion matrix."""
    sums = np.zeros((len(truth), classes * classes))
    sums[np.arange(len(truth)), np.asarray(truth) * classes + np.asarray(prediction)] = 1.0
    return sums


def classification_scores(sums: Floats, classes: int) -> dict[str, Floats]:
    """Return the scores of confusion matrices [..., C * C]; NaN where not defined."""
    return _table_scores(sums.reshape(*sums.shape[:-1], classes, classes))


def _table_scores(table: Floats) -> dict[str, Floats]:
    """Return the scores of confusion matrices [..., C, C], rows truth."""
    hit = np.diagonal(table, axis1=-2, axis2=-1)
    truth, said = table.sum(axis=-1), table.sum(axis=-2)
    total, occurs = truth.sum(axis=-1), truth + said > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(occurs, 2 * hit / np.where(occurs, truth + said, 1), 0.0)
        recall = np.where(truth > 0, hit / np.where(truth > 0, truth, 1), 0.0)
        return {
            "accuracy": hit.sum(axis=-1) / total,
            "f1_weighted": (f1 * truth).sum(axis=-1) / total,
            "f1_macro": f1.sum(axis=-1) / occurs.sum(axis=-1),
            "uar": recall.sum(axis=-1) / (truth > 0).sum(axis=-1),
        }


def _on_scale(values: Floats, label_range: LabelRange) -> Floats:
    if label_range in (MOSI_RANGE, SIMS_RANGE):
        return values
    low, high = label_range
    return (values - (low + high) / 2) / ((high - low) / 2) * MOSI_RANGE[1]


def _hit(name: str, prediction: Floats, truth: Floats, sims: bool) -> Floats:
    if sims:
        cuts = SIMS_CUTS.get(name)
        if cuts is None:
            return np.full_like(truth, np.nan)
        return np.asarray(np.searchsorted(cuts, prediction) == np.searchsorted(cuts, truth), np.float64)
    level = LEVELS[name]
    said, is_ = (np.round(np.clip(values, -level, level)) for values in (prediction, truth))
    return np.asarray(said == is_, np.float64)


def _cells(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> list[Floats]:
    """Return the four cells of the confusion matrix, rows truth: false first."""
    return [np.asarray((truth == t) & (said == s), np.float64) for t in (False, True) for s in (False, True)]
