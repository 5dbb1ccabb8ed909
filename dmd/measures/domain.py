"""Out of domain: how much of a clip lies outside of what the model saw in training."""

from collections.abc import Sequence

import numpy as np

from pipeline.dataset import Dataset, Rows
from pipeline.datasets.normaliser import Normaliser

PERCENTILE = 99.0
MARGIN = 1.5
FLOOR = 0.02
"""A clip is out of domain if, in any modality, the share of its values outside the training range is above 1.5
times what 99 % of the validation samples stay under, and above 2 % in any case."""


def domain_limits(
    dataset: Dataset, normaliser: Normaliser, valid: Rows, modalities: Sequence[str]
) -> dict[str, float]:
    """Return the share of values outside the training range above which a sample is out of domain, by modality."""
    limits = {}
    for modality in modalities:
        shares = [
            share for row in valid for share in [_share(dataset, normaliser, modality, int(row))] if share is not None
        ]
        usual = float(np.percentile(shares, PERCENTILE)) if shares else 0.0
        limits[modality] = max(FLOOR, MARGIN * usual)
    return limits


def outside(
    dataset: Dataset, normaliser: Normaliser, row: int, limits: dict[str, float], modalities: Sequence[str]
) -> bool:
    """Tell whether a sample is out of domain in any of these modalities."""
    shares = ((m, _share(dataset, normaliser, m, row)) for m in modalities if m in limits)
    return any(share is not None and share > limits[m] for m, share in shares)


def _share(dataset: Dataset, normaliser: Normaliser, modality: str, row: int) -> float | None:
    if not dataset.modalities[modality].width or not dataset.modalities[modality].present[row]:
        return None
    values, real = dataset.modalities[modality].sample(row)
    return normaliser.scalings[modality].beyond(values[real])
