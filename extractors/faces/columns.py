"""The face columns: every measure, head pose, place in the picture, velocities, blendshapes if there are any."""

from dataclasses import dataclass

from extractors.faces.geometry import LENGTH, Measure
from extractors.faces.lower import LOWER_FACE
from extractors.faces.upper import UPPER_FACE
from extractors.verdicts import judged
from pipeline.track import FeatureColumn

MEASURES: tuple[Measure, ...] = UPPER_FACE + LOWER_FACE

_POSE = "head axes from mirror pairs of landmarks (extractors.faces.pose)"
_PLACE = "centre and height of the landmarks in the picture"
POSE_COLUMNS: tuple[FeatureColumn, ...] = (
    FeatureColumn("head_yaw_deg", "deg", "turn of the head: positive to the subject's left", _POSE, -90.0, 90.0),
    FeatureColumn("head_pitch_deg", "deg", "raise of the face: positive upwards, negative downwards", _POSE,
                  -90.0, 90.0),
    FeatureColumn("head_roll_deg", "deg", "tilt of the head: positive to the subject's right shoulder", _POSE,
                  -180.0, 180.0),
    FeatureColumn("face_x", "frame width", "place of the face: 0 in the middle, 0.5 at the right edge", _PLACE),
    FeatureColumn("face_y", "frame height", "place of the face: 0 in the middle, 0.5 at the upper edge", _PLACE),
    FeatureColumn("face_height", "frame height", "height of the face in the picture: high when near to the camera",
                  _PLACE, low=0.0),
    FeatureColumn("face_unsure", "1", "1 where the head is turned far away, or the face is tiny or cut by the edge, "
                  "so that the other columns mean less; else 0", "thresholds in FaceConfig", 0.0, 1.0),
)  # fmt: skip

BLENDSHAPES: tuple[str, ...] = (
    "brow_down_left", "brow_down_right", "brow_inner_up", "brow_outer_up_left", "brow_outer_up_right", "cheek_puff",
    "cheek_squint_left", "cheek_squint_right", "eye_blink_left", "eye_blink_right", "eye_look_down_left",
    "eye_look_down_right", "eye_look_in_left", "eye_look_in_right", "eye_look_out_left", "eye_look_out_right",
    "eye_look_up_left", "eye_look_up_right", "eye_squint_left", "eye_squint_right", "eye_wide_left", "eye_wide_right",
    "jaw_forward", "jaw_left", "jaw_open", "jaw_right", "mouth_close", "mouth_dimple_left", "mouth_dimple_right",
    "mouth_frown_left", "mouth_frown_right", "mouth_funnel", "mouth_left", "mouth_lower_down_left",
    "mouth_lower_down_right", "mouth_press_left", "mouth_press_right", "mouth_pucker", "mouth_right",
    "mouth_roll_lower", "mouth_roll_upper", "mouth_shrug_lower", "mouth_shrug_upper", "mouth_smile_left",
    "mouth_smile_right", "mouth_stretch_left", "mouth_stretch_right", "mouth_upper_up_left", "mouth_upper_up_right",
    "nose_sneer_left", "nose_sneer_right",
)  # fmt: skip
"""The official bundle's blendshapes after its first output, `_neutral`, which carries nothing."""


@dataclass(frozen=True, slots=True)
class Velocity:
    """A velocity column: the slope of the mean of some columns."""

    column: FeatureColumn
    of: tuple[str, ...]
    """Names of the columns whose mean moves."""


def _velocity(name: str, unit: str, what: str, *of: str) -> Velocity:
    source = "local linear fit over time (extractors.faces.motion)"
    return Velocity(FeatureColumn(f"{name}_velocity", f"{unit}/s", f"velocity of {what}", source), of)


VELOCITIES: tuple[Velocity, ...] = (
    _velocity("brow_raise", LENGTH, "all four brow heights: positive while rising", "brow_inner_raise_left",
              "brow_inner_raise_right", "brow_outer_raise_left", "brow_outer_raise_right"),
    _velocity("brow_gap", LENGTH, "brow_gap: negative while the brows draw together", "brow_gap"),
    _velocity("eye_openness", "eye width", "the mean eye openness: negative while closing", "eye_openness_left",
              "eye_openness_right"),
    _velocity("gaze_aside", "eye width", "gaze_aside: positive towards the subject's left", "gaze_aside"),
    _velocity("gaze_up", "eye width", "gaze_up: positive upwards", "gaze_up"),
    _velocity("jaw_open", LENGTH, "jaw_open: positive while opening", "jaw_open"),
    _velocity("mouth_height", LENGTH, "mouth_height: positive while opening", "mouth_height"),
    _velocity("mouth_width", LENGTH, "mouth_width: positive while stretching", "mouth_width"),
    _velocity("smile", LENGTH, "the mean smile: positive while the corners are pulled", "smile_left", "smile_right"),
    _velocity("head_yaw", "deg", "head_yaw_deg: positive towards the subject's left", "head_yaw_deg"),
    _velocity("head_pitch", "deg", "head_pitch_deg: positive upwards", "head_pitch_deg"),
    _velocity("head_roll", "deg", "head_roll_deg: positive towards the subject's right shoulder", "head_roll_deg"),
)  # fmt: skip


def measured_columns(*, blendshapes: bool) -> tuple[FeatureColumn, ...]:
    """Return the columns that one frame alone gives, in their order."""
    shapes = tuple(
        FeatureColumn(f"blendshape_{name}", "1", f"activation of {name.replace('_', ' ')}: 1 is full",
                      "MediaPipe face blendshapes (ARKit names)", 0.0, 1.0)
        for name in BLENDSHAPES
    )  # fmt: skip
    return (*(item.column for item in MEASURES), *POSE_COLUMNS, *(shapes if blendshapes else ()))


def all_columns(*, blendshapes: bool, include_unstable: bool = False) -> tuple[FeatureColumn, ...]:
    """Return the columns of a face track: the measured ones, then the velocities; unstable ones if asked for."""
    columns = (*measured_columns(blendshapes=blendshapes), *(item.column for item in VELOCITIES))
    return judged(columns, "face", include_unstable=include_unstable)
