"""What is measured on one face: distances and ratios in the head's own frame, each with its meaning.

A measure stands as one row: the column it fills and the rule that fills it. Lengths are in face sizes (the root
mean square distance of the points that expression hardly moves from their centre; 1 is about 0.8 of the span of
the outer eye corners), so that position, scale and head rotation leave them unchanged, as far as the landmark
model places its points in depth correctly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.track import FeatureColumn

Float64 = NDArray[np.float64]
Side = Literal["left", "right"]
"""The subject's own."""
SIDES: tuple[Side, Side] = ("left", "right")
Point = int | Sequence[int]
"""A landmark, or several whose mean stands for one."""

FACS = "FACS (Ekman, Friesen & Hager 2002)"
LENGTH = "face size"


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """n faces in their head frames, with the ruler that the measures use."""

    points: Float64
    """[shape=(n, 478, 3)] face sizes; x towards the subject's left, y up, z out of the face."""

    def at(self, point: Point) -> Float64:
        """[n, 3] a point, or the mean of several."""
        if isinstance(point, int):
            return self.points[:, point]
        return np.asarray(self.points.take(point, axis=1).mean(axis=1))

    def aside(self, point: Point, origin: Point) -> Float64:
        """[n] how far ``point`` lies to the subject's left of ``origin``."""
        return np.asarray(self.at(point)[:, 0] - self.at(origin)[:, 0])

    def above(self, point: Point, origin: Point) -> Float64:
        """[n] how far ``point`` lies above ``origin``."""
        return np.asarray(self.at(point)[:, 1] - self.at(origin)[:, 1])

    def ahead(self, point: Point, origin: Point) -> Float64:
        """[n] how far ``point`` stands out before ``origin``."""
        return np.asarray(self.at(point)[:, 2] - self.at(origin)[:, 2])

    def distance(self, point: Point, other: Point) -> Float64:
        """[n] length of the straight line between two points."""
        return np.asarray(np.linalg.norm(self.at(point) - self.at(other), axis=1))


@dataclass(frozen=True, slots=True)
class Measure:
    """A column and the rule that fills it."""

    column: FeatureColumn
    rule: Callable[[Faces], Float64]


def measure(
    name: str,
    meaning: str,
    rule: Callable[[Faces], Float64],
    *,
    unit: str = LENGTH,
    source: str = FACS,
    low: float | None = None,
) -> Measure:
    """Return a measure; shortens the tables of `upper` and `lower`."""
    return Measure(FeatureColumn(name, unit, meaning, source, low=low), rule)


def on_both_sides(
    name: str,
    meaning: str,
    rule: Callable[[Faces, Side], Float64],
    *,
    unit: str = LENGTH,
    source: str = FACS,
    low: float | None = None,
) -> tuple[Measure, ...]:
    """Return the measure on the subject's left, on the right, and the left minus the right."""
    sides = [
        measure(
            f"{name}_{side}",
            f"{meaning}, subject's {side}",
            partial(_on_side, rule, side),
            unit=unit,
            source=source,
            low=low,
        )
        for side in SIDES
    ]
    asymmetry = measure(
        f"{name}_asymmetry",
        f"{name}_left minus {name}_right: above 0 the left side is the stronger",
        lambda faces: rule(faces, "left") - rule(faces, "right"),
        unit=unit,
        source=source,
    )
    return (*sides, asymmetry)


def _on_side(rule: Callable[[Faces, Side], Float64], side: Side, faces: Faces) -> Float64:
    return rule(faces, side)


def evaluate(measures: Sequence[Measure], faces: Faces) -> Float64:
    """Return what the measures read on every face, [shape=(n, len(measures))]."""
    if not measures:
        return np.zeros((len(faces.points), 0))
    return np.stack([item.rule(faces) for item in measures], axis=1)
