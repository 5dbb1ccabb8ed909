"""What cameras, lights and files do to a picture of a face; none of it is the face's doing."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tests.evidence.material import Film

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]
LONGEST_SIDE_PX = 640
"""The pipeline's own limit (`pipeline.streams.MediaConfig`)."""
CROPPED = (0.04, 0.02, 0.14, 0.10)
"""Shares cut off at the left, the top, the right and the bottom."""


@dataclass(frozen=True, slots=True)
class PictureNuisance:
    """Something that changes a film and not the face."""

    name: str
    meaning: str
    alter: Callable[[Film], Film]
    expected: Callable[[Floats, Sequence[str]], Floats] = lambda values, names: values
    """From the columns before [words, D] to what they should read after."""


def _every(film: Film, change: Callable[[Image], Image]) -> Film:
    return replace(film, images=tuple(np.ascontiguousarray(change(image)) for image in film.images))


def _scaled(film: Film, factor: float) -> Film:
    height, width = film.images[0].shape[:2]
    factor = min(factor, LONGEST_SIDE_PX / max(height, width)) if factor > 1 else factor
    size = (round(width * factor), round(height * factor))
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return _every(film, lambda image: cv2.resize(image, size, interpolation=kind))


def _cropped(image: Image) -> Image:
    height, width = image.shape[:2]
    left, top, right, bottom = CROPPED
    return image[round(top * height) : round((1 - bottom) * height), round(left * width) : round((1 - right) * width)]


def _after_crop(values: Floats, names: Sequence[str]) -> Floats:
    left, top, right, bottom = CROPPED
    moved = values.copy()
    x, y, height = (list(names).index(name) for name in ("face_x", "face_y", "face_height"))
    moved[:, x] = (values[:, x] + 0.5 - left) / (1 - left - right) - 0.5
    moved[:, y] = 0.5 - ((0.5 - values[:, y]) - top) / (1 - top - bottom)
    moved[:, height] = values[:, height] / (1 - top - bottom)
    return moved


TURNS_ROUND = ("head_yaw", "head_roll", "face_x", "gaze_aside", "mouth_aside", "jaw_aside")
"""Columns with a direction in the picture, and their velocities: a mirror changes their sign."""


def _after_mirror(values: Floats, names: Sequence[str]) -> Floats:
    moved = values.copy()
    for at, name in enumerate(names):
        if name.startswith(TURNS_ROUND) or name.endswith("_asymmetry"):
            moved[:, at] = -values[:, at]
        elif name.endswith("_left"):
            other = list(names).index(f"{name[: -len('_left')]}_right")
            moved[:, at], moved[:, other] = values[:, other], values[:, at]
    return moved


def _gamma(image: Image, exponent: float) -> Image:
    table = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table))


def _lit(image: Image, gain: float) -> Image:
    return np.clip(image.astype(np.float32) * gain, 0, 255).astype(np.uint8)


def repeated(film: Film, rate_hz: float) -> Film:
    """Return the film at another frame rate, as converters make it: each frame shown is the last one that was due."""
    times_s = np.arange(0.0, film.times_s[-1] + 1e-6, 1.0 / rate_hz)
    shown = np.searchsorted(film.times_s, times_s + 1e-6, side="right") - 1
    return replace(film, images=tuple(film.images[at] for at in shown), times_s=times_s)


def thinned(film: Film) -> Film:
    """Return every other frame."""
    return replace(film, images=film.images[::2], times_s=film.times_s[::2])


def compressed(film: Film, quality: int) -> Film:
    """Return the film through H.264 at a constant rate factor (23 is usual, 38 very low)."""
    height, width = (side // 2 * 2 for side in film.images[0].shape[:2])
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=25, options={"crf": str(quality), "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, image in enumerate(film.images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    memory.seek(0)
    with av.open(memory) as file:
        images = tuple(np.ascontiguousarray(frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0))
    return replace(film, images=images)


PICTURE_NUISANCES: tuple[PictureNuisance, ...] = (
    PictureNuisance("30 frames/s", "frames repeated to 30 a second", lambda film: repeated(film, 30.0)),
    PictureNuisance("60 frames/s", "frames repeated to 60 a second", lambda film: repeated(film, 60.0)),
    PictureNuisance("every other frame", "half the frame rate", thinned),
    PictureNuisance("scale 0.5", "half the size", lambda film: _scaled(film, 0.5)),
    PictureNuisance("scale 2", "twice the size, 640 px at most", lambda film: _scaled(film, 2.0)),
    PictureNuisance("crop", "edges cut off, so that the face stands elsewhere", lambda film: _every(film, _cropped),
                    _after_crop),
    PictureNuisance("mirror", "left and right exchanged", lambda film: _every(film, lambda image: image[:, ::-1]),
                    _after_mirror),
    PictureNuisance("dark", "60 % of the light", lambda film: _every(film, lambda image: _lit(image, 0.6))),
    PictureNuisance("bright", "130 % of the light, the brightest cut off",
                    lambda film: _every(film, lambda image: _lit(image, 1.3))),
    PictureNuisance("contrast", "gamma 1.5", lambda film: _every(film, lambda image: _gamma(image, 1.5))),
    PictureNuisance("H.264 crf 30", "compression as in video calls", lambda film: compressed(film, 30)),
    PictureNuisance("H.264 crf 38", "compression to visible blocks", lambda film: compressed(film, 38)),
)  # fmt: skip
