"""A bootstrap that draws whole groups: clips of one video are alike and count as one draw."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scores = Mapping[str, Floats]
ScoresOf = Callable[[Floats], Scores]
"""Sums [..., S] -> name -> score [...]; NaN where a score is not defined."""
REPLICATES = 2000
INTERVAL_PERCENT = (2.5, 97.5)
REPLICATES_AT_ONCE = 200
LEAST_DEFINED = 0.5
"""An interval is given only if the score is defined in at least this share of the replicates."""


def resampled(sums: Floats, groups: Sequence[str] | None, seed: int = 0) -> Floats:
    """Return the sums of each replicate.

    Parameters
    ----------
    sums : ndarray [shape=(n, S)]
        One row a clip; every score is a function of their sum.
    groups : sequence of str, optional
        The group of each clip; by default each clip is its own.
    seed : int

    Returns
    -------
    ndarray [shape=(REPLICATES, S)]
        As many groups as there are, drawn with replacement; empty with fewer than two groups, which tell
        nothing of the spread.
    """
    of_group = _group_sums(sums, groups)
    count = len(of_group)
    if count < 2:
        return np.zeros((0, sums.shape[1]))
    rng = np.random.default_rng(seed)
    drawn = []
    for first in range(0, REPLICATES, REPLICATES_AT_ONCE):
        size = min(REPLICATES_AT_ONCE, REPLICATES - first)
        picks = rng.integers(0, count, (size, count))
        times = np.stack([np.bincount(row, minlength=count) for row in picks])
        drawn.append(times @ of_group)
    return np.concatenate(drawn)


def with_intervals(
    sums: Floats, scores: ScoresOf, groups: Sequence[str] | None = None, seed: int = 0
) -> dict[str, float | None]:
    """Return each score of all clips, and its 95 % interval as `_low` and `_high`; None where not defined."""
    replicates = scores(resampled(sums, groups, seed))
    found: dict[str, float | None] = {}
    for name, value in scores(sums.sum(axis=0)).items():
        low, high = interval(replicates[name])
        found |= {name: defined(value), f"{name}_low": low, f"{name}_high": high}
    return found


def paired_difference(
    sums: Floats, other: Floats, scores: ScoresOf, groups: Sequence[str] | None = None, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Compare two predictions of the same clips: each replicate draws the same clips for both.

    Parameters
    ----------
    sums, other : ndarray [shape=(n, S)]
        Row i is the same clip in both.

    Returns
    -------
    dict
        Score -> `difference` (first minus other), `low`, `high`, `excludes_zero`.
    """
    here, there = scores(resampled(sums, groups, seed)), scores(resampled(other, groups, seed))
    whole, whole_other = scores(sums.sum(axis=0)), scores(other.sum(axis=0))
    found = {}
    for name, value in whole.items():
        low, high = interval(here[name] - there[name])
        excludes = low is not None and high is not None and (low > 0 or high < 0)
        found[name] = {
            "difference": defined(value - whole_other[name]),
            "low": low,
            "high": high,
            "excludes_zero": excludes,
        }
    return found


def interval(replicates: Floats) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a score's replicates; None where it is mostly not defined."""
    known = replicates[np.isfinite(replicates)]
    if known.size == 0 or known.size < LEAST_DEFINED * replicates.size:
        return None, None
    low, high = np.percentile(known, INTERVAL_PERCENT)
    return float(low), float(high)


def defined(value: Any) -> float | None:
    """Return a number, None for NaN: JSON has no NaN."""
    return float(value) if np.isfinite(value) else None


def _group_sums(sums: Floats, groups: Sequence[str] | None) -> Floats:
    if groups is None:
        return sums
    _, index = np.unique(np.array(groups, dtype=str), return_inverse=True)
    total = np.zeros((int(index.max(initial=-1)) + 1, sums.shape[1]))
    np.add.at(total, index, sums)
    return total
