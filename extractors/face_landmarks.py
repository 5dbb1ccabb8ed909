"""MediaPipe's FaceLandmarker: an image in, the faces found in it out.

Image mode is the default. Measured on 450 frames of GRID (360 x 288, one face, embedded bundle): video mode
with one face smooths its landmarks with a causal One-Euro filter, which takes 7 % off the deviation and 27 % off
the velocity of the mouth opening, and delays it; it saves 1.3 of 6 ms CPU a frame because it looks for the face
only when it lost it. With more than one face allowed, video mode neither smooths nor saves: its landmarks are
image mode's, bit for bit. Image mode has no state, so a frame's landmarks are a function of that frame alone
and one landmarker serves every clip.
"""

import weakref
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from extractors.containment import refuse_native_uploads
from extractors.face_columns import BLENDSHAPES
from extractors.face_points import LANDMARKS
from extractors.quiet import quiet_native_stderr
from pipeline.errors import ModelMissingError

Mode = Literal["image", "video"]

MIN_SIDE_PX = 16
"""A picture with a shorter side holds no face that could be measured, and is not shown to the detector."""
_BLENDSHAPES_BEGIN = 1


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFace:
    """One face in one picture."""

    points_px: NDArray[np.float32]
    """[shape=(478, 3)] x right, y down, z away from the camera, all in pixels of the given picture."""
    blendshapes: NDArray[np.float32] | None
    """[shape=(51,)] 0 to 1, in the order of `face_columns.BLENDSHAPES`; None if the bundle has none."""


class Landmarker:
    """A loaded landmarker; close it, or use it in a ``with`` block.

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
    """

    def __init__(
        self, bundle: bytes, *, mode: Mode, max_faces: int, min_confidence: float, blendshapes: bool
    ) -> None:
        refuse_native_uploads()
        with quiet_native_stderr() as notes:
            # Importing MediaPipe takes seconds and writes to stderr too.
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision

            options = vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_buffer=bundle),
                running_mode=vision.RunningMode.VIDEO if mode == "video" else vision.RunningMode.IMAGE,
                num_faces=max_faces,
                min_face_detection_confidence=min_confidence,
                min_face_presence_confidence=min_confidence,
                min_tracking_confidence=min_confidence,
                output_face_blendshapes=blendshapes,
            )
            try:
                self._native: Any = vision.FaceLandmarker.create_from_options(options)
            except (RuntimeError, ValueError) as error:
                reason = notes.tail() or str(error)
                raise ModelMissingError(f"the face landmarker bundle cannot be loaded: {reason}") from None
            self._free = weakref.finalize(self, _free_native, self._native)
            self._image: Any = mediapipe.Image
            self._rgb: Any = mediapipe.ImageFormat.SRGB
            self._mode = mode
            self.blendshapes = blendshapes
            self._last_ms = -1
            # Threads of the graph write their notes when the first picture comes.
            self.detect(np.zeros((64, 64, 3), np.uint8), 0.0)

    def detect(self, image: NDArray[np.uint8], time_s: float) -> tuple[DetectedFace, ...]:
        """Return the faces in a picture, none for a picture under 16 pixels.

        Parameters
        ----------
        image : ndarray of uint8 [shape=(H, W, 3)]
            RGB. It is made C-contiguous if it is not: MediaPipe misreads any other layout without an error.
        time_s : float
            Only read in video mode, where it must not decrease.

        Raises
        ------
        ValueError
            An image of another type or shape.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"a face image must be uint8 [H, W, 3], got {image.dtype} {list(image.shape)}")
        height, width = image.shape[:2]
        if min(height, width) < MIN_SIDE_PX:
            return ()
        picture = self._image(image_format=self._rgb, data=np.ascontiguousarray(image))
        if self._mode == "video":
            # Milliseconds must increase strictly; frames closer than one are told apart by one.
            self._last_ms = max(self._last_ms + 1, round(time_s * 1000))
            result = self._native.detect_for_video(picture, self._last_ms)
        else:
            result = self._native.detect(picture)
        scale = np.array([width, height, width], np.float32)
        shapes = result.face_blendshapes if self.blendshapes else [None] * len(result.face_landmarks)
        return tuple(
            DetectedFace(_points(points) * scale, None if shape is None else _activations(shape))
            for points, shape in zip(result.face_landmarks, shapes, strict=True)
        )

    def close(self) -> None:
        """Free the native landmarker; done by itself when the object or the process ends."""
        self._free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _free_native(native: Any) -> None:
    """Close a native landmarker, also while the interpreter shuts down."""
    try:
        native.close()
    except RuntimeError:
        # At exit the thread that its calls run on has ended already. Told so, the dispatcher skips them, and the
        # landmarker can end without a traceback from its `__del__`; the process gives the memory back.
        native._lib.close()
        native.close()


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
