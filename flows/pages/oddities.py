"""The strangest clips: those whose columns lie far from the other clips' columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flows.pages.columns import OUTLIER_Z, robust_spread
from pipeline.track import WordFeatures

MIN_CLIPS = 8
"""Fewer clips than this have no middle to be far from."""
NAMED = 3
"""Columns that are named for a clip."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Oddity:
    """One strange clip."""

    clip_id: str
    share: float
    """Share of its measured columns whose clip mean is an outlier among the clips."""
    columns: tuple[tuple[str, float], ...]
    """The columns furthest off, with their distance from the median in robust deviations."""


@dataclass(slots=True)
class ClipMeans:
    """Each clip's mean of each voice and face column, collected clip by clip."""

    names: tuple[str, ...] = ()
    _ids: list[str] = field(default_factory=list)
    _means: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, clip_id: str, features: Sequence[tuple[str, WordFeatures]]) -> None:
        """Take a clip in; a clip with other columns than the first is left aside."""
        names = tuple(f"{modality}.{name}" for modality, rows in features for name in rows.names)
        if not self._ids:
            self.names = names
        if names != self.names:
            return
        self._ids.append(clip_id)
        self._means.append(np.concatenate([_means(rows) for _, rows in features]).astype(np.float32))

    def strangest(self, count: int) -> list[Oddity]:
        """Return the clips with the largest share of outlying columns, at most ``count``, the strangest first."""
        if len(self._ids) < MIN_CLIPS:
            return []
        z = _robust_z(np.stack(self._means).astype(np.float64))
        outlying = np.abs(z) > OUTLIER_Z
        shares = outlying.sum(axis=1) / np.maximum(1, np.isfinite(z).sum(axis=1))
        order = sorted(np.flatnonzero(shares > 0), key=lambda clip: (-shares[clip], self._ids[clip]))[:count]
        return [Oddity(self._ids[clip], float(shares[clip]), self._furthest(z[clip])) for clip in order]

    def _furthest(self, z: Floats) -> tuple[tuple[str, float], ...]:
        distance = np.where(np.isfinite(z), np.abs(z), 0.0)
        order = np.argsort(-distance, kind="stable")[:NAMED]
        return tuple((self.names[column], float(z[column])) for column in order if distance[column] > OUTLIER_Z)


def _means(rows: WordFeatures) -> Floats:
    """Return the mean of each column over its known values, NaN where there is none."""
    counts = rows.valid.sum(axis=0)
    sums = rows.values.astype(np.float64).sum(axis=0)
    means: Floats = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return means


def _robust_z(means: Floats) -> Floats:
    """Return distances from the median of the clips in robust deviations; NaN where unknown or without spread."""
    z = np.full(means.shape, np.nan)
    for column in range(means.shape[1]):
        known = np.isfinite(means[:, column])
        values = means[known, column]
        spread = robust_spread(values) if values.size >= MIN_CLIPS else 0.0
        if spread:
            z[known, column] = (values - np.median(values)) / spread
    return z
