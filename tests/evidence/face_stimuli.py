"""What is changed in a face, by how much, and which columns must follow."""

from dataclasses import dataclass

from extractors.faces.columns import VELOCITIES
from extractors.faces.points import (
    BROW_INNER,
    BROW_OUTER,
    CHEEK,
    LOWER_LID,
    LOWER_LIP_BOTTOM,
    MOUTH_CORNER,
    NOSE_WING,
    UPPER_LID,
    UPPER_LIP_TOP,
)
from tests.evidence import face_warps as warps
from tests.evidence.face_warps import JAW_LINE, Shift, pulled
from tests.evidence.response import Named

BOTH = ("left", "right")
BROWS = {side: (*BROW_INNER[side], *BROW_OUTER[side]) for side in BOTH}
LIDS = tuple(point for side in BOTH for point in (*UPPER_LID[side], *LOWER_LID[side]))
LIPS = (*UPPER_LIP_TOP, *LOWER_LIP_BOTTOM, *MOUTH_CORNER.values())
CHIN = tuple(point for point in JAW_LINE if point not in (18, 83, 313, 201, 421))
MOUTH = ("mouth_gap", "mouth_height", "mouth_width", "mouth_roundness", "mouth_curve", "upper_lip_raise",
         "lip_pucker", "upper_lip_thickness", "lower_lip_thickness", "chin_raise", "jaw_open", "smile_left",
         "smile_right", "lip_corner_height_left", "lip_corner_height_right")  # fmt: skip
CHEEKS = ("cheek_raise_left", "cheek_raise_right", "nose_wing_raise_left", "nose_wing_raise_right", "nostril_width")
EYES = ("eye_openness_left", "eye_openness_right", "lower_lid_raise_left", "lower_lid_raise_right")
BROW_COLUMNS = tuple(f"brow_{part}_raise_{side}" for part in ("inner", "outer") for side in BOTH)
ASYMMETRIES = tuple(f"{name}_asymmetry" for name in ("brow_inner_raise", "brow_outer_raise", "eye_openness",
                    "lower_lid_raise", "smile", "lip_corner_height", "cheek_raise", "nose_wing_raise"))  # fmt: skip
VELOCITY = tuple(item.column.name for item in VELOCITIES)
PLACE = ("face_x", "face_y", "face_height")


@dataclass(frozen=True, slots=True)
class FaceStimulus:
    """One thing that is changed."""

    name: str
    unit: str
    doses: tuple[float, ...]
    shift: Shift
    named: tuple[Named, ...]
    coupled: tuple[str, ...] = ()
    """Columns that read the same points; neither held to follow nor to stay."""
    velocity: tuple[Named, ...] = ()
    """What must follow when the dose grows at a constant rate."""


def _rise(*names: str) -> tuple[Named, ...]:
    return tuple(Named(name, 1) for name in names)


def _fall(*names: str) -> tuple[Named, ...]:
    return tuple(Named(name, -1) for name in names)


SIZE = "face size"
FACE_STIMULI: tuple[FaceStimulus, ...] = (
    FaceStimulus("smile", SIZE, (-0.06, 0.0, 0.06, 0.12, 0.18),
                 pulled((MOUTH_CORNER["left"],), (MOUTH_CORNER["right"],), 0.7, 0.7, 0.35),
                 _rise("smile_left", "smile_right", "lip_corner_height_left", "lip_corner_height_right",
                       "mouth_width", "mouth_curve"),
                 (*MOUTH, *CHEEKS), _rise("smile_velocity", "mouth_width_velocity")),
    FaceStimulus("smile on the left", SIZE, (0.0, 0.06, 0.12, 0.18),
                 pulled((MOUTH_CORNER["left"],), (), 0.7, 0.7, 0.35),
                 _rise("smile_asymmetry", "lip_corner_height_asymmetry", "smile_left"),
                 (*MOUTH, *CHEEKS, "mouth_aside", "cheek_raise_asymmetry", "nose_wing_raise_asymmetry", "jaw_aside")),
    FaceStimulus("brows up", SIZE, (-0.06, 0.0, 0.06, 0.12), pulled(BROWS["left"], BROWS["right"], 0, 1, 0.3, LIDS),
                 _rise(*BROW_COLUMNS), EYES, _rise("brow_raise_velocity")),
    FaceStimulus("left brow up", SIZE, (-0.06, 0.0, 0.06, 0.12), pulled(BROWS["left"], (), 0, 1, 0.3, LIDS),
                 _rise("brow_inner_raise_asymmetry", "brow_outer_raise_asymmetry"),
                 (*BROW_COLUMNS, *EYES, "eye_openness_asymmetry", "lower_lid_raise_asymmetry")),
    FaceStimulus("brows together", SIZE, (-0.04, 0.0, 0.04, 0.08),
                 pulled(BROW_INNER["left"], BROW_INNER["right"], -1, 0, 0.2), _fall("brow_gap"), BROW_COLUMNS,
                 _fall("brow_gap_velocity")),
    FaceStimulus("jaw down", SIZE, (0.0, 0.08, 0.16, 0.24), warps.jaw,
                 _rise("jaw_open", "mouth_gap", "mouth_height", "mouth_roundness"),
                 (*MOUTH, *PLACE, "head_pitch_deg"), _rise("jaw_open_velocity", "mouth_height_velocity")),
    FaceStimulus("jaw aside", SIZE, (-0.12, -0.06, 0.0, 0.06, 0.12), pulled(CHIN, (), 0, 0, 0.3, (), 1.0),
                 _rise("jaw_aside"), (*MOUTH, "mouth_aside", "smile_asymmetry", "lip_corner_height_asymmetry")),
    FaceStimulus("mouth aside", SIZE, (-0.08, -0.04, 0.0, 0.04, 0.08), pulled(LIPS, (), 0, 0, 0.25, (), 1.0),
                 _rise("mouth_aside"), (*MOUTH, *ASYMMETRIES, *CHEEKS, "jaw_aside")),
    FaceStimulus("upper lip up", SIZE, (0.0, 0.04, 0.08), pulled((*UPPER_LIP_TOP, 82, 13, 312), (), 0, 1, 0.12),
                 _rise("upper_lip_raise", "mouth_height"), (*MOUTH, *CHEEKS)),
    FaceStimulus("upper lip thicker", SIZE, (-0.03, 0.0, 0.03, 0.06), pulled(UPPER_LIP_TOP, (), 0, 1, 0.06),
                 _rise("upper_lip_thickness", "lip_pucker"), MOUTH),
    FaceStimulus("lower lip thicker", SIZE, (-0.03, 0.0, 0.03, 0.06), pulled(LOWER_LIP_BOTTOM, (), 0, -1, 0.06),
                 _rise("lower_lip_thickness", "lip_pucker"), MOUTH),
    FaceStimulus("chin up", SIZE, (-0.1, -0.05, 0.0, 0.05), pulled(CHIN, (), 0, 1, 0.2), _rise("chin_raise"),
                 (*MOUTH, *PLACE, "head_pitch_deg")),
    FaceStimulus("cheeks up", SIZE, (-0.06, 0.0, 0.06, 0.12),
                 pulled((CHEEK["left"],), (CHEEK["right"],), 0, 1, 0.3, LIDS),
                 _rise("cheek_raise_left", "cheek_raise_right"), (*CHEEKS, *EYES)),
    FaceStimulus("left cheek up", SIZE, (-0.06, 0.0, 0.06, 0.12), pulled((CHEEK["left"],), (), 0, 1, 0.3, LIDS),
                 _rise("cheek_raise_asymmetry"), (*CHEEKS, *EYES, *ASYMMETRIES, "head_yaw_deg", "head_roll_deg")),
    FaceStimulus("nose wings up", SIZE, (-0.05, 0.0, 0.05, 0.1),
                 pulled((NOSE_WING["left"],), (NOSE_WING["right"],), 0, 1, 0.2),
                 _rise("nose_wing_raise_left", "nose_wing_raise_right"), CHEEKS),
    FaceStimulus("left nose wing up", SIZE, (-0.05, 0.0, 0.05, 0.1), pulled((NOSE_WING["left"],), (), 0, 1, 0.2),
                 _rise("nose_wing_raise_asymmetry"), (*CHEEKS, *ASYMMETRIES, "mouth_aside")),
    FaceStimulus("nostrils wide", SIZE, (-0.04, 0.0, 0.04, 0.08),
                 pulled((NOSE_WING["left"],), (NOSE_WING["right"],), 1, 0, 0.15), _rise("nostril_width"), CHEEKS),
    FaceStimulus("upper lids down", "share of the opening", (0.0, 0.25, 0.5, 0.75, 1.0), warps.lids,
                 _fall("eye_openness_left", "eye_openness_right"), (*EYES, "gaze_up", "gaze_aside"),
                 _fall("eye_openness_velocity")),
    FaceStimulus("left lid down", SIZE, (0.0, 0.05, 0.1), pulled(UPPER_LID["left"], (), 0, -1, 0.09),
                 _fall("eye_openness_asymmetry"), (*EYES, "gaze_up", "gaze_aside", "lower_lid_raise_asymmetry")),
    FaceStimulus("lower lids up", SIZE, (-0.03, 0.0, 0.03, 0.06),
                 pulled(LOWER_LID["left"], LOWER_LID["right"], 0, 1, 0.09),
                 _rise("lower_lid_raise_left", "lower_lid_raise_right"), (*EYES, *CHEEKS, "gaze_up")),
    FaceStimulus("left lower lid up", SIZE, (-0.03, 0.0, 0.03, 0.06), pulled(LOWER_LID["left"], (), 0, 1, 0.09),
                 _rise("lower_lid_raise_asymmetry"), (*EYES, *CHEEKS, *ASYMMETRIES, "gaze_up")),
    FaceStimulus("gaze aside", "eye width", (-0.12, -0.06, 0.0, 0.06, 0.12), warps.gaze_aside, _rise("gaze_aside"),
                 (), _rise("gaze_aside_velocity")),
    FaceStimulus("gaze up", "eye width", (-0.08, -0.04, 0.0, 0.04, 0.08), warps.gaze_up, _rise("gaze_up"), EYES,
                 _rise("gaze_up_velocity")),
    FaceStimulus("head turned", "deg", (-12, -6, 0, 6, 12), warps.yaw, (Named("head_yaw_deg", 1, 1.0),), PLACE,
                 _rise("head_yaw_velocity")),
    FaceStimulus("face raised", "deg", (-10, -5, 0, 5, 10), warps.pitch, (Named("head_pitch_deg", 1, 1.0),), PLACE,
                 _rise("head_pitch_velocity")),
    FaceStimulus("head tilted", "deg", (-14, -7, 0, 7, 14), warps.roll, (Named("head_roll_deg", 1, 1.0),), PLACE,
                 _rise("head_roll_velocity")),
    FaceStimulus("head aside", SIZE, (-0.4, -0.2, 0.0, 0.2, 0.4), warps.aside, _rise("face_x"), PLACE),
    FaceStimulus("head up", SIZE, (-0.4, -0.2, 0.0, 0.2, 0.4), warps.up, _rise("face_y"), PLACE),
    FaceStimulus("head nearer", "share", (-0.2, -0.1, 0.0, 0.1, 0.2), warps.nearer, _rise("face_height"), PLACE),
)  # fmt: skip
