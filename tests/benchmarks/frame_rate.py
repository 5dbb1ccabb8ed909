"""What is lost, and what is saved, when fewer frames a second are looked at (`face.max_fps`).

The clips of `DMD_GRID` (25 frames a second), else the sample clips, extracted at every rate. What the rows of words
hold then is correlated with what they hold at the full rate, over all words and column by column: means, 10th and
90th percentiles, velocities. Events are looked for frame by frame: blinks (eyes open less than 60 % of the clip's
median) and brow events (inner brows 3 median absolute deviations above the clip's median); `found` is the share of
those at the full rate that are seen at the lower one within 0.1 s, `extra` what it sees besides.
"""

import argparse
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.extraction import ExtractionConfig, Extractor
from extractors.faces.config import FaceConfig
from pipeline.aligned import AlignedClip
from pipeline.pooling import PoolingConfig
from tests.benchmarks.extraction import clips_at_hand

Floats = NDArray[np.float64]
NEAR_S = 0.1
EXTREMES: tuple[str, ...] = (":p10", ":p90")
VELOCITY = "_velocity"
PLACE = ("face_x", "face_y", "face_height", "face_unsure")
"""Where a face is, not what it does."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--clips", type=int, default=17, help="at most this many clips")
    parser.add_argument("--rates", type=float, nargs="*", default=[12.5, 8.0, 5.0], help="frames a second")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    clips = clips_at_hand()[: options.clips]
    made: dict[float | None, list[AlignedClip]] = {}
    cost: dict[float | None, float] = {}
    for rate in (None, *options.rates):
        extractor = Extractor(
            ExtractionConfig(
                face=FaceConfig(max_fps=rate), pooling=PoolingConfig(functionals={"p10": ("*",), "p90": ("*",)})
            )
        )
        extractor.extract(clips[0])
        made[rate], costs = [], []
        for clip in clips:
            began = time.process_time()
            made[rate].append(extractor.extract(clip))
            costs.append(time.process_time() - began)
        cost[rate] = median(costs)
    return {
        "clips": len(clips),
        "cpu_s_per_clip": cost[None],
        "rates": {
            str(rate): {"cost": cost[rate] / cost[None], **_kept(made[None], made[rate])} for rate in options.rates
        },
    }


def _kept(full: Sequence[AlignedClip], fewer: Sequence[AlignedClip]) -> dict[str, Any]:
    names = full[0].face.names
    groups = {
        "means": [n for n in names if ":" not in n and VELOCITY not in n],
        "extremes": [n for n in names if n.endswith(EXTREMES) and VELOCITY not in n],
        "velocities": [n for n in names if ":" not in n and VELOCITY in n],
        "velocity_extremes": [n for n in names if n.endswith(EXTREMES) and VELOCITY in n],
    }
    found: dict[str, Any] = {}
    for group, members in groups.items():
        moving = [n for n in members if not n.startswith(PLACE)]
        agreement = [_correlation(full, fewer, names.index(name)) for name in moving]
        found[group] = {"median": float(np.nanmedian(agreement)), "worst": float(np.nanmin(agreement))}
        found[group]["worst_column"] = moving[int(np.nanargmin(agreement))]
    for event, seen in (("blinks", _blinks), ("brow_events", _brows)):
        pairs = [(seen(a), seen(b)) for a, b in zip(full, fewer, strict=True)]
        found[event] = {
            "all": sum(len(a) for a, _ in pairs),
            "found": sum(_near(a, b) for a, b in pairs),
            "extra": sum(len(b) - _near(b, a) for a, b in pairs),
        }
    return found


def _correlation(full: Sequence[AlignedClip], fewer: Sequence[AlignedClip], column: int) -> float:
    """Return how far a column of the words' rows agrees; NaN for one that never moves."""
    pairs = [(a.face, b.face) for a, b in zip(full, fewer, strict=True)]
    known = np.concatenate([a.valid[:, column] & b.valid[:, column] for a, b in pairs])
    x, y = (np.concatenate([pair[i].values[:, column] for pair in pairs])[known] for i in (0, 1))
    return float(np.corrcoef(x, y)[0, 1]) if len(x) > 2 and x.std() > 0 and y.std() > 0 else float("nan")


def _blinks(clip: AlignedClip) -> Floats:
    times, eyes = _mean_of(clip, "eye_openness_left", "eye_openness_right")
    return _events(times, eyes < 0.6 * np.median(eyes)) if len(eyes) else times


def _brows(clip: AlignedClip) -> Floats:
    times, brows = _mean_of(clip, "brow_inner_raise_left", "brow_inner_raise_right")
    if not len(brows):
        return times
    middle = np.median(brows)
    return _events(times, brows > middle + 3 * 1.4826 * np.median(np.abs(brows - middle)))


def _mean_of(clip: AlignedClip, *columns: str) -> tuple[Floats, Floats]:
    track = clip.native["face"]
    places = [track.names.index(name) for name in columns]
    known = np.asarray(track.mask)
    return np.asarray(track.times_s, np.float64)[known], np.asarray(track.values, np.float64)[known][:, places].mean(
        1
    )


def _events(times: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Return the middle of each stretch of frames that are inside an event."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    return np.array([times[a:b].mean() for a, b in edges.reshape(-1, 2)])


def _near(some: Floats, others: Floats) -> int:
    """Return how many of these events have another within `NEAR_S`."""
    return sum(bool(len(others)) and bool(np.abs(others - at).min() <= NEAR_S) for at in some)
