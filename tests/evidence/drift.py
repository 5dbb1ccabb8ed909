"""How far a column moves when it should not, against how far it moves from word to word."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_WORDS = 20
"""Fewer words known before and after say nothing."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What a nuisance does to a column."""

    drift: float
    """Root mean square of (after - expected) over words, in deviations between words."""
    shift: float
    """Mean of (after - expected), in deviations between words."""
    correlation: float
    """Between the words' values before and after."""
    kept: float
    """Share of the words known before that are known after."""
    words: int


def spread(values: Floats) -> Floats:
    """Return the deviation of each column between words, [shape=(D,)], of values [words, D] (NaN: unknown)."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    return np.asarray(np.sqrt(squares / np.maximum(count - 1, 1)))


def drifts(expected: Floats, after: Floats, deviation: Floats) -> list[Drift]:
    """Return the drift of every column.

    Parameters
    ----------
    expected : ndarray [shape=(words, D)]
        What the columns should read; NaN where unknown.
    after : ndarray [shape=(words, D)]
        What they read.
    deviation : ndarray [shape=(D,)]
        Of each column between words.
    """
    return [_drift(expected[:, at], after[:, at], float(deviation[at])) for at in range(expected.shape[1])]


def _drift(expected: Floats, after: Floats, deviation: float) -> Drift:
    before, both = np.isfinite(expected), np.isfinite(expected) & np.isfinite(after)
    words = int(both.sum())
    kept = words / max(int(before.sum()), 1)
    apart = after[both] - expected[both]
    if words >= LEAST_WORDS and not apart.any():
        return Drift(0.0, 0.0, 1.0, kept, words)
    if words < LEAST_WORDS or deviation < 1e-9:
        return Drift(float("nan"), float("nan"), float("nan"), kept, words)
    apart = apart / deviation
    return Drift(
        float(np.sqrt((apart**2).mean())), float(apart.mean()), correlation(expected[both], after[both]), kept, words
    )


def correlation(one: Floats, other: Floats) -> float:
    """Return Pearson's r; NaN where either is constant."""
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / size) if size > 1e-12 else float("nan")
