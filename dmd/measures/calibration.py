"""How far to trust a score: intervals and probabilities calibrated on the validation split.

Regression: split conformal prediction. The half width is the ceil((n + 1) * coverage)-th smallest absolute error
on n validation clips, so an interval covers the label of a new clip of the same kind with at least this
probability (Vovk et al. 2005; Lei et al. 2018). With too few clips for the level, the interval is the whole
label range. The validation split has also stopped the training, which makes the intervals a little too narrow.

Classification: probabilities are calibrated by one temperature (Guo et al. 2017), and the interval is Wilson's
(1927) for the share of right answers among validation clips of similar probability.
"""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Floats = NDArray[np.float64]
COVERAGE = 0.9
WILSON_Z = 1.6448536
"""Two-sided 90 % of a normal distribution, the same level as the intervals of regression."""
BIN_CLIPS = 20
MOST_BINS = 10
TEMPERATURES = np.geomspace(0.25, 8.0, 121)


class RegressionCalibration(BaseModel):
    """An interval of one width around every score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["regression"] = "regression"
    coverage: float
    half_width: float | None
    """None: too few validation clips for this coverage; the interval is the whole label range."""
    clips: int
    low: float
    high: float
    """The label range."""

    def interval(self, score: float) -> tuple[float, float]:
        """Return where the label lies with the stated coverage, inside the label range."""
        if self.half_width is None:
            return self.low, self.high
        inside = min(max(score, self.low), self.high)
        return max(self.low, inside - self.half_width), min(self.high, inside + self.half_width)


class ClassificationCalibration(BaseModel):
    """A temperature for the probabilities, and how often the validation clips of each probability were right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["classification"] = "classification"
    temperature: float
    clips: int
    edges: tuple[float, ...]
    """Upper edges of the bins of probability, the last 1."""
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    """Wilson interval of the share of right answers in each bin."""

    def apply(self, probabilities: Floats) -> Floats:
        """Return calibrated probabilities [B, C]."""
        return tempered(probabilities, self.temperature)

    def interval(self, score: float) -> tuple[float, float]:
        """Return the interval for the probability that the label is right; it includes the score."""
        at = min(int(np.searchsorted(self.edges, score)), len(self.edges) - 1)
        return min(self.lows[at], score), max(self.highs[at], score)


Calibration = Annotated[RegressionCalibration | ClassificationCalibration, Field(discriminator="kind")]


def calibrate_regression(
    prediction: Floats, truth: Floats, label_range: tuple[float, float], coverage: float = COVERAGE
) -> RegressionCalibration:
    """Fit the interval on validation clips [n]."""
    errors = np.sort(np.abs(np.asarray(prediction) - np.asarray(truth)))
    rank = int(np.ceil((len(errors) + 1) * coverage))
    half_width = float(errors[rank - 1]) if 1 <= rank <= len(errors) else None
    return RegressionCalibration(
        coverage=coverage, half_width=half_width, clips=len(errors), low=label_range[0], high=label_range[1]
    )


def calibrate_classification(probabilities: Floats, truth: NDArray[np.int64]) -> ClassificationCalibration:
    """Fit temperature and bins on validation clips: probabilities [n, C], labels [n]."""
    rows = np.arange(len(truth))
    losses = [
        float(-np.log(np.maximum(tempered(probabilities, t)[rows, truth], 1e-12)).mean()) if len(truth) else 0.0
        for t in TEMPERATURES
    ]
    temperature = float(TEMPERATURES[int(np.argmin(losses))]) if len(truth) >= BIN_CLIPS else 1.0
    said = tempered(probabilities, temperature)
    top, right = said.max(axis=1, initial=0.0), said.argmax(axis=1) == truth if len(truth) else np.zeros(0, bool)
    order = np.argsort(top, kind="stable")
    parts = np.array_split(order, max(1, min(MOST_BINS, len(truth) // BIN_CLIPS)))
    edges = [float(top[part[-1]]) for part in parts[:-1]] + [1.0]
    bounds = [wilson(int(right[part].sum()), len(part)) for part in parts]
    return ClassificationCalibration(
        temperature=temperature,
        clips=len(truth),
        edges=tuple(edges),
        lows=tuple(low for low, _ in bounds),
        highs=tuple(high for _, high in bounds),
    )


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Return probabilities [B, C] whose logits are divided by a temperature."""
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12)) / temperature
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return Wilson's interval for a share; (0, 1) without any trial."""
    if count == 0:
        return 0.0, 1.0
    share, z2 = right / count, WILSON_Z**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = WILSON_Z * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))
