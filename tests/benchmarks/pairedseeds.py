"""The paired difference of two predictions over seeds: the mean of the seeds' scores, never the best seed's."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.measures.bootstrap import interval, resampled
from dmd.measures.metrics import classification_scores, classification_sums, regression_scores, regression_sums
from dmd.targets import Targets

Floats = NDArray[np.float64]


def mean_differences(
    ours: Floats, theirs: Floats, truth: Floats, groups: Sequence[str], targets: Targets, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return for each score its mean over our seeds minus its mean over theirs, with a clustered 95 % interval.

    Each replicate draws the same videos for every seed of both. The interval holds for these seeds: it is wide by
    the choice of videos, and the spread over seeds stands beside it.

    Parameters
    ----------
    ours, theirs : ndarray [shape=(S, c) or (S, c, C)]
        Predictions; a baseline without seeds has S = 1.
    truth : ndarray [shape=(c,)]
    groups : sequence of str
        The video of each clip.
    targets : Targets
    names : sequence of str
        The scores to compare.
    """
    sums_of, scores_of = _rules(targets)
    sides = []
    for predictions in (ours, theirs):
        sums = [sums_of(each, truth) for each in predictions]
        whole = [scores_of(each.sum(axis=0)) for each in sums]
        drawn = [scores_of(resampled(each, groups)) for each in sums]
        sides.append({name: ([s[name] for s in whole], np.mean([s[name] for s in drawn], axis=0)) for name in names})
    found = {}
    for name in names:
        (mine, my_draws), (other, other_draws) = sides[0][name], sides[1][name]
        low, high = interval(my_draws - other_draws)
        found[name] = {
            "ours": float(np.mean(mine)),
            "ours_deviation": float(np.std(mine, ddof=1)) if len(mine) > 1 else None,
            "theirs": float(np.mean(other)),
            "difference": float(np.mean(mine) - np.mean(other)),
            "low": low,
            "high": high,
            "excludes_zero": low is not None and high is not None and (low > 0 or high < 0),
        }
    return found


def _rules(targets: Targets) -> tuple[Callable[[Floats, Floats], Floats], Callable[[Floats], dict[str, Floats]]]:
    """Return how predictions become sums, and sums scores."""
    if targets.task == "regression":
        return (
            lambda found, truth: regression_sums(
                np.clip(found, targets.low, targets.high), truth, targets.label_range
            ),
            regression_scores,
        )
    classes = len(targets.classes)
    return (
        lambda found, truth: classification_sums(found.argmax(axis=-1), truth.astype(np.int64), classes),
        partial(classification_scores, classes=classes),
    )
