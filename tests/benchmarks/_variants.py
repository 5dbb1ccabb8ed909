"""A clip with other pictures: larger, with a small face, with two faces; its sound stays."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
SECONDS = 3.0
"""At most this much of a clip."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What the pictures become."""

    width: int
    height: int
    rate: int = 25
    faces: int = 1
    scale: float = 1.0
    """Height of the original picture over that of the new one."""


VARIANTS = {
    "360p": Variant(640, 360),
    "1080p30": Variant(1920, 1080, rate=30),
    "4k": Variant(3840, 2160),
    "small_face": Variant(1280, 720, scale=0.3),
    "two_faces": Variant(1280, 720, faces=2),
}


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written."""

    path: Path
    width: int
    height: int
    duration_s: float


def write_variant(source: Path, out: Path, variant: Variant) -> Made:
    """Write a clip's pictures as a variant, with its sound, as MP4."""
    with av.open(str(source)) as given, av.open(str(out), "w") as made:
        pictures = made.add_stream("libx264", rate=variant.rate, options={"crf": "20", "preset": "veryfast"})
        pictures.width, pictures.height, pictures.pix_fmt = variant.width, variant.height, "yuv420p"
        stream = given.streams.video[0]
        rate = float(stream.average_rate or 25)
        frames = [frame.to_ndarray(format="rgb24") for frame in given.decode(stream)][: int(SECONDS * rate)]
        count = int(len(frames) / rate * variant.rate)
        for index in range(count):
            image = _composed(frames[min(int(index / variant.rate * rate), len(frames) - 1)], variant)
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, variant.rate)
            made.mux(pictures.encode(picture))
        made.mux(pictures.encode())
    _add_sound(source, out)
    return Made(out, variant.width, variant.height, count / variant.rate)


def _composed(image: Image, variant: Variant) -> Image:
    canvas = np.full((variant.height, variant.width, 3), 90, np.uint8)
    height = int(variant.height * variant.scale)
    width = min(round(height * image.shape[1] / image.shape[0]), variant.width // variant.faces)
    face = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if height < len(image) else cv2.INTER_CUBIC
    )
    for number in range(variant.faces):
        left = (2 * number + 1) * variant.width // (2 * variant.faces) - width // 2
        top = (variant.height - height) // 2
        canvas[top : top + height, left : left + width] = face if number == 0 else face[:, ::-1]
    return canvas


def _add_sound(source: Path, out: Path) -> None:
    """Copy the pictures and encode the source's sound beside them."""
    silent = out.with_suffix(".silent.mp4")
    out.replace(silent)
    with av.open(str(source)) as given, av.open(str(silent)) as pictures, av.open(str(out), "w") as made:
        video = made.add_stream_from_template(pictures.streams.video[0])
        sound = given.streams.audio[0]
        voice = made.add_stream("aac", rate=sound.rate)
        for packet in pictures.demux(pictures.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                made.mux(packet)
        for frame in given.decode(sound):
            if frame.time is not None and frame.time < SECONDS:
                frame.pts = None
                made.mux(voice.encode(frame))
        made.mux(voice.encode())
    silent.unlink()
