"""A drawn face of 478 points whose features are moved by hand, so that every measure's answer is known."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

# Right half (the subject's) in head coordinates: x to the subject's left, y up, z out of the face; about 100 wide.
_MIDLINE = {
    10: (70, -12), 151: (55, -5), 168: (20, 4), 6: (10, 8), 2: (-22, 22), 0: (-36, 20), 13: (-42, 18), 14: (-43, 17),
    17: (-52, 17), 18: (-58, 15), 200: (-66, 14), 152: (-80, 5),
}  # fmt: skip
_RIGHT = {
    33: (-46, 12, -8), 133: (-16, 11, 0), 127: (-70, 15, -40), 162: (-68, 35, -38), 21: (-60, 50, -30),
    54: (-50, 58, -24), 234: (-72, 5, -45), 93: (-70, -10, -42), 132: (-66, -25, -38), 116: (-56, -2, -12),
    117: (-45, -6, -6), 50: (-42, -16, -2), 129: (-17, -16, 12),
    160: (-37, 18, -4), 159: (-31, 19, -2), 158: (-25, 18, -1), 144: (-37, 8, -4), 145: (-31, 7, -2),
    153: (-25, 8, -1), 107: (-12, 31, 4), 55: (-13, 27, 4), 70: (-54, 34, -12), 46: (-52, 30, -12),
    61: (-26, -44, 8), 37: (-8, -37, 19), 82: (-8, -42, 17), 87: (-8, -43, 16), 84: (-8, -52, 16),
}  # fmt: skip
_MIRROR = {
    33: 263, 133: 362, 127: 356, 162: 389, 21: 251, 54: 284, 234: 454, 93: 323, 132: 361, 116: 345, 117: 346, 50: 280,
    129: 358, 160: 387, 159: 386, 158: 385, 144: 373, 145: 374, 153: 380, 107: 336, 55: 285, 70: 300, 46: 276,
    61: 291, 37: 267, 82: 312, 87: 317, 84: 314,
}  # fmt: skip
LEFT_IRIS, RIGHT_IRIS = 473, 468
UPPER_LIDS = (160, 159, 158, 387, 386, 385)
INNER_BROWS = (107, 55, 336, 285)
OUTER_BROWS = (70, 46, 300, 276)
CHIN = (18, 200, 152)
LOWER_LIP = (14, 87, 317, 17, 84, 314)
UPPER_LIP = (0, 37, 267, 13, 82, 312)
LEFT_CORNER, RIGHT_CORNER = 291, 61
LEFT_NOSE_WING, RIGHT_NOSE_WING = 358, 129


def neutral_face() -> Points:
    """[478, 3] a face at rest in head coordinates; points without a role lie on an ellipsoid."""
    turn = np.linspace(0, 40 * np.pi, 478)
    up = np.linspace(-1, 1, 478)
    points = np.stack([70 * np.cos(turn), 80 * up, 20 * np.sin(turn)], axis=1) * np.sqrt(1 - 0.9 * up[:, None] ** 2)
    for index, (y, z) in _MIDLINE.items():
        points[index] = (0, y, z)
    for index, (x, y, z) in _RIGHT.items():
        points[index] = (x, y, z)
        points[_MIRROR[index]] = (-x, y, z)
    points[RIGHT_IRIS], points[LEFT_IRIS] = (-31, 12, -2), (31, 12, -2)
    return points


def moved(points: Points, indices: tuple[int, ...], *, x: float = 0, y: float = 0, z: float = 0) -> Points:
    """Return the face with some points moved."""
    changed = points.copy()
    changed[list(indices)] += (x, y, z)
    return changed


def mirrored(points: Points) -> Points:
    """Return the face that a mirror shows: sides change places."""
    swap = np.arange(478)
    for right, left in _MIRROR.items():
        swap[[right, left]] = left, right
    swap[[RIGHT_IRIS, LEFT_IRIS]] = LEFT_IRIS, RIGHT_IRIS
    return points[swap] * (-1, 1, 1)


def pictured(
    points: Points,
    *,
    yaw_deg: float = 0,
    pitch_deg: float = 0,
    roll_deg: float = 0,
    scale: float = 1,
    centre_px: tuple[float, float] = (180, 144),
) -> Points:
    """Return the face as the landmark model gives it: turned, scaled, in pixels with y down and z away."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    about_x = [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    about_z = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    turned = points @ (np.array(about_z) @ np.array(about_y) @ np.array(about_x)).T * scale
    return turned * (1, -1, -1) + (*centre_px, 0)
