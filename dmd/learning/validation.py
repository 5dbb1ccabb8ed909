"""What a seed's epochs are compared by on the validation split."""

import numpy as np
from numpy.typing import NDArray

from dmd.measures.metrics import classification_scores, classification_sums

Floats = NDArray[np.float64]
PUBLISHED_DECIMALS = 4
"""The published loop rounds the validation loss before it compares."""


def loss(scores: Floats, labels: Floats) -> float:
    """Return the mean absolute error [c], or the mean negative log probability of the true classes [c, C]."""
    if scores.ndim == 1:
        return float(np.abs(scores - labels).mean())
    true = scores[np.arange(len(labels)), labels.astype(int)]
    return float(-np.log(np.maximum(true, 1e-12)).mean())


def f1_weighted(scores: Floats, labels: Floats) -> float:
    """Return the weighted F1 of class probabilities [c, C]."""
    sums = classification_sums(scores.argmax(axis=1), labels.astype(np.int64), scores.shape[1])
    return float(classification_scores(sums.sum(axis=0), scores.shape[1])["f1_weighted"])


def published_loss(scores: Floats, labels: NDArray[np.float32] | NDArray[np.int64], batch_size: int) -> float:
    """Return the mean of the batches' mean absolute errors, rounded, as the published loop has it."""
    errors = np.abs(scores - labels)
    means = [errors[first : first + batch_size].mean() for first in range(0, len(errors), batch_size)]
    return round(float(np.mean(means)), PUBLISHED_DECIMALS)
