"""Small and turned faces: how many are found, and whether what is then measured still follows the face.

Small: frames of `DMD_GRID` are scaled so that the face has a given height in a picture of 640 x 360 px. Found are
those of the frames on which the pipeline sees a face: the detector on the whole picture, the pipeline's default
(which looks again at halves of the picture), and a third look at quarters, which the pipeline does not take. `mouth`
and `eyes` are the correlations of mouth height and eye openness with those of the same frames at their own size.
Turned: drawn heads (the sample clips' people) at a yaw, 200 px high; found by default, and the yaw that is read.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.face import FaceConfig, FaceExtractor
from extractors.faces.detector import Detector
from tests.benchmarks.grid import FOLDER
from tests.evidence.drift import correlation
from tests.evidence.face_values import film_track
from tests.evidence.material import Film, read_film
from tests.sample_clips.head import Expression, Pose
from tests.sample_clips.rendering import Actor, View
from tests.sample_clips.speakers import ANNA, BRUNO, CHLOE, DMITRI, EMMA

Image = NDArray[np.uint8]
HEIGHTS_PX = (20, 30, 40, 50, 60, 80, 120, 200)
YAWS_DEG = (0, 15, 30, 45, 60, 75)
CANVAS = (360, 640)
QUARTERS = 4


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--folder", type=Path, default=FOLDER, help="GRID clips, instead of DMD_GRID")
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--frames", type=int, default=25, help="of each clip")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    paths = sorted(options.folder.glob("*.mpg"))[: options.clips]
    if not paths:
        raise FileNotFoundError(f"no .mpg clip in {options.folder}; set DMD_GRID to a folder of GRID clips")
    films = [_first(read_film(path, "grid"), options.frames) for path in paths]
    bundle = FaceConfig().bundle_file()[0].read_bytes()
    detector = Detector(bundle, FaceConfig().min_confidence)
    return {
        "frames": sum(len(film.images) for film in films),
        "height_px": {str(height): _small(films, height, detector) for height in HEIGHTS_PX},
        "yaw_deg": {str(yaw): _turned(yaw) for yaw in YAWS_DEG},
    }


def _first(film: Film, frames: int) -> Film:
    return replace(film, images=film.images[:frames], times_s=film.times_s[:frames])


def _small(films: Sequence[Film], height_px: int, detector: Detector) -> dict[str, float | None]:
    seen, whole, quarters, mouths, eyes = [], [], [], [], []
    for film in films:
        base = film_track(film)
        names = base.names
        own_px = float(np.median(base.values[base.mask, names.index("face_height")])) * film.images[0].shape[0]
        small = replace(film, images=tuple(_placed(image, height_px / own_px) for image in film.images))
        track = film_track(small)
        seen += track.mask.tolist()
        first = small.images[0]
        whole.append(bool(detector.find(first)))
        quarters.append(_in_quarters(detector, first))
        both = base.mask & track.mask
        for column, kept in (("mouth_height", mouths), ("eye_openness_left", eyes)):
            if both.sum() > 10:
                at = names.index(column)
                kept.append(correlation(*(t.values[both, at].astype(np.float64) for t in (base, track))))
    return {
        "found_whole_picture": float(np.mean(whole)),
        "found": float(np.mean(seen)),
        "found_in_quarters": float(np.mean(quarters)),
        "mouth": float(np.median(mouths)) if mouths else None,
        "eyes": float(np.median(eyes)) if eyes else None,
    }


def _placed(image: Image, scale: float) -> Image:
    """The frame, scaled, in the middle of a grey picture of the canvas' size."""
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, None, fx=scale, fy=scale, interpolation=kind)
    height, width = (min(side, limit) for side, limit in zip(scaled.shape[:2], CANVAS, strict=True))
    top, left = (scaled.shape[0] - height) // 2, (scaled.shape[1] - width) // 2
    canvas = np.full((*CANVAS, 3), 120, np.uint8)
    y, x = (CANVAS[0] - height) // 2, (CANVAS[1] - width) // 2
    canvas[y : y + height, x : x + width] = scaled[top : top + height, left : left + width]
    return canvas


def _in_quarters(detector: Detector, image: Image) -> bool:
    side = max(image.shape[:2]) // QUARTERS
    starts = [range(0, length - side + 1, side // 2) for length in image.shape[:2]]
    return any(
        detector.find(np.ascontiguousarray(image[top : top + side, left : left + side]))
        for top in starts[0]
        for left in starts[1]
    )


def _turned(yaw_deg: float) -> dict[str, float | None]:
    view = View(320, 320, 0.7, 30.0, 20.0)
    found, read = [], []
    with_all = FaceExtractor(FaceConfig(include_unstable=True))
    for speaker in (ANNA, BRUNO, CHLOE, DMITRI, EMMA):
        actor = Actor(speaker)
        for sign in (-1, 1):
            image = actor.render(Expression(), Pose(yaw=sign * yaw_deg), view)
            with with_all.start() as session:
                session.add(image, 0.0)
                track = session.finish(None).track
            found.append(bool(track.mask[0]))
            if track.mask[0]:
                read.append(abs(float(track.values[0, track.names.index("head_yaw_deg")])))
    return {"found": float(np.mean(found)), "read_deg": float(np.median(read)) if read else None}
