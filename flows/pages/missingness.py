"""Whether missingness goes with the label: a model can learn that no face means one label, and be wrong elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flows.pages.facts import ClipFacts

MIN_CLIPS = 12
"""Fewer labelled clips than this say nothing about it."""
MODALITIES = ("text", "audio", "face")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Association:
    """How much one way of missing goes with the label."""

    what: str
    """`face rows missing`, or the name of a flag."""
    clips: int
    """Clips that have it at all, of those with a label."""
    effect: float
    """Spearman's rho for labels that are numbers, else eta squared of the Kruskal-Wallis test, 0 to 1."""
    p: float
    """Probability of as much by chance, corrected for the number of rows (Benjamini-Hochberg)."""

    @property
    def suspicious(self) -> bool:
        """True if chance is no good explanation."""
        return self.p < 0.05


@dataclass(frozen=True, slots=True)
class Missingness:
    """The outcome for a store."""

    labelled: int
    task: str
    """`regression` if all labels are numbers, else `classification`; empty without labels."""
    rows: tuple[Association, ...]
    """Most suspicious first; empty if nothing is missing or too few clips have a label."""


def missingness(clips: Sequence[ClipFacts]) -> Missingness:
    """Test each way of missing against the label.

    Ways: the share of rows without text, audio, face, and each flag. A way that no labelled clip or every
    one has to the same degree is left out.
    """
    labelled = [clip for clip in clips if clip.label not in (None, "")]
    numbers = [_number(clip.label) for clip in labelled]
    task = "" if not labelled else "classification" if any(value is None for value in numbers) else "regression"
    if len(labelled) < MIN_CLIPS:
        return Missingness(len(labelled), task, ())
    if task == "regression":
        labels = np.array(numbers, np.float64)
    else:
        labels = np.unique([clip.label or "" for clip in labelled], return_inverse=True)[1].astype(np.float64)
    if np.ptp(labels) == 0:
        return Missingness(len(labelled), task, ())
    found = [
        (what, int((degree > 0).sum()), *_test(degree, labels, task))
        for what, degree in _ways(labelled)
        if np.ptp(degree) > 0
    ]
    corrected = benjamini_hochberg([p for *_, p in found])
    rows = [Association(what, n, effect, p) for (what, n, effect, _), p in zip(found, corrected, strict=True)]
    return Missingness(len(labelled), task, tuple(sorted(rows, key=lambda row: (row.p, -abs(row.effect), row.what))))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Benjamini and Hochberg 1995), in the same order."""
    order = np.argsort(p)
    scaled = np.asarray(p, np.float64)[order] * len(p) / np.arange(1, len(p) + 1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return [float(value) for value in corrected]


def _ways(clips: Sequence[ClipFacts]) -> list[tuple[str, Floats]]:
    shares = np.array([clip.missing for clip in clips], np.float64)
    ways = [(f"{modality} rows missing", shares[:, at]) for at, modality in enumerate(MODALITIES)]
    flags = sorted({flag for clip in clips for flag in clip.flags})
    ways += [(flag, np.array([float(flag in clip.flags) for clip in clips])) for flag in flags]
    return ways


def _test(degree: Floats, labels: Floats, task: str) -> tuple[float, float]:
    from scipy import stats

    if task == "regression":
        result = stats.spearmanr(degree, labels)
        return float(result.statistic), float(result.pvalue)
    groups = [degree[labels == label] for label in np.unique(labels)]
    outcome = stats.kruskal(*groups)
    # Eta squared of H (Tomczak and Tomczak 2014): 0 none, 1 the label alone decides.
    effect = (float(outcome.statistic) - len(groups) + 1) / max(1, len(degree) - len(groups))
    return min(1.0, max(0.0, effect)), float(outcome.pvalue)


def _number(label: str | None) -> float | None:
    try:
        value = float(label or "")
    except ValueError:
        return None
    return value if np.isfinite(value) else None
