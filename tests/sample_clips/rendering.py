"""Rendering: layers and a textured mesh become a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.sample_clips.head import (
    EYES,
    MOUTH,
    Expression,
    Points,
    Pose,
    expressed,
    neutral_mesh,
    posed,
    shaped,
    triangles,
)
from tests.sample_clips.portrait import Image, draw
from tests.sample_clips.speakers import Speaker

LIGHT = np.array([-0.35, -0.45, -0.82])
"""Where the light comes from: left, above, behind the viewer."""
FINE = 2
"""Pictures are rendered at this multiple of `SIZE` / 512 x scale and averaged, against jagged edges."""


@dataclass(frozen=True)
class View:
    """How much of the drawing a picture shows."""

    width: int
    height: int
    scale: float
    """Pixels for one drawing unit."""
    left: float
    """Drawing units left of the picture."""
    top: float

    def onto(self, points: Points) -> NDArray[np.float64]:
        """Place points of the drawing on the fine picture, [N, 2]."""
        return (points[:, :2] - (self.left, self.top)) * self.scale * FINE


class Actor:
    """A speaker, ready to be rendered."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self._layers = draw(speaker)
        self._texture_at = neutral_mesh()[:, :2]
        self._rest = shaped(neutral_mesh(), speaker)
        self._triangles = triangles()

    def render(self, face: Expression, pose: Pose, view: View) -> Image:
        """Return the picture, [height, width, 3]."""
        size = (view.width * FINE, view.height * FINE)
        still = _placement(view)
        picture = cv2.warpAffine(self._layers.wall, still, size, borderMode=cv2.BORDER_REPLICATE)
        mesh = posed(expressed(self._rest, face), pose)
        moved = _then(self._motion(pose), still)
        _blend(picture, cv2.warpAffine(self._layers.back, moved, size))
        # the body goes on below the drawing
        _blend(picture, cv2.warpAffine(self._layers.body, still, size, borderMode=cv2.BORDER_REPLICATE))
        _blend(picture, cv2.warpAffine(self._layers.head, moved, size))
        self._skin(picture, mesh, view)
        self._eyes(picture, mesh, face, view)
        self._mouth(picture, mesh, face, view)
        _blend(picture, cv2.warpAffine(self._layers.front, moved, size))
        return cv2.resize(picture, (view.width, view.height), interpolation=cv2.INTER_AREA)

    def _motion(self, pose: Pose) -> NDArray[np.float64]:
        """The affine map that is closest to what the turn does to the rim of the face."""
        rest, turned = posed(self._rest, Pose()), posed(self._rest, pose)
        far = np.argsort(self._rest[:, 2])[-160:]
        # the proportions of the speaker apply to the layers too
        source = neutral_mesh()[far, :2]
        ones = np.column_stack([source, np.ones(len(far))])
        solution, *_ = np.linalg.lstsq(ones, turned[far, :2] - rest[far, :2] + self._rest[far, :2], rcond=None)
        return solution.T

    def _skin(self, picture: Image, mesh: Points, view: View) -> None:
        at = view.onto(mesh)
        owner = np.full(picture.shape[:2], -1, np.int32)
        corners = at[self._triangles]
        facing = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        sign = np.sign(np.median(facing))
        order = np.argsort(-mesh[self._triangles, 2].mean(axis=1))
        for index in order:
            if facing[index] * sign > 0:
                points = np.round(corners[index] * 16).astype(np.int32)
                cv2.fillConvexPoly(owner, points, int(index), lineType=cv2.LINE_8, shift=4)
        rows, columns = np.nonzero(owner >= 0)
        if not len(rows):
            return
        which = self._triangles[owner[rows, columns]]
        weights = _barycentric(at[which], np.column_stack([columns, rows]).astype(np.float64))
        source = np.zeros((*owner.shape, 2), np.float32)
        source[rows, columns] = np.einsum("nk,nkd->nd", weights, self._texture_at[which])
        colour = cv2.remap(self._layers.face, source, None, cv2.INTER_LINEAR)[rows, columns]
        light = np.einsum("nk,nk->n", weights, self._light(mesh)[which])
        picture[rows, columns] = np.clip(colour * light[:, None], 0, 255).astype(np.uint8)

    def _light(self, mesh: Points) -> NDArray[np.float64]:
        """Brightness of each point, about 1; [468]."""
        edges = mesh[self._triangles]
        normals = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
        normals *= -np.sign(np.median(normals[:, 2])) * 1.0
        sums = np.zeros_like(mesh)
        for corner in range(3):
            np.add.at(sums, self._triangles[:, corner], normals)
        unit = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return 0.72 + 0.38 * np.clip(unit @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)

    def _eyes(self, picture: Image, mesh: Points, face: Expression, view: View) -> None:
        for rim in EYES.values():
            outline = view.onto(mesh[list(rim)])
            width = np.linalg.norm(outline[8] - outline[0])
            centre = (outline[0] + outline[8]) / 2 + np.array(face.gaze) * width
            centre[1] -= 0.02 * width
            inside = np.zeros(picture.shape[:2], np.uint8)
            cv2.fillPoly(inside, [_whole(outline)], 255, cv2.LINE_AA, 4)
            eye = picture.copy()
            cv2.fillPoly(eye, [_whole(outline)], (240, 237, 233), cv2.LINE_AA, 4)
            for radius, colour in (
                (0.235, _mixed(self.speaker.eyes, 0.6)),
                (0.205, self.speaker.eyes),
                (0.095, (12, 10, 10)),
            ):
                cv2.circle(eye, tuple(_whole(centre)), round(radius * width * 16), colour, -1, cv2.LINE_AA, 4)
            glint = centre + np.array([-0.07, -0.08]) * width
            cv2.circle(eye, tuple(_whole(glint)), round(0.035 * width * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)
            _mask(picture, eye, inside)
            lash = _mixed(self.speaker.hair, 0.5)
            cv2.polylines(picture, [_whole(outline[:9])], False, lash, max(1, round(0.07 * width)), cv2.LINE_AA, 4)

    def _mouth(self, picture: Image, mesh: Points, face: Expression, view: View) -> None:
        outline = view.onto(mesh[list(MOUTH)])
        width = np.linalg.norm(outline[10] - outline[0])
        inside = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(inside, [_whole(outline)], 255, cv2.LINE_AA, 4)
        cavity = picture.copy()
        cavity[inside > 0] = (66, 24, 26)
        upper = outline[:11]
        teeth = np.concatenate([upper, (upper + np.array([0, 0.13 * width]))[::-1]])
        cv2.fillPoly(cavity, [_whole(teeth)], (232, 228, 220), cv2.LINE_AA, 4)
        tongue = outline[15] + np.array([0, 0.06 * width])
        cv2.ellipse(cavity, _box(tongue, 0.56 * width, 0.3 * width), (176, 84, 86), -1, cv2.LINE_AA)
        _mask(picture, cavity, inside)
        line = _mixed(self.speaker.lips, 0.5)
        cv2.polylines(picture, [_whole(upper)], False, line, max(1, round(0.03 * width)), cv2.LINE_AA, 4)


def _then(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine map, [2, 3], that applies ``first`` and then ``second``."""
    whole = [np.vstack([matrix, [0, 0, 1]]) for matrix in (first, second)]
    return (whole[1] @ whole[0])[:2]


def _placement(view: View) -> NDArray[np.float64]:
    factor = view.scale * FINE
    return np.array([[factor, 0, -view.left * factor], [0, factor, -view.top * factor]])


def _barycentric(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of the three corners, [N, 3], of corners [N, 3, 2] at points [N, 2]."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    whole = _cross(b - a, c - a)
    whole = np.where(np.abs(whole) < 1e-9, 1e-9, whole)
    second = _cross(points - a, c - a) / whole
    third = _cross(b - a, points - a) / whole
    return np.clip(np.column_stack([1 - second - third, second, third]), 0, 1)


def _cross(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the area, with its sign, that two vectors of the plane span; [N]."""
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]


def _blend(picture: Image, layer: Image) -> None:
    alpha = layer[..., 3:].astype(np.float32) / 255
    picture[:] = (picture * (1 - alpha) + layer[..., :3] * alpha).astype(np.uint8)


def _mask(picture: Image, other: Image, inside: NDArray[np.uint8]) -> None:
    alpha = inside[..., None].astype(np.float32) / 255
    picture[:] = (picture * (1 - alpha) + other * alpha).astype(np.uint8)


def _whole(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Sixteenths of a pixel, as OpenCV's `shift=4` takes them."""
    return np.round(np.asarray(points) * 16).astype(np.int32)


def _box(centre: NDArray[np.float64], width: float, height: float) -> tuple:
    return ((float(centre[0]), float(centre[1])), (float(width), float(height)), 0.0)


def _mixed(colour: tuple, share: float) -> tuple:
    """Darken a colour."""
    return tuple(round(value * (1 - share)) for value in colour)
