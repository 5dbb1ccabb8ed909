"""Measures of the upper face: brows, eyelids, gaze.

Brows are read against the inner eye corner, which a blink moves least (against the outer one a blink reads as a
raised brow, r = 0.9). Lids and gaze are read against the
width of their own eye, so that they do not depend on how large the eyes of a face are.
"""

from functools import partial

import numpy as np

from extractors.faces.geometry import SIDES, Faces, Float64, Measure, Side, measure, on_both_sides
from extractors.faces.points import (
    BROW_INNER,
    BROW_OUTER,
    EYE_INNER,
    EYE_OUTER,
    IRIS,
    LOWER_LID,
    UPPER_LID,
)

EYE_ASPECT = "eye aspect ratio (Soukupova & Cech 2016); FACS AU43, AU45, AU5"
EYE_WIDTH = "eye width"


def _inner_brow(faces: Faces, side: Side) -> Float64:
    return faces.above(BROW_INNER[side], EYE_INNER[side])


def _outer_brow(faces: Faces, side: Side) -> Float64:
    return faces.above(BROW_OUTER[side], EYE_INNER[side])


def _eye_width(faces: Faces, side: Side) -> Float64:
    return np.maximum(faces.distance(EYE_OUTER[side], EYE_INNER[side]), 1e-6)


def _openness(faces: Faces, side: Side) -> Float64:
    lids = zip(UPPER_LID[side], LOWER_LID[side], strict=True)
    gap = np.mean([faces.distance(upper, lower) for upper, lower in lids], axis=0)
    return np.asarray(gap / _eye_width(faces, side))


def _lower_lid(faces: Faces, side: Side) -> Float64:
    corners = (EYE_INNER[side], EYE_OUTER[side])
    return np.asarray(faces.above(LOWER_LID[side], corners) / _eye_width(faces, side))


def _gaze(faces: Faces, *, upwards: bool) -> Float64:
    """[n] offset of the irises from the middle of their eye corners, in eye widths, mean of both eyes.

    It is taken along the line of the corners and square to it: a slanted eye must not turn a look aside into a
    look up. The mean of both eyes cancels most of what a wrong depth does to one.
    """
    offsets = []
    for side in SIDES:
        leftmost, rightmost = (EYE_OUTER, EYE_INNER) if side == "left" else (EYE_INNER, EYE_OUTER)
        along = (faces.at(leftmost[side]) - faces.at(rightmost[side]))[:, :2]
        offset = (faces.at(IRIS[side]) - (faces.at(leftmost[side]) + faces.at(rightmost[side])) / 2)[:, :2]
        squared = np.maximum((along**2).sum(axis=1), 1e-12)
        cross = along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
        offsets.append((cross if upwards else (along * offset).sum(axis=1)) / squared)
    return np.asarray(np.mean(offsets, axis=0))


UPPER_FACE: tuple[Measure, ...] = (
    *on_both_sides(
        "brow_inner_raise", "height of the inner brow over the inner eye corner: high when raised (AU1)", _inner_brow
    ),
    *on_both_sides(
        "brow_outer_raise", "height of the outer brow over the inner eye corner: high when raised (AU2)", _outer_brow
    ),
    measure(
        "brow_gap",
        "distance between the inner ends of the brows: low when drawn together (AU4)",
        lambda faces: faces.distance(BROW_INNER["left"], BROW_INNER["right"]),
        low=0.0,
    ),
    *on_both_sides(
        "eye_openness",
        "gap between the lids over the width of the eye: near 0 when shut, high when wide open",
        _openness,
        unit=EYE_WIDTH,
        source=EYE_ASPECT,
    ),
    *on_both_sides(
        "lower_lid_raise",
        "height of the lower lid over the line of the eye corners: high when squinting or smiling (AU6, AU7)",
        _lower_lid,
        unit=EYE_WIDTH,
    ),
    measure(
        "gaze_aside",
        "offset of both irises along the eyes, head turn taken out: positive towards the subject's left (AU61)",
        partial(_gaze, upwards=False),
        unit=EYE_WIDTH,
    ),
    measure(
        "gaze_up",
        "offset of both irises square to the eyes, head turn taken out: positive upwards (AU63)",
        partial(_gaze, upwards=True),
        unit=EYE_WIDTH,
    ),
)
