"""A known response: one thing is changed by known amounts, and columns must follow, others must not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

Floats = NDArray[np.float64]

LEAST_RANK = 0.9
"""Mean rank correlation between dose and column that a named column must reach, with the named sign."""
STAYS_WITHIN = 1.0
"""Deviations between words by which a column that is not named may move over the whole range of doses."""


@dataclass(frozen=True, slots=True)
class Named:
    """A column that a stimulus must move."""

    column: str
    sign: int
    """+1 rises with the dose, -1 falls."""
    slope: float | None = None
    """Slope that the definition demands, in the column's unit a unit of dose; None where only the sign is known."""


@dataclass(frozen=True, slots=True)
class Response:
    """What one stimulus did to all columns."""

    slope: Mapping[str, float]
    """Column -> least-squares slope of the median word, mean over clips."""
    rank: Mapping[str, float]
    """Column -> Spearman's rank correlation with the dose, mean over clips."""
    moved: Mapping[str, float]
    """Column -> range of the median word over the doses, in deviations between words, mean over clips."""
    clips: int


def respond(
    values: Sequence[Floats], doses: Sequence[float], names: Sequence[str], spread: Mapping[str, float]
) -> Response:
    """Return the response of every column.

    Parameters
    ----------
    values : sequence of ndarray [shape=(doses, words, D)]
        One entry a clip; NaN where unknown. A word counts where it is known at every dose.
    doses : sequence of float
    names : sequence of str
        D column names.
    spread : mapping
        Column -> deviation between words.
    """
    dose = np.asarray(doses, np.float64)
    slopes, ranks, moves = (np.full((len(values), len(names)), np.nan) for _ in range(3))
    for clip, found in enumerate(values):
        known = np.isfinite(found).all(axis=0)
        for column in range(len(names)):
            if not known[:, column].any():
                continue
            medians = np.median(found[:, known[:, column], column], axis=1)
            slopes[clip, column] = np.polyfit(dose, medians, 1)[0]
            ranks[clip, column] = spearmanr(dose, medians).statistic if np.ptp(medians) > 1e-9 else 0.0
            moves[clip, column] = np.ptp(medians) / max(spread.get(names[column], np.nan), 1e-9)
    return Response(_means(slopes, names), _means(ranks, names), _means(moves, names), len(values))


def _means(values: Floats, names: Sequence[str]) -> dict[str, float]:
    known = np.isfinite(values)
    count = known.sum(axis=0)
    sums = np.where(known, values, 0.0).sum(axis=0)
    return {name: float(sums[at] / count[at]) if count[at] else float("nan") for at, name in enumerate(names)}


def follows(response: Response, named: Named) -> bool:
    """Tell whether a named column follows with the right sign, monotonically."""
    return response.rank[named.column] * named.sign >= LEAST_RANK


def figures(response: Response, named: Sequence[Named], coupled: Sequence[str]) -> dict[str, Any]:
    """Return JSON values: the named columns, and the others that moved further than they may.

    ``coupled`` are columns that the stimulus moves by its nature (a louder vowel is no purer); they are not held
    to stay, and not held to follow.
    """
    held = {item.column for item in named} | set(coupled)
    return {
        "clips": response.clips,
        "named": {
            item.column: {
                "sign": item.sign,
                "demanded_slope": item.slope,
                "slope": response.slope[item.column],
                "rank": response.rank[item.column],
                "moved": response.moved[item.column],
                "follows": follows(response, item),
            }
            for item in named
        },
        "others": sum(name not in held for name in response.moved),
        "strayed": {
            name: moved for name, moved in response.moved.items() if name not in held and moved > STAYS_WITHIN
        },
        "every": {name: [response.slope[name], response.rank[name], moved] for name, moved in response.moved.items()},
    }
