"""Follow faces from frame to frame, each in a window of its own.

The landmark model is steadiest where the face fills 30 to 40 % of the picture that the detector sees: at 10 % its
landmarks jitter twice as much, and below that the face is not found at all. So a face, once found, is looked at
in a square around it, which stays where it is until the face leaves its middle: a window that moved with every
frame would pass its own jitter on. The whole picture is searched for new faces twice a second, and in every frame
while no face is in view; where there is none or only a small one, parts of it are searched, too (`detector`).

This costs what looking at whole frames costs (one window a face), and finds faces of 40 px in 640 instead of 80.
What is found in a frame depends on earlier frames of the clip, but on nothing else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from extractors.faces.detector import Detector, FaceBox, is_same_face
from extractors.faces.landmarks import DetectedFace, Landmarker


class FollowConfig(BaseModel):
    """How faces are searched and followed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reach: float = Field(default=1.3, gt=0.5)
    """Half the side of a window, in face heights."""
    slack: float = Field(default=0.25, gt=0)
    """Face heights that a face may leave the middle of its window before the window is set anew."""
    growth: float = Field(default=1.25, gt=1)
    """Ratio of sizes beyond which it is set anew too."""
    search_every_s: float = Field(default=0.5, gt=0)
    """Time between searches of the whole picture while a face is known."""
    search_parts_every_s: float = Field(default=0.5, gt=0)
    """Time between searches of parts of the picture while no face is known; twice that for small ones."""
    small_below: float = Field(default=0.2, ge=0)
    """Share of the picture's longer side under which a face is small: others beside it may have been missed."""
    lost_after_s: float = Field(default=0.4, ge=0)
    """Time without a face after which its window is given up."""


@dataclass(slots=True)
class _Window:
    """Where one face is looked for."""

    box: FaceBox
    """The face as it was when the window was set."""
    seen_s: float
    """When it was seen last."""


class FaceFollower:
    """Finds the faces of one clip; a fresh one for every clip."""

    def __init__(self, landmarker: Landmarker, detector: Detector, max_faces: int, config: FollowConfig) -> None:
        self._landmarker = landmarker
        self._detector = detector
        self._max_faces = max_faces
        self._config = config
        self._windows: list[_Window] = []
        self._in_view = False
        self._searched_s = -np.inf
        self._searched_parts_s = -np.inf

    def look(self, image: NDArray[np.uint8], time_s: float) -> tuple[DetectedFace, ...]:
        """Return the faces of the next frame.

        Parameters
        ----------
        image : ndarray of uint8 [shape=(H, W, 3)]
        time_s : float
            Must increase from call to call.
        """
        self._search(image, time_s)
        faces: list[DetectedFace] = []
        for window in self._windows:
            face = self._face_in(window, image)
            if face is None or any(is_same_face(_box(face), _box(other)) for other in faces):
                continue
            faces.append(face)
            window.seen_s = time_s
            if self._has_left(window.box, _box(face)):
                window.box = _box(face)
        self._in_view = bool(faces)
        self._windows = [it for it in self._windows if time_s - it.seen_s <= self._config.lost_after_s]
        return tuple(faces)

    def _search(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Open windows for faces that none looks at, where and when it is worth searching."""
        config = self._config
        if self._in_view and time_s - self._searched_s < config.search_every_s:
            return
        self._searched_s = time_s
        found = self._detector.find(image)
        known = [window.box.height_px for window in self._windows] + [box.height_px for box in found]
        pause_s = config.search_parts_every_s * (2 if known else 1)
        if max(known, default=0.0) < config.small_below * max(image.shape[:2]):
            if time_s - self._searched_parts_s >= pause_s:
                self._searched_parts_s = time_s
                found += self._detector.find_small(image)
        for box in found:
            is_new = not any(is_same_face(box, window.box) for window in self._windows)
            if is_new and len(self._windows) < self._max_faces:
                self._windows.append(_Window(box, time_s))

    def _face_in(self, window: _Window, image: NDArray[np.uint8]) -> DetectedFace | None:
        """Return the face nearest to the middle of the window."""
        half = self._config.reach * window.box.height_px
        left, top = (max(0, int(middle - half)) for middle in (window.box.x_px, window.box.y_px))
        right, bottom = int(window.box.x_px + half) + 1, int(window.box.y_px + half) + 1
        faces = self._landmarker.detect(image[top:bottom, left:right])
        middle = np.array([window.box.x_px - left, window.box.y_px - top])
        nearest = min(faces, key=lambda face: float(np.hypot(*(face.centre_px - middle))), default=None)
        return None if nearest is None else nearest.moved(left, top)

    def _has_left(self, before: FaceBox, now: FaceBox) -> bool:
        apart = np.hypot(now.x_px - before.x_px, now.y_px - before.y_px)
        larger, smaller = max(before.height_px, now.height_px), min(before.height_px, now.height_px)
        return bool(apart > self._config.slack * before.height_px or larger > smaller * self._config.growth)


def _box(face: DetectedFace) -> FaceBox:
    x_px, y_px = face.centre_px
    return FaceBox(float(x_px), float(y_px), face.height_px, 1.0)
