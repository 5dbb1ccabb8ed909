"""Measures of the lower face: mouth, lips, jaw, cheeks, nose.

Places of the mouth are read against the bridge of the nose: the nose base rises with a smile. A smile's corners
are read both outwards and upwards, because they travel along a slanted line.
"""

import numpy as np

from extractors.faces.geometry import Faces, Float64, Measure, Side, measure, on_both_sides
from extractors.faces.points import (
    BRIDGE,
    CHEEK,
    CHIN,
    EYE_INNER,
    JAW,
    LOWER_LID,
    LOWER_LIP_BOTTOM,
    LOWER_LIP_INNER,
    MOUTH_CORNER,
    NOSE_WING,
    UPPER_LIP_INNER,
    UPPER_LIP_TOP,
)

_LIPS = (*UPPER_LIP_TOP, *UPPER_LIP_INNER, *LOWER_LIP_INNER, *LOWER_LIP_BOTTOM)
_CORNERS = (MOUTH_CORNER["left"], MOUTH_CORNER["right"])


def _outwards(faces: Faces, side: Side) -> Float64:
    return faces.aside(MOUTH_CORNER[side], BRIDGE) * (1.0 if side == "left" else -1.0)


def _corner_height(faces: Faces, side: Side) -> Float64:
    return faces.above(MOUTH_CORNER[side], BRIDGE)


def _smile(faces: Faces, side: Side) -> Float64:
    return np.asarray((_outwards(faces, side) + _corner_height(faces, side)) / np.sqrt(2.0))


def _cheek(faces: Faces, side: Side) -> Float64:
    return -faces.distance(CHEEK[side], LOWER_LID[side])


def _nose_wing(faces: Faces, side: Side) -> Float64:
    return faces.above(NOSE_WING[side], EYE_INNER[side])


def mouth_gap(faces: Faces) -> Float64:
    """[n] distance between the inner edges of the lips."""
    return faces.distance(UPPER_LIP_INNER, LOWER_LIP_INNER)


def mouth_height(faces: Faces) -> Float64:
    """[n] distance between the outer edges of the lips; what a talking mouth is recognised by."""
    return faces.distance(UPPER_LIP_TOP, LOWER_LIP_BOTTOM)


def mouth_width(faces: Faces) -> Float64:
    """[n] distance between the mouth corners."""
    return faces.distance(MOUTH_CORNER["left"], MOUTH_CORNER["right"])


def _upper_lip(faces: Faces) -> Float64:
    return faces.distance(UPPER_LIP_TOP, UPPER_LIP_INNER)


def _lower_lip(faces: Faces) -> Float64:
    return faces.distance(LOWER_LIP_INNER, LOWER_LIP_BOTTOM)


def _pucker(faces: Faces) -> Float64:
    return np.asarray((_upper_lip(faces) + _lower_lip(faces)) / np.maximum(mouth_width(faces), 1e-6))


LOWER_FACE: tuple[Measure, ...] = (
    measure("jaw_open", "drop of the chin below the nose bridge: high when open (AU26, AU27)",
            lambda faces: -faces.above(JAW, BRIDGE)),
    measure("jaw_aside", "offset of the chin from the nose bridge: positive towards the subject's left (AU30)",
            lambda faces: faces.aside(CHIN, BRIDGE)),
    measure("mouth_gap", "distance between the inner edges of the lips: 0 when closed (AU25)", mouth_gap, low=0.0),
    measure("mouth_height", "distance between the outer edges of the lips: high when open or full", mouth_height,
            low=0.0),
    measure("mouth_width", "distance between the mouth corners: high when smiling or stretched (AU12, AU20), low "
            "when puckered (AU18)", mouth_width, low=0.0),
    measure("mouth_roundness", "mouth_gap over mouth_width: high for a round open mouth (AU22, AU27)",
            lambda faces: mouth_gap(faces) / np.maximum(mouth_width(faces), 1e-6), unit="ratio", low=0.0),
    measure("mouth_aside", "offset of the lips from the nose bridge: positive towards the subject's left",
            lambda faces: faces.aside(_LIPS, BRIDGE)),
    *on_both_sides("smile", "travel of the mouth corner up and outwards from the bridge: high when pulled (AU12)",
                   _smile),
    *on_both_sides("lip_corner_height", "height of the mouth corner against the nose bridge: high when raised, low "
                   "when depressed (AU15)", _corner_height),
    measure("mouth_curve", "height of the mouth corners over the middle of the lips: high when turned up, low when "
            "turned down (AU12, AU15)", lambda faces: faces.above(_CORNERS, _LIPS)),
    measure("upper_lip_raise", "height of the upper lip's edge against the nose bridge: high when raised (AU10)",
            lambda faces: faces.above(UPPER_LIP_TOP, BRIDGE)),
    measure("upper_lip_thickness", "visible height of the upper lip: low when pressed or rolled in (AU23-24, AU28)",
            _upper_lip, low=0.0),
    measure("lower_lip_thickness", "visible height of the lower lip: low when pressed or rolled in (AU23-24, AU28)",
            _lower_lip, low=0.0),
    measure("lip_pucker", "height of both lips over mouth_width: high when puckered (AU18), low if stretched (AU20)",
            _pucker, unit="ratio", low=0.0),
    measure("chin_raise", "height of the chin against the lower lip's edge: high when pushed up (AU17)",
            lambda faces: faces.above(CHIN, LOWER_LIP_BOTTOM)),
    *on_both_sides("cheek_raise", "nearness of the cheek to the lower lid: high when raised (AU6)", _cheek),
    *on_both_sides("nose_wing_raise", "height of the nose wing against the inner eye corner: high when the nose is "
                   "wrinkled (AU9)", _nose_wing),
    measure("nostril_width", "distance between the nose wings: high when flared (AU38)",
            lambda faces: faces.distance(NOSE_WING["left"], NOSE_WING["right"]), low=0.0),
)  # fmt: skip
