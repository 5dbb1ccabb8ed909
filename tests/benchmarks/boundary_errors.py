"""How far word boundaries are from the truth, in the figures that every alignment benchmark prints."""

import numpy as np
from numpy.typing import NDArray

ROUNDING_MS = 0.001
"""Truths stand on a grid of 10 ms: a difference of exactly 100 ms must not fall to rounding."""


def summary(errors_ms: NDArray[np.float64]) -> dict[str, float]:
    """Return mean, median, 95th percentile, worst and the shares within 50 and 100 ms; starts and ends pooled.

    Parameters
    ----------
    errors_ms : ndarray [shape=(L, 2)]
        Of starts and ends, of either sign.
    """
    size = np.abs(errors_ms)
    return {
        "mean_ms": float(size.mean()),
        "median_ms": float(np.median(size)),
        "p95_ms": float(np.percentile(size, 95)),
        "max_ms": float(size.max()),
        "within_50ms": float((size <= 50.0 + ROUNDING_MS).mean()),
        "within_100ms": float((size <= 100.0 + ROUNDING_MS).mean()),
        "start_mean_ms": float(size[:, 0].mean()),
        "end_mean_ms": float(size[:, 1].mean()),
    }
