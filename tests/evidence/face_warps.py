"""Changes of a face by known amounts: landmarks are moved and the picture goes along, smoothly.

The picture is bent by a displacement field that is the wanted shift at the landmarks and fades to nothing around the
face; so what the camera saw stays, skin and light included, and only the geometry changes. Doses are in face
sizes (the project's own unit, about 0.8 of the span of the outer eye corners), those of turns in degrees.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from extractors.faces.points import (
    EYE_INNER,
    EYE_OUTER,
    IRIS,
    LOWER_LID,
    LOWER_LIP_BOTTOM,
    LOWER_LIP_INNER,
    UPPER_LID,
)
from extractors.faces.pose import head_pose

Image = NDArray[np.uint8]
Points = NDArray[np.float64]
Shift = Callable[[Points, float], Points]
"""(landmarks in head axes and face sizes [478, 3], dose) -> their displacement, same axes and unit."""
CELL_PX = 2
NEIGHBOURS = 6
JAW_LINE = (152, 148, 377, 176, 400, 149, 378, 150, 379, 136, 365, 199, 200, 175, 18, 83, 313, 201, 421, 208, 428)
"""The chin and the edge of the jaw."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture and the landmarks of the face in it."""

    image: Image
    points_px: Points
    """[shape=(478, 3)]"""


def bent(seen: Seen, shift: Shift, dose: float) -> Image:
    """Return the picture with the landmarks moved.

    Parameters
    ----------
    seen : Seen
    shift : callable
        In the head's axes (x to the subject's left, y up, z out of the face), face sizes.
    dose : float
    """
    pose = head_pose(seen.points_px[None])
    axes, size = pose.axes[0], float(pose.size_px[0])
    camera = seen.points_px * (1.0, -1.0, -1.0)
    head = (camera - pose.centre_px[0]) @ axes / size
    moved_px = (shift(head, dose) @ axes.T * size)[:, :2] * (1.0, -1.0)
    return _carried(seen.image, seen.points_px[:, :2], moved_px, size)


def _carried(image: Image, at_px: Points, shift_px: Points, size_px: float) -> Image:
    """Bend the picture: each pixel takes the shift of the landmarks around it, less with the distance."""
    if not shift_px.any():
        return image
    height, width = image.shape[:2]
    grid_y, grid_x = np.mgrid[0:height:CELL_PX, 0:width:CELL_PX].astype(np.float64)
    cells = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    # The pixel that comes to stand in a cell was at the cell less the shift, which is that of the moved landmarks.
    distance, nearest = cKDTree(at_px + shift_px).query(cells, k=NEIGHBOURS)
    weight = 1.0 / (distance + 0.02 * size_px) ** 2
    field = (weight[..., None] * shift_px[nearest]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    field *= np.exp(-((np.maximum(distance[:, :1] - 0.1 * size_px, 0.0) / (0.35 * size_px)) ** 2))
    field = field.reshape(*grid_x.shape, 2).astype(np.float32)
    field = cv2.resize(cv2.GaussianBlur(field, (0, 0), 1.0), (width, height), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.asarray(
        cv2.remap(
            image, columns - field[..., 0], rows - field[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    )


def _fading(head: Points, centres: tuple[int, ...], reach: float) -> NDArray[np.float64]:
    """[478] weight of each landmark: 1 at the centres, falling with the distance in the plane of the face."""
    gaps = head[:, None, :2] - head[None, list(centres), :2]
    return np.asarray(np.exp(-((gaps**2).sum(axis=2).min(axis=1)) / reach**2))


def pulled(
    left: tuple[int, ...],
    right: tuple[int, ...],
    outwards: float,
    upwards: float,
    reach: float,
    still: tuple[int, ...] = (),
    aside: float = 0.0,
) -> Shift:
    """Return the shift of a part of the face on both sides (or one, if the other is empty) by the dose.

    Parameters
    ----------
    left, right : tuple of int
        Landmarks at the middle of what is pulled, on the subject's left and right.
    outwards, upwards, aside : float
        Direction: away from the midline, up, to the subject's left.
    reach : float
        Face sizes over which the pull fades.
    still : tuple of int
        Landmarks that stay where they are.
    """

    def shift(head: Points, dose: float) -> Points:
        moved = np.zeros_like(head)
        for points, sign in ((left, 1.0), (right, -1.0)):
            if points:
                weight = _fading(head, points, reach)
                if still:
                    weight = weight * (1.0 - _fading(head, still, 0.12))
                moved[:, 0] += dose * weight * (sign * outwards + aside)
                moved[:, 1] += dose * weight * upwards
        return moved

    return shift


def jaw(head: Points, dose: float) -> Points:
    """Lower lip, chin and jaw down."""
    lower = (*LOWER_LIP_INNER, *LOWER_LIP_BOTTOM, *JAW_LINE)
    lip = head[list(LOWER_LIP_INNER), 1].mean()
    below = np.clip((lip + 0.03 - head[:, 1]) / 0.08, 0.0, 1.0)
    shift = np.zeros_like(head)
    shift[:, 1] = -dose * _fading(head, lower, 0.35) * below
    return shift


def lids(head: Points, dose: float) -> Points:
    """The upper lids down by a share of the eyes' opening: 1 is shut."""
    shift = np.zeros_like(head)
    for side in ("left", "right"):
        upper, lower = list(UPPER_LID[side]), list(LOWER_LID[side])
        gap = float((head[upper, 1] - head[lower, 1]).mean())
        shift[:, 1] -= dose * gap * _fading(head, tuple(upper), 0.09)
    return shift


def _iris(head: Points, dose: float, axis: int) -> Points:
    shift = np.zeros_like(head)
    for side in ("left", "right"):
        width = float(np.linalg.norm(head[EYE_OUTER[side]] - head[EYE_INNER[side]]))
        shift[IRIS[side] : IRIS[side] + 5, axis] = dose * width
    return shift


def gaze_aside(head: Points, dose: float) -> Points:
    """The irises towards the subject's left, by a share of the eyes' width."""
    return _iris(head, dose, 0)


def gaze_up(head: Points, dose: float) -> Points:
    """The irises up, by a share of the eyes' width."""
    return _iris(head, dose, 1)


def _turned(head: Points, degrees: float, plane: tuple[int, int]) -> Points:
    angle = np.radians(degrees)
    first, second = plane
    moved = head.copy()
    moved[:, first] = np.cos(angle) * head[:, first] + np.sin(angle) * head[:, second]
    moved[:, second] = np.cos(angle) * head[:, second] - np.sin(angle) * head[:, first]
    return moved - head


def aside(head: Points, dose: float) -> Points:
    """All of the head to the subject's left."""
    return np.zeros_like(head) + np.array([dose, 0.0, 0.0])


def up(head: Points, dose: float) -> Points:
    """All of the head up."""
    return np.zeros_like(head) + np.array([0.0, dose, 0.0])


def nearer(head: Points, dose: float) -> Points:
    """The head larger by a share."""
    return dose * head


def yaw(head: Points, degrees: float) -> Points:
    """The head turned to the subject's left."""
    return _turned(head, degrees, (0, 2))


def pitch(head: Points, degrees: float) -> Points:
    """The face raised."""
    return _turned(head, degrees, (1, 2))


def roll(head: Points, degrees: float) -> Points:
    """The head tilted to the subject's right shoulder."""
    return _turned(head, -degrees, (0, 1))
