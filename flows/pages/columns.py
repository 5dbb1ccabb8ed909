"""Columns of a store: how often each was measured, how its values lie, and what looks wrong with it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.track import WordFeatures

SAMPLE_ROWS = 20_000
"""Rows kept for quantiles and histograms. Beyond it every second row is dropped, and so on: a fixed, even sample."""
BINS = 24
OUTLIER_Z = 3.5
"""Distance from the median in robust deviations (Iglewicz and Hoaglin 1993) from which a value is an outlier."""
MAD_TO_STD = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
RARE = 0.05
"""A column measured in a smaller share of the rows is called mostly missing."""
CONSTANT = 0.99
"""A column is near-constant when this share of its values is one and the same."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """One column over all rows of a store."""

    modality: str
    name: str
    present: float
    """Share of the rows in which it was measured."""
    quantiles: tuple[float, ...]
    """Smallest, 5 %, 25 %, 50 %, 75 %, 95 %, largest value; empty if never measured."""
    outliers: float
    """Share of its values further than 3.5 robust deviations from the median; 0 without spread."""
    edges: tuple[float, float]
    """First and last edge of the histogram: the central 99 % of the values."""
    counts: tuple[int, ...]
    """Values per bin, equally wide; those outside the edges are left out."""
    verdict: str
    """`missing`, `mostly missing`, `near-constant`, or empty."""


@dataclass(slots=True)
class RowSample:
    """Rows of one modality, collected clip by clip, in bounded memory."""

    names: tuple[str, ...] = ()
    rows: int = 0
    _present: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _step: int = 1
    _values: list[NDArray[np.float32]] = field(default_factory=list)
    _kept: int = 0

    def add(self, features: WordFeatures) -> None:
        """Take a clip's rows in; rows with other columns than the first clip's are left aside."""
        if not self.rows:
            self.names, self._present = features.names, np.zeros(len(features.names), np.int64)
        if features.names != self.names:
            return
        self._present += features.valid.sum(axis=0)
        keep = (np.arange(len(features.values)) + self.rows) % self._step == 0
        self._values.append(np.where(features.valid, features.values, np.float32(np.nan))[keep])
        self._kept += int(keep.sum())
        self.rows += len(features.values)
        if self._kept > SAMPLE_ROWS:
            self._step *= 2
            self._values = [np.concatenate(self._values)[::2]]
            self._kept = len(self._values[0])

    def summaries(self, modality: str) -> list[ColumnSummary]:
        """Return one summary a column, in the order of the columns."""
        if not self.rows:
            return []
        values = np.concatenate(self._values).astype(np.float64)
        shares = self._present / self.rows
        return [
            _summary(modality, name, float(shares[column]), values[:, column])
            for column, name in enumerate(self.names)
        ]


def robust_spread(values: Floats) -> float:
    """Return the standard deviation that the middle of the values suggests; 0 for constant values."""
    median = np.median(values)
    spread = MAD_TO_STD * float(np.median(np.abs(values - median)))
    if spread:
        return spread
    low, high = np.percentile(values, [25, 75])
    return float(high - low) / 1.349


def _summary(modality: str, name: str, present: float, column: Floats) -> ColumnSummary:
    values = column[np.isfinite(column)]
    if not values.size:
        return ColumnSummary(
            modality, name, present, (), 0.0, (0.0, 0.0), (), "missing" if not present else "mostly missing"
        )
    spread = robust_spread(values)
    outliers = float((np.abs(values - np.median(values)) > OUTLIER_Z * spread).mean()) if spread else 0.0
    low, high = np.percentile(values, [0.5, 99.5])
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, _ = np.histogram(values, bins=BINS, range=(low, high))
    quantiles = np.percentile(values, [0, 5, 25, 50, 75, 95, 100])
    verdict = "mostly missing" if present < RARE else "near-constant" if _constant(values) else ""
    return ColumnSummary(
        modality,
        name,
        present,
        tuple(float(value) for value in quantiles),
        outliers,
        (float(low), float(high)),
        tuple(int(count) for count in counts),
        verdict,
    )


def _constant(values: Floats) -> bool:
    """Return True if nearly all values are the same, exactly or to six digits."""
    if values.size < 2:
        return False
    if float(np.ptp(values)) <= 1e-6 * max(1e-12, float(np.abs(values).max())):
        return True
    return bool(np.unique(values, return_counts=True)[1].max() / values.size >= CONSTANT)
