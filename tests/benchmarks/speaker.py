"""Who speaks: the right one of two faces, nobody in the picture, and sound that is not in time with the picture.

Two clips of `DMD_GRID` stand side by side, both mouths moving, and either one's sound is played: the pipeline must
follow the face that speaks. Then each clip is played with its own sound, with another clip's (nobody in the picture
speaks), and with its own sound moved by 0.2 to 1 s.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from extractors.face import FaceExtractor, FaceResult, FaceSession
from pipeline.media.speech import speech_envelope
from pipeline.streams import MediaReader
from tests.benchmarks.grid import FOLDER

RATE_HZ = 16_000
SHIFTS_S = (-0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 1.0)
"""Delays of the sound; -1 s would leave too little of a clip of 3 s."""
SIZE_WITHIN_S = 0.1
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """A clip's frames and sound."""

    name: str
    images: tuple[NDArray[np.uint8], ...]
    times_s: NDArray[np.float64]
    samples: Samples
    offset_s: float
    """Time of the first frame, from the first sample."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--folder", type=Path, default=FOLDER, help="GRID clips, instead of DMD_GRID")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of clips; each is played with either sound")
    parser.add_argument("--clips", type=int, default=40, help="clips for off-screen speech and shifts")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    paths = sorted(options.folder.glob("*.mpg"))
    if len(paths) < 2:
        raise FileNotFoundError(f"no two .mpg clips in {options.folder}; set DMD_GRID to a folder of GRID clips")
    extractor = FaceExtractor()
    right = _pairs(extractor, paths, options.pairs)
    return {**_share("right_face", right), "pairs": options.pairs, **_timing(extractor, paths[: options.clips])}


def read_talk(path: Path) -> Talk:
    """Return a clip's frames and sound."""
    with MediaReader(path) as reader:
        frames = [(frame.image, frame.pts_s) for frame in reader.frames()]
        audio = reader.audio()
    assert audio is not None
    times_s = np.array([time_s for _, time_s in frames])
    images = tuple(image for image, _ in frames)
    return Talk(path.stem, images, times_s - times_s[0], audio.samples, float(times_s[0] - audio.start_pts_s))


def _pairs(extractor: FaceExtractor, paths: Sequence[Path], count: int) -> list[bool]:
    rng = np.random.default_rng(11)
    right = []
    for _ in range(count):
        left, other = (read_talk(paths[at]) for at in rng.choice(len(paths), 2, replace=False))
        frames = min(len(left.images), len(other.images))
        with extractor.start() as session:
            for at in range(frames):
                session.add(_side_by_side(left.images[at], other.images[at]), float(left.times_s[at]))
            right += [_mean_x(_heard(session, left.samples, left.offset_s)) < 0,
                      _mean_x(_heard(session, other.samples, other.offset_s)) > 0]  # fmt: skip
    return right


def _side_by_side(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Both pictures in the pipeline's width of 640 px."""
    both = np.concatenate([left, right], axis=1)
    height = round(both.shape[0] * 640 / both.shape[1])
    return np.ascontiguousarray(cv2.resize(both, (640, height), interpolation=cv2.INTER_AREA))


def _heard(session: FaceSession, samples: Samples, offset_s: float) -> FaceResult:
    return session.finish(speech_envelope(samples, RATE_HZ), clock_offset_s=offset_s)


def _mean_x(result: FaceResult) -> float:
    at = result.track.names.index("face_x")
    return float(result.track.values[result.track.mask, at].mean()) if result.track.mask.any() else 0.0


def _timing(extractor: FaceExtractor, paths: Sequence[Path]) -> dict[str, Any]:
    rng = np.random.default_rng(12)
    sounds = [read_talk(path).samples for path in paths]
    flags: dict[str, list[tuple[str, ...]]] = {"own": [], "foreign": []}
    found: dict[float, list[tuple[bool, float]]] = {shift_s: [] for shift_s in SHIFTS_S}
    for at, path in enumerate(paths):
        talk = read_talk(path)
        with extractor.start() as session:
            for image, time_s in zip(talk.images, talk.times_s.tolist(), strict=True):
                session.add(image, time_s)
            flags["own"].append(_heard(session, talk.samples, talk.offset_s).flags)
            foreign = sounds[(at + int(rng.integers(1, len(sounds)))) % len(sounds)]
            flags["foreign"].append(_heard(session, foreign, talk.offset_s).flags)
            for shift_s in SHIFTS_S:
                result = _heard(session, _moved(talk.samples, shift_s, rng), talk.offset_s)
                found[shift_s].append(("out_of_sync" in result.flags, result.quality["av_offset_s"] - shift_s))
    return {
        "clips": len(paths),
        **_share("off_screen_flagged", ["off_screen_speaker" in each for each in flags["foreign"]]),
        **_share("off_screen_false", ["off_screen_speaker" in each for each in flags["own"]]),
        **_share("out_of_sync_false", ["out_of_sync" in each for each in flags["own"]]),
        **_share("out_of_sync_on_foreign", ["out_of_sync" in each for each in flags["foreign"]]),
        "shifts": {f"{shift_s:+.1f} s": _shift_figures(each) for shift_s, each in found.items()},
    }


def _moved(samples: Samples, shift_s: float, rng: np.random.Generator) -> Samples:
    """Sound that comes later by so much, or earlier; what is then missing is room noise."""
    count = round(abs(shift_s) * RATE_HZ)
    quiet = rng.normal(0, 1e-4, count).astype(np.float32)
    return np.concatenate([quiet, samples] if shift_s > 0 else [samples[count:], quiet])


def _shift_figures(found: Sequence[tuple[bool, float]]) -> dict[str, float]:
    flagged, errors = np.array([each[0] for each in found]), np.abs([each[1] for each in found])
    return {
        "flagged": float(flagged.mean()),
        "size_within_100ms": float((errors <= SIZE_WITHIN_S + 1e-9).mean()),
        "median_error_ms": float(np.median(errors)) * 1000,
        "flagged_and_size_within_100ms": float((flagged & (errors <= SIZE_WITHIN_S + 1e-9)).mean()),
    }


def _share(name: str, hits: Sequence[bool]) -> dict[str, float]:
    """A share with Wilson's 95 % interval."""
    count = int(sum(hits))
    bounds = binomtest(count, len(hits)).proportion_ci(method="wilson")
    return {name: count / len(hits), f"{name}_low": float(bounds.low), f"{name}_high": float(bounds.high)}
