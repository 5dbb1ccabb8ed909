"""Where faces are in a picture: the bundle's own short-range detector, also on parts of the picture.

The detector sees 128 x 128 pixels, so that a face under an eighth of the picture's longer side escapes it (found:
all of 80 px in 640, none of 60). Looked for again in halves of the picture, faces from 40 px up are found.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.faces.mediapipe_tasks import MIN_SIDE_PX, Task, check_image
from extractors.quiet import quiet_native_stderr
from pipeline.errors import ModelMissingError

_MEMBER = "face_detector.tflite"
_HEIGHT_OF_BOX = 1.05
"""Height of the landmarks' extent over the detector's square."""


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face as the detector sees it, in pixels of the whole picture."""

    x_px: float
    y_px: float
    height_px: float
    """Expected extent of the landmarks."""
    score: float


class Detector:
    """A loaded detector; it has no state.

    Raises
    ------
    ModelMissingError
        The bundle holds no detector that can be loaded.
    """

    def __init__(self, bundle: bytes, min_confidence: float) -> None:
        model = _member(bundle)

        def create(tasks: Any, vision: Any) -> Any:
            options = vision.FaceDetectorOptions(
                base_options=tasks.BaseOptions(model_asset_buffer=model),
                running_mode=vision.RunningMode.IMAGE,
                min_detection_confidence=min_confidence,
            )
            return vision.FaceDetector.create_from_options(options)

        self._task = Task(create, "the face detector of the bundle")
        self.find(np.zeros((64, 64, 3), np.uint8))

    def find(self, image: NDArray[np.uint8]) -> list[FaceBox]:
        """Return the faces of a picture, the surest first; ties in reading order."""
        return _sorted(self._find(image, 0, 0))

    def find_small(self, image: NDArray[np.uint8]) -> list[FaceBox]:
        """Return the faces found in half-size squares of the picture that overlap by half, each face once."""
        side = max(image.shape[:2]) // 2
        if side < MIN_SIDE_PX:
            return []
        found = [
            box
            for top in _starts(image.shape[0], side)
            for left in _starts(image.shape[1], side)
            for box in self._find(image[top : top + side, left : left + side], left, top)
        ]
        once: list[FaceBox] = []
        for box in _sorted(found):
            if not any(is_same_face(box, kept) for kept in once):
                once.append(box)
        return once

    def _find(self, image: NDArray[np.uint8], left: int, top: int) -> list[FaceBox]:
        if not check_image(image):
            return []
        boxes = []
        # It notes, now and then, how its own memory is aligned.
        with quiet_native_stderr():
            found = self._task.native.detect(self._task.picture(image))
        for detection in found.detections:
            box = detection.bounding_box
            x_px, y_px = left + box.origin_x + box.width / 2, top + box.origin_y + box.height / 2
            boxes.append(FaceBox(x_px, y_px, box.height * _HEIGHT_OF_BOX, float(detection.categories[0].score)))
        return boxes

    def close(self) -> None:
        """Free the native detector."""
        self._task.close()


def _member(bundle: bytes) -> bytes:
    """Return the detector of a bundle, which MediaPipe wants stored as it is: no member is larger than the bundle."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            if archive.getinfo(_MEMBER).file_size > len(bundle):
                raise ModelMissingError(f"{_MEMBER} of the bundle is compressed; use a bundle as MediaPipe has it")
            return archive.read(_MEMBER)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise ModelMissingError(f"the bundle holds no {_MEMBER} that can be read ({error}); use another") from None


def is_same_face(one: FaceBox, other: FaceBox) -> bool:
    """Tell whether two boxes cover one face: nearer than half the larger one's height."""
    apart = np.hypot(one.x_px - other.x_px, one.y_px - other.y_px)
    return bool(apart < max(one.height_px, other.height_px) / 2)


def _sorted(boxes: list[FaceBox]) -> list[FaceBox]:
    return sorted(boxes, key=lambda box: (-box.score, box.y_px, box.x_px))


def _starts(length: int, side: int) -> list[int]:
    """Return where squares of ``side`` start that cover ``length``, each overlapping the last by half or more."""
    if length <= side:
        return [0]
    count = -(-2 * (length - side) // side)
    return [round(step * (length - side) / count) for step in range(count + 1)]
