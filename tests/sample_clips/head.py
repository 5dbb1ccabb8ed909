"""The head: a mesh over a drawn face, moved by expression and pose.

The mesh is what the project's own landmark model sees in the drawing: 468 points in three dimensions, joined
by MediaPipe's tessellation. No measured or photographed face goes into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions
from numpy.typing import NDArray

from tests.sample_clips.portrait import CENTRE, SIZE, draw
from tests.sample_clips.speakers import ANNA, Speaker

Points = NDArray[np.float64]

BUNDLE = Path(__file__).parents[2] / "extractors/models/face_landmarker_attention.task"
POINTS = 468
"""Landmarks of the skin; the ten of the irises are left out."""
EYES = {
    "left": (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    "right": (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
}
"""Rims of the eyes, upper lid first (points 0 to 8), then the lower lid back."""
MOUTH = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
"""Inner rim of the lips, upper lip first (points 0 to 10)."""
LOWER_LIP = (
    *MOUTH[11:], 61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291,
    77, 90, 180, 85, 16, 315, 404, 320, 307, 96, 89, 179, 86, 15, 316, 403, 319, 325,
)  # fmt: skip
CORNERS = (61, 291)
BROWS = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
INNER_BROWS = (107, 55, 336, 285)
CHIN = 152
PIVOT = np.array([CENTRE, 275.0, 70.0])
"""Where the head turns about, in drawing units (pixels; z away from the viewer)."""


@dataclass(frozen=True)
class Expression:
    """What a face does at one moment; 0 is at rest."""

    jaw: float = 0.0
    """0 closed to 1 wide open."""
    spread: float = 0.0
    """-1 round to 1 wide lips."""
    smile: float = 0.0
    """-1 corners down to 1 corners up and out."""
    brow: float = 0.0
    """-1 lowered and drawn together to 1 raised."""
    blink: float = 0.0
    """0 open to 1 shut."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Right and down, share of the width of the eye."""


@dataclass(frozen=True)
class Pose:
    """Where a head is turned; degrees, and shifts in drawing units."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0


def neutral_mesh() -> Points:
    """Return the mesh of the drawing at rest, [468, 3] in drawing units, z towards the viewer negative."""
    return _seen().copy()


@cache
def _seen() -> Points:
    speaker = replace(ANNA, fringe=False, long_hair=False)
    layers = draw(speaker, eyes=True)
    image = layers.wall.astype(np.float64)
    for layer in (layers.body, layers.head):
        image = _over(image, layer[..., :3], layer[..., 3:] / 255.0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    inside = ((columns - CENTRE) / 106) ** 2 + ((rows - 268) / 142) ** 2
    image = _over(image, layers.face, np.clip((1 - inside) * 12, 0, 1)[..., None])
    options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(BUNDLE)))
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        found = landmarker.detect(mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(image.astype(np.uint8))))
    points = np.array([[point.x, point.y, point.z] for point in found.face_landmarks[0][:POINTS]]) * SIZE
    return points


def _over(below: NDArray[np.float64], above: NDArray[np.uint8], alpha: NDArray[np.float64]) -> NDArray[np.float64]:
    return below * (1 - alpha) + above * alpha


def triangles() -> NDArray[np.int64]:
    """Return the triangles of the mesh, [852, 3]; eyes and mouth are holes."""
    edges = vision.FaceLandmarksConnections.FACE_LANDMARKS_TESSELATION
    return np.array([(edges[i].start, edges[i + 1].start, edges[i + 2].start) for i in range(0, len(edges), 3)])


def shaped(mesh: Points, speaker: Speaker) -> Points:
    """Return the mesh in the proportions of a speaker."""
    made = mesh.copy()
    made[:, 0] = CENTRE + (mesh[:, 0] - CENTRE) * speaker.width
    made[:, 1] = 242 + (mesh[:, 1] - 242) * speaker.length
    tip = _near(mesh, [mesh[1]], 34)
    made[:, 0] += tip * (mesh[:, 0] - CENTRE) * (speaker.nose - 1)
    made[:, 2] += tip * (mesh[:, 2] - 10) * (speaker.nose - 1)
    return made


def expressed(mesh: Points, face: Expression) -> Points:
    """Return the mesh with an expression."""
    made = mesh.copy()
    mouth = mesh[list(CORNERS)].mean(axis=0)
    half = abs(mesh[CORNERS[1], 0] - mesh[CORNERS[0], 0]) / 2
    _open_jaw(made, mesh, face.jaw, mouth, half)
    lips = np.exp(-(((mesh[:, 0] - mouth[0]) / (1.5 * half)) ** 2) - ((mesh[:, 1] - mouth[1]) / 28) ** 2)
    made[:, 0] += lips * (mesh[:, 0] - mouth[0]) * 0.16 * face.spread
    for corner in CORNERS:
        near = _near(mesh, [mesh[corner]], 26)
        side = np.sign(mesh[corner, 0] - mouth[0])
        made[:, 0] += near * side * 11 * max(face.smile, 0.35 * face.smile)
        made[:, 1] -= near * 14 * face.smile
    cheeks = _near(mesh, [mesh[50], mesh[280]], 34)
    made[:, 1] -= cheeks * 5 * max(face.smile, 0.0)
    made[:, 2] -= cheeks * 6 * max(face.smile, 0.0)
    brows = _near(mesh, mesh[list(BROWS)], 10)
    made[:, 1] -= brows * 9 * face.brow
    inner = _near(mesh, mesh[list(INNER_BROWS)], 16)
    made[:, 1] += inner * 6 * max(-face.brow, 0.0)
    made[:, 0] -= inner * np.sign(mesh[:, 0] - CENTRE) * 4 * max(-face.brow, 0.0)
    for rim in EYES.values():
        _shut(made, mesh, rim, min(1.0, face.blink + 0.18 * max(face.smile, 0.0)))
    return made


def posed(mesh: Points, pose: Pose) -> Points:
    """Return the mesh turned about `PIVOT` and moved."""
    yaw, pitch, roll = np.radians([pose.yaw, pose.pitch, pose.roll])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned = (mesh - PIVOT) @ (about_z @ about_x @ about_y).T
    # a camera 1400 units away: what is nearer is larger
    turned[:, :2] *= 1400 / (1400 + turned[:, 2:])
    return turned + PIVOT + np.array([pose.x, pose.y, 0.0])


def _near(mesh: Points, centres: Points | Sequence[Points], reach: float) -> NDArray[np.float64]:
    """Weight of each point, 1 at a centre, falling with the distance seen from the front; [468]."""
    gaps = mesh[:, None, :2] - np.asarray(centres)[None, :, :2]
    return np.exp(-((gaps**2).sum(axis=2).min(axis=1)) / reach**2)


def _open_jaw(made: Points, mesh: Points, jaw: float, mouth: NDArray[np.float64], half: float) -> None:
    across = np.abs(mesh[:, 0] - mouth[0])
    depth = np.clip((mesh[:, 1] - mouth[1]) / (0.45 * (mesh[CHIN, 1] - mouth[1])), 0, 1)
    weight = depth * depth * (3 - 2 * depth) * np.exp(-((across / 95) ** 2))
    lip = np.array([index for index in LOWER_LIP if index not in CORNERS])
    weight[lip] = np.maximum(weight[lip], np.sqrt(np.clip(1 - (across[lip] / (half * 1.02)) ** 2, 0, 1)))
    made[:, 1] += 24 * jaw * weight
    made[:, 2] += 7 * jaw * weight
    upper = _near(mesh, [mesh[13]], 20) * (weight < 0.02)
    made[:, 1] -= 3 * jaw * upper


def _shut(made: Points, mesh: Points, rim: Sequence[int], share: float) -> None:
    """Draw the upper lid down to the lower one, the skin above it along."""
    upper, lower = rim[1:8], rim[:8:-1]
    for above, below in zip(upper, lower, strict=True):
        drop = made[below] - made[above]
        weight = np.exp(-(((mesh[:, :2] - mesh[above, :2]) ** 2).sum(axis=1)) / 6.0**2)
        weight *= mesh[:, 1] <= mesh[above, 1] + 1
        weight[above] = 0
        made[:] += 0.35 * share * weight[:, None] * drop
        made[above] += 0.95 * share * drop
