"""MediaPipe's FaceLandmarker: a picture in, the landmarks of the faces in it out.

Measured on 450 frames of GRID (360 x 288, one face, embedded bundle): video mode with one face smooths its
landmarks with a causal One-Euro filter, which takes 7 % off the deviation and 27 % off the velocity of the mouth
opening, and delays it; it saves 1.3 of 6 ms CPU a frame because it looks for the face only when it lost it.
With more than one face allowed, video mode neither smooths nor saves: its landmarks are image mode's, bit for
bit. Image mode has no state, so one landmarker serves every clip.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from extractors.faces.columns import BLENDSHAPES
from extractors.faces.mediapipe_tasks import Task, check_image
from extractors.faces.points import LANDMARKS
from extractors.quiet import quiet_native_stderr
from pipeline.errors import ModelMissingError

RunningMode = Literal["image", "video"]

_BLENDSHAPES_BEGIN = 1


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFace:
    """One face in one picture."""

    points_px: NDArray[np.float32]
    """[shape=(478, 3)] x right, y down, z away from the camera, all in pixels of the picture."""
    blendshapes: NDArray[np.float32] | None
    """[shape=(51,)] 0 to 1, in the order of `face_columns.BLENDSHAPES`; None if the bundle has none."""

    @property
    def centre_px(self) -> NDArray[np.float32]:
        """[shape=(2,)] middle of the landmarks' extent."""
        return np.asarray((self.points_px[:, :2].min(axis=0) + self.points_px[:, :2].max(axis=0)) / 2)

    @property
    def height_px(self) -> float:
        """Extent of the landmarks from the top to the bottom."""
        return float(self.points_px[:, 1].max() - self.points_px[:, 1].min())

    def moved(self, right_px: int, down_px: int) -> "DetectedFace":
        """Return the face in the coordinates of a picture that this one was cut out of."""
        return DetectedFace(self.points_px + np.array([right_px, down_px, 0], np.float32), self.blendshapes)


class Landmarker:
    """A loaded landmarker.

    Parameters
    ----------
    bundle : bytes
        A verified ``.task`` file.
    mode : {"image", "video"}
        In video mode its state belongs to one clip: make a new one (30 ms) for the next.
    max_faces : int
    min_confidence : float
        Of detection, presence and tracking alike, 0 to 1.
    blendshapes : bool
        Ask for them; the bundle must have them.

    Raises
    ------
    ModelMissingError
        The bundle cannot be loaded.
    """

    def __init__(
        self, bundle: bytes, *, mode: RunningMode, max_faces: int, min_confidence: float, blendshapes: bool
    ) -> None:
        def create(tasks: Any, vision: Any) -> Any:
            options = vision.FaceLandmarkerOptions(
                base_options=tasks.BaseOptions(model_asset_buffer=bundle),
                running_mode=vision.RunningMode.VIDEO if mode == "video" else vision.RunningMode.IMAGE,
                num_faces=max_faces,
                min_face_detection_confidence=min_confidence,
                min_face_presence_confidence=min_confidence,
                min_tracking_confidence=min_confidence,
                output_face_blendshapes=blendshapes,
            )
            return vision.FaceLandmarker.create_from_options(options)

        self._task = Task(create, "the face landmarker bundle")
        self._mode = mode
        self._last_ms = -1
        self.blendshapes = blendshapes
        # Threads of the graph write their notes when the first picture comes.
        with quiet_native_stderr():
            self.detect(np.zeros((64, 64, 3), np.uint8), 0.0)

    def detect(self, image: NDArray[np.uint8], time_s: float = 0.0) -> tuple[DetectedFace, ...]:
        """Return the faces in a picture; none in one under 16 pixels.

        Parameters
        ----------
        image : ndarray of uint8 [shape=(H, W, 3)]
            RGB.
        time_s : float
            Only read in video mode, where it must not decrease.

        Raises
        ------
        ValueError
            An image of another type or shape.
        """
        if not check_image(image):
            return ()
        picture = self._task.picture(image)
        if self._mode == "video":
            # Milliseconds must increase strictly; frames closer than one are told apart by one.
            self._last_ms = max(self._last_ms + 1, round(time_s * 1000))
            result = self._task.native.detect_for_video(picture, self._last_ms)
        else:
            result = self._task.native.detect(picture)
        scale = np.array([image.shape[1], image.shape[0], image.shape[1]], np.float32)
        shapes = result.face_blendshapes if self.blendshapes else [None] * len(result.face_landmarks)
        return tuple(
            DetectedFace(_points(points) * scale, None if shape is None else _activations(shape))
            for points, shape in zip(result.face_landmarks, shapes, strict=True)
        )

    def close(self) -> None:
        """Free the native landmarker."""
        self._task.close()


def _points(landmarks: Any) -> NDArray[np.float32]:
    """[478, 3] in shares of the picture's width, height and width."""
    points = np.array([(point.x, point.y, point.z) for point in landmarks], np.float32)
    if points.shape != (LANDMARKS, 3):
        raise ModelMissingError(f"the face landmarker bundle gives {len(points)} landmarks, {LANDMARKS} are needed")
    return points


def _activations(categories: Any) -> NDArray[np.float32]:
    scores = np.array([category.score for category in categories[_BLENDSHAPES_BEGIN:]], np.float32)
    if scores.shape != (len(BLENDSHAPES),):
        raise ModelMissingError(
            f"the face landmarker bundle gives {len(scores)} blendshapes, {len(BLENDSHAPES)} are known"
        )
    return scores
