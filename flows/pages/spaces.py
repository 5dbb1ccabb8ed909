"""The decoupled spaces in two dimensions: what each modality keeps to itself, and what it shares."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dmd.output import Decoupled
    from dmd.runs.checkpoint import TrainedRun
    from pipeline.dataset import Dataset, Rows

MOST_SAMPLES = 200
"""Points of each kind; more of them only cover each other."""
BLOCK = 16
KINDS = {"specific": "own", "common": "shared"}
"""The paper's s_m and c_m, in plain words."""
Floats = NDArray[np.float64]


def decoupled_spaces(run: "TrainedRun", dataset: "Dataset", rows: "Rows") -> dict[str, Any]:
    """Return where the first seed's model puts some samples.

    The features of a sample are means over its observed steps; all kinds together span one plane, the two
    directions of largest variance (principal components).

    Parameters
    ----------
    run : TrainedRun
    dataset : Dataset
        Whose features fit the run.
    rows : ndarray [shape=(k,)]
        Samples; an even choice of at most 200 is taken.

    Returns
    -------
    dict
        `explained`, the share of the variance in each direction, and `groups`, each with `label`, `x`, `y`; empty
        where there is nothing to show.
    """
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(MOST_SAMPLES, len(rows))).astype(int))]
    means = _means(run, dataset, chosen)
    stacked = np.concatenate(list(means.values())) if means else np.zeros((0, 0))
    if len(stacked) < 3:
        return {}
    centred = stacked - stacked.mean(axis=0)
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    if not spread[0]:
        return {}
    # The sign of a direction is arbitrary; its largest part shall be positive, so that a page is repeatable.
    flip = np.sign(axes[np.arange(2), np.abs(axes[:2]).argmax(axis=1)])
    plane = axes[:2] * flip[:, None]
    middle = stacked.mean(axis=0)
    return {
        "explained": (spread[:2] ** 2 / (spread**2).sum()).tolist(),
        "groups": [
            {
                "label": label,
                "x": ((values - middle) @ plane[0]).tolist(),
                "y": ((values - middle) @ plane[1]).tolist(),
            }
            for label, values in means.items()
        ],
    }


def _means(run: "TrainedRun", dataset: "Dataset", rows: "Rows") -> dict[str, Floats]:
    import torch

    from pipeline.datasets.collate import to_device

    collator, system = run.collator(dataset), run.systems[0]
    found: dict[str, list[Floats]] = {}
    for first in range(0, len(rows), BLOCK):
        batch = to_device(collator(rows[first : first + BLOCK]), run.device)
        with torch.no_grad():
            output = system(batch)
        for modality, parts in output.decoupled.items():
            for kind, word in KINDS.items():
                found.setdefault(f"{modality}, {word}", []).append(_pooled(parts, kind))
    return {label: np.concatenate(parts) for label, parts in found.items() if sum(map(len, parts))}


def _pooled(parts: "Decoupled", kind: str) -> Floats:
    """Return the mean over observed steps [b, H] of the samples that have any."""
    observed = parts.observed.double().unsqueeze(-1)
    count = observed.sum(dim=1)
    total = (getattr(parts, kind).double() * observed).sum(dim=1)
    here = count[:, 0] > 0
    return np.asarray((total[here] / count[here]).cpu().numpy())
