"""MediaPipe Tasks, loaded quietly, contained, and freed without complaint.

Nothing else imports MediaPipe, which takes seconds and a hundred megabytes.
"""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.containment import allow_native_uploads, refuse_native_uploads
from extractors.quiet import quiet_native_stderr
from pipeline.errors import ModelMissingError

MIN_SIDE_PX = 16
"""A picture with a shorter side holds no face that could be measured, and is not shown to a model."""


class Task:
    """A native MediaPipe vision task.

    Parameters
    ----------
    create : callable
        Gets the modules ``mediapipe.tasks.python`` and ``mediapipe.tasks.python.vision`` and returns the task.
    what : str
        Name of the model for the message if it cannot be loaded.

    Raises
    ------
    ModelMissingError
        MediaPipe refuses the model; the message says what it said.
    """

    def __init__(self, create: Callable[[Any, Any], Any], what: str) -> None:
        refuse_native_uploads()
        with quiet_native_stderr() as notes:
            import mediapipe
            from mediapipe.tasks import python as tasks
            from mediapipe.tasks.python import vision

            self._picture: Any = mediapipe.Image
            self._rgb: Any = mediapipe.ImageFormat.SRGB
            try:
                self.native = create(tasks, vision)
            except (RuntimeError, ValueError) as error:
                allow_native_uploads()
                raise ModelMissingError(f"{what} cannot be loaded: {notes.tail() or error}") from None
        self._free = weakref.finalize(self, _free_native, self.native)

    def picture(self, image: NDArray[np.uint8]) -> Any:
        """Return the image as the task wants it; a layout that is not C-contiguous would be misread silently."""
        return self._picture(image_format=self._rgb, data=np.ascontiguousarray(image))

    def close(self) -> None:
        """Free the native object; done by itself when this object or the process ends."""
        self._free()


def check_image(image: NDArray[np.uint8]) -> bool:
    """Tell whether a picture is large enough to look at.

    Raises
    ------
    ValueError
        It is not uint8 [H, W, 3].
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"a face image must be uint8 [H, W, 3], got {image.dtype} {list(image.shape)}")
    return bool(min(image.shape[:2]) >= MIN_SIDE_PX)


def _free_native(native: Any) -> None:
    """Close a native task, also while the interpreter shuts down. Closing writes notes and wants to upload."""
    with quiet_native_stderr():
        try:
            native.close()
        except RuntimeError:
            # At exit the thread that its calls run on has ended already. Told so, the dispatcher skips them, and
            # the task can end without a traceback from its `__del__`; the process gives the memory back.
            native._lib.close()
            native.close()
    allow_native_uploads()
