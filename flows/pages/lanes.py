"""Lanes: the curves of a clip, from its native tracks, as short as a screen needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.pages.document import rounded
from pipeline.aligned import AlignedClip
from pipeline.timegrid import cells
from pipeline.track import FeatureColumn, FeatureTrack

MAX_POINTS = 3000
"""Points of a curve. A longer track is averaged over equal stretches: a wide screen has 3,000 pixels."""
REACH_S = 0.5
"""A frame speaks for at most this long to each side of its time, as in pooling."""
SHORTEST_HOLE_S = 0.02
LAST_HOLE_S = 0.1
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lane:
    """One strip of a clip's page: some columns of a modality over time, on one scale."""

    title: str
    modality: str
    curves: tuple[tuple[str, ...], ...]
    """For each curve the shell patterns of its column, the best first; one whose column is not there is left out."""
    fill: bool = False
    """Whether the area under the curve is filled, as a level is."""


LANES = (
    Lane("Level", "audio", (("level_dba", "loudness*", "level*", "rms*", "energy*"),), fill=True),
    Lane("Pitch", "audio", (("pitch_semitones", "pitch*", "f0*"),)),
    Lane("Mouth", "face", (("mouth_gap", "mouth_open*", "lips_apart*", "jaw_open*"),)),
    Lane("Smile", "face", (("smile_left", "smile*", "lip_corner*"), ("smile_right",))),
    Lane("Brows", "face", (("brow_inner_raise_left", "brow_inner*", "brow*"), ("brow_inner_raise_right",))),
    Lane("Eyes", "face", (("eye_openness_left",), ("eye_openness_right",))),
    Lane("Head", "face", (("head_yaw_deg", "*yaw*"), ("head_pitch_deg",), ("head_roll_deg", "*roll*"))),
)
"""What a clip's page shows, in this order. A modality that none of them fits shows its first columns."""
UNSURE = {"face": "face_unsure"}
"""Columns that are 1 where the rest of their modality means less."""
FIRST_COLUMNS = 3


def lanes(clip: AlignedClip, columns: Mapping[str, FeatureColumn]) -> list[dict[str, Any]]:
    """Return the lanes of a clip as JSON values.

    Parameters
    ----------
    clip : AlignedClip
    columns : mapping
        `modality.name` -> what is known of the column; may be empty.

    Returns
    -------
    list of dict
        `title`, `fill`, `times` (key of `times`), `unit`, `series` (`label`, `meaning`, `values` with None where the
        value is not known).
    """
    found = []
    for modality, track in clip.native.items():
        if not len(track.times_s):
            continue
        own = [(lane, _chosen(track.names, lane.curves)) for lane in LANES if lane.modality == modality]
        fitting = [(lane.title, lane.fill, tuple(names)) for lane, names in own if names]
        for title, fill, names in fitting or [(f"{modality} columns", False, track.names[:FIRST_COLUMNS])]:
            found.append(
                {"title": title, "fill": fill, "times": modality, **_series(track, names, modality, columns)}
            )
    return found


def _series(
    track: FeatureTrack, names: Sequence[str], modality: str, columns: Mapping[str, FeatureColumn]
) -> dict[str, Any]:
    known = [columns.get(f"{modality}.{name}") for name in names]
    units = {column.unit for column in known if column and column.unit != "1"}
    return {
        "unit": units.pop() if len(units) == 1 else "",
        "series": [
            {"label": name, "meaning": column.meaning if column else "", "values": curve(track, name)}
            for name, column in zip(names, known, strict=True)
        ],
    }


def times(clip: AlignedClip) -> dict[str, list[float]]:
    """Return the times of the points of each modality's curves, seconds."""
    return {
        modality: np.round(_binned_times(track), 3).tolist()
        for modality, track in clip.native.items()
        if len(track.times_s)
    }


def curve(track: FeatureTrack, name: str) -> list[float | None]:
    """Return one column as plotted: a value a frame, or the mean of the known values of each stretch."""
    column = track.names.index(name)
    known = track.valid[:, column]
    sums = np.where(known, track.values[:, column].astype(np.float64), 0.0)
    edges = _edges(len(known))
    totals, counts = np.add.reduceat(sums, edges), np.add.reduceat(known.astype(np.int64), edges)
    return [rounded(float(total / count)) if count else None for total, count in zip(totals, counts, strict=True)]


def missing(clip: AlignedClip) -> dict[str, list[list[float]]]:
    """Return the stretches `[start_s, end_s]` in which a modality is not there, in order.

    A stretch is missing that no present frame speaks for (`timegrid.cells`).
    """
    return {modality: _missing(track, clip.duration_s) for modality, track in clip.native.items()}


def unsure(clip: AlignedClip) -> dict[str, list[list[float]]]:
    """Return the stretches `[start_s, end_s]` in which a modality says of itself that its values mean less."""
    found: dict[str, list[list[float]]] = {}
    for modality, name in UNSURE.items():
        track = clip.native.get(modality)
        if track is None or name not in track.names:
            continue
        column = track.names.index(name)
        doubtful = track.valid[:, column] & (track.values[:, column] > 0.5)
        found[modality] = _joined(*(side[doubtful] for side in cells(track.times_s, REACH_S)))
    return found


def _joined(starts_s: Floats, ends_s: Floats) -> list[list[float]]:
    """Return cells as stretches, those that touch as one."""
    stretches: list[list[float]] = []
    for start_s, end_s in zip(starts_s.tolist(), ends_s.tolist(), strict=True):
        if stretches and start_s - stretches[-1][1] < SHORTEST_HOLE_S:
            stretches[-1][1] = round(end_s, 3)
        else:
            stretches.append([round(start_s, 3), round(end_s, 3)])
    return stretches


def present_s(track: FeatureTrack, duration_s: float) -> float:
    """Return how many seconds of a clip the present frames of a track speak for."""
    return max(0.0, duration_s - sum(end_s - start_s for start_s, end_s in _missing(track, duration_s)))


def _missing(track: FeatureTrack, duration_s: float) -> list[list[float]]:
    starts_s, ends_s = (side[track.mask] for side in cells(track.times_s, REACH_S))
    there = [[0.0, 0.0], *_joined(starts_s, ends_s), [duration_s, duration_s]]
    gaps = [[before[1], after[0]] for before, after in pairwise(there) if after[0] - before[1] >= SHORTEST_HOLE_S]
    # The last video frame usually ends a little before the sound does; that is no hole.
    return [gap for gap in gaps if gap[1] < duration_s or gap[1] - gap[0] > LAST_HOLE_S]


def _chosen(names: Sequence[str], curves: Sequence[Sequence[str]]) -> list[str]:
    fits = (
        next((name for pattern in patterns for name in names if fnmatchcase(name, pattern)), None)
        for patterns in curves
    )
    return list(dict.fromkeys(name for name in fits if name))


def _edges(frames: int) -> NDArray[np.intp]:
    step = max(1, -(-frames // MAX_POINTS))
    return np.arange(0, frames, step)


def _binned_times(track: FeatureTrack) -> Floats:
    edges = _edges(len(track.times_s))
    counts = np.diff(np.append(edges, len(track.times_s)))
    return np.asarray(np.add.reduceat(track.times_s, edges) / counts)
