"""Predictions of samples and of clips; a prediction is a function of its sample alone."""

import numpy as np
import torch
from numpy.typing import NDArray

from dmd.system import DmdSystem
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.collate import Collator, to_device

Floats = NDArray[np.float64]
BLOCK = 16
"""Samples a block on a CPU. A block is always full (the last sample repeated), so that the last digits of a
sample's prediction do not depend on how many others are predicted with it."""
GPU_BLOCK = 256


def predict_rows(system: DmdSystem, collator: Collator, rows: Rows, device: torch.device) -> Floats:
    """Return the predictions of samples.

    Parameters
    ----------
    system : DmdSystem
        On ``device``.
    collator : Collator
    rows : ndarray [shape=(k,)]
    device : torch.device

    Returns
    -------
    ndarray [shape=(k,) for regression, (k, C) for classification]
        Scores, or class probabilities, in the order of ``rows``.
    """
    block = BLOCK if device.type == "cpu" else GPU_BLOCK
    width = () if system.config.task == "regression" else (system.config.classes,)
    found = np.zeros((len(rows), *width))
    for places in _same_length(collator, rows):
        for first in range(0, len(places), block):
            here = places[first : first + block]
            full = np.concatenate([here, np.repeat(here[-1:], block - len(here))])
            batch = to_device(collator(rows[full]), device)
            found[here] = system.predict(batch)[: len(here)].double().cpu().numpy()
    return found


def clip_means(dataset: Dataset, rows: Rows, values: Floats) -> tuple[Rows, Floats]:
    """Return the clips that these samples belong to, and the mean of each clip's samples, weighted by rows.

    Returns
    -------
    clips : ndarray [shape=(c,)]
        Indices of clips, increasing.
    means : ndarray [shape=(c,) or (c, C)]
    """
    clips, where = np.unique(dataset.samples.clip[rows], return_inverse=True)
    weight = np.maximum(dataset.samples.weight[rows], 1).astype(np.float64)
    total = np.bincount(where, weight, len(clips))
    flat = values.reshape(len(rows), -1)
    means = np.stack([np.bincount(where, weight * column, len(clips)) / total for column in flat.T], axis=1)
    return clips.astype(np.int64), means.reshape(len(clips), *values.shape[1:])


def _same_length(collator: Collator, rows: Rows) -> list[Rows]:
    """Return places in ``rows`` that can share a block: word pieces of one padded length."""
    if not collator.shape.pieces:
        return [np.arange(len(rows))] if len(rows) else []
    lengths = np.array([collator.piece_length(int(row)) for row in rows], np.int64)
    return [np.flatnonzero(lengths == length) for length in np.unique(lengths)]
