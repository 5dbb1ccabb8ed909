"""Head pose from landmarks, and landmarks in the head's own frame.

No model of a mean face is fitted: the head's axes come from its symmetry. ``x`` points from the subject's right
to the left along the sum of 11 mirror pairs that expression hardly moves. ``y`` points up: the line from the nose
base to the hairline, made square to ``x`` and set upright by the angle at which it leans on a face that looks
ahead. ``z`` leaves the face. Against the transformation that MediaPipe's official bundle fits to its own mean
face (GRID, 1,275 frames): r = 0.98, 0.96, 0.98 for yaw, pitch, roll, with slopes of 1.2, 1.25, 0.97.

The projection is taken as weak perspective: landmark ``z`` is a depth in pixels of the same scale as ``x`` and
``y``. A face at the edge of a wide-angle picture therefore reads some degrees of yaw although it looks ahead.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.faces.points import BRIDGE, HAIRLINE, NOSE_BASE, RIGID_PAIRS

Float64 = NDArray[np.float64]

_RIGHT = [right for right, _ in RIGID_PAIRS]
_LEFT = [left for _, left in RIGID_PAIRS]
_RIGID = [*_RIGHT, *_LEFT, *HAIRLINE, *BRIDGE]
LEAN_DEG = 3.4
"""By which the line from the nose base to the hairline leans back on a face that looks ahead."""
# Image coordinates run right, down and away from the camera; the head's run right, up and towards it.
_TO_CAMERA_FRAME = np.array([1.0, -1.0, -1.0])


@dataclass(frozen=True, slots=True, eq=False)
class HeadPose:
    """Where n heads are, which way they look and how large they are."""

    axes: Float64
    """[shape=(n, 3, 3)] columns are the head's x (subject's left), y (up) and z (out of the face)."""
    centre_px: Float64
    """[shape=(n, 3)] mean of the rigid points in the camera frame."""
    size_px: Float64
    """[shape=(n,)] the face size: root mean square distance of the rigid points from their centre."""

    @property
    def yaw_deg(self) -> Float64:
        """[shape=(n,)] positive: turned to the subject's left (to the right of the picture)."""
        x = self.axes[:, :, 0]
        return np.asarray(np.degrees(np.arctan2(-x[:, 2], np.hypot(x[:, 0], x[:, 1]))))

    @property
    def pitch_deg(self) -> Float64:
        """[shape=(n,)] positive: face raised."""
        z = self.axes[:, :, 2]
        return np.asarray(np.degrees(np.arcsin(np.clip(z[:, 1], -1.0, 1.0))))

    @property
    def roll_deg(self) -> Float64:
        """[shape=(n,)] positive: tilted towards the subject's right shoulder (anticlockwise in the picture)."""
        x = self.axes[:, :, 0]
        return np.asarray(np.degrees(np.arctan2(x[:, 1], x[:, 0])))


def head_pose(points_px: Float64) -> HeadPose:
    """Return the pose of each face.

    Parameters
    ----------
    points_px : ndarray [shape=(n, 478, 3)]
        Landmarks in pixels as MediaPipe gives them: x right, y down, z away from the camera.
    """
    points = points_px * _TO_CAMERA_FRAME
    across = _unit((points.take(_LEFT, axis=1) - points.take(_RIGHT, axis=1)).sum(axis=1))
    upright = points.take(HAIRLINE, axis=1).mean(axis=1) - points[:, NOSE_BASE]
    upright = _unit(upright - (upright * across).sum(axis=1, keepdims=True) * across)
    ahead = np.cross(across, upright)
    lean = np.radians(LEAN_DEG)
    upright, ahead = np.cos(lean) * upright + np.sin(lean) * ahead, np.cos(lean) * ahead - np.sin(lean) * upright
    axes = np.stack([across, upright, ahead], axis=2)
    rigid = points.take(_RIGID, axis=1)
    centre = rigid.mean(axis=1)
    size = np.sqrt(((rigid - centre[:, None]) ** 2).sum(axis=2).mean(axis=1))
    return HeadPose(axes, centre, np.maximum(size, 1e-9))


def in_head_frame(points_px: Float64, pose: HeadPose) -> Float64:
    """Return landmarks free of position, scale and rotation.

    Returns
    -------
    ndarray [shape=(n, 478, 3)]
        In face sizes from the centre: x towards the subject's left, y up, z out of the face.
    """
    centred = points_px * _TO_CAMERA_FRAME - pose.centre_px[:, None]
    # Written out: matmul and einsum sum in another order for another number of faces.
    turned = sum(centred[:, :, axis, None] * pose.axes[:, None, axis, :] for axis in range(3))
    return np.asarray(turned / pose.size_px[:, None, None])


def _unit(vectors: Float64) -> Float64:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
