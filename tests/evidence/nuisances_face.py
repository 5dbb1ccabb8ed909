"""Drift of the face columns under what a camera and a file may do."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.evidence.drift import Drift, drifts, spread
from tests.evidence.face_values import COLUMNS, NAMES, window_values
from tests.evidence.material import Film
from tests.evidence.picture_nuisances import PICTURE_NUISANCES, PictureNuisance


def nuisances_face(
    films: Sequence[Film], nuisances: Sequence[PictureNuisance] = PICTURE_NUISANCES
) -> tuple[dict[str, float], dict[str, dict[str, Drift]]]:
    """Return the deviation of each column between windows, and column -> nuisance -> drift."""
    seconds = [float(film.times_s[-1] + np.median(np.diff(film.times_s))) for film in films]
    before = np.concatenate([window_values(film, s) for film, s in zip(films, seconds, strict=True)])
    deviation = _deviation(before)
    found: dict[str, dict[str, Drift]] = {name: {} for name in NAMES}
    for nuisance in nuisances:
        after = np.concatenate([window_values(nuisance.alter(f), s) for f, s in zip(films, seconds, strict=True)])
        every = drifts(nuisance.expected(before, NAMES), after, deviation)
        for name, drift in zip(NAMES, every, strict=True):
            found[name][nuisance.name] = drift
    return dict(zip(NAMES, deviation, strict=True)), found


def _deviation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviation between windows; a column that never moves in this material counts by a quarter of its range."""
    measured = spread(values)
    for at, column in enumerate(COLUMNS):
        if measured[at] < 1e-9 and column.low is not None and column.high is not None:
            measured[at] = (column.high - column.low) / 4
    return measured
