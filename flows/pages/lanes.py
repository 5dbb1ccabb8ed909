"""Lanes: the curves of a clip, from its native tracks, as short as a screen needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
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
    Lane("Loudness", "audio", (("loudness*", "level*", "rms*", "energy*"),), fill=True),
    Lane("Pitch", "audio", (("pitch_semitones", "pitch*", "f0*"),)),
    Lane("Mouth", "face", (("mouth_open*", "lips_apart*", "lip_open*", "jaw_open*", "mouth_height*"),)),
    Lane("Smile", "face", (("smile*", "lip_corner*", "mouth_corner*", "mouth_width*"),)),
    Lane("Brows", "face", (("brow_inner*", "inner_brow*", "brow_raise*"), ("brow_outer*", "outer_brow*"))),
    Lane("Head", "face", (("*yaw*",), ("head_pitch*", "pitch*"), ("*roll*",))),
)
"""What a clip's page shows, in this order. A modality that none of them fits shows its first columns."""
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


def present_s(track: FeatureTrack, duration_s: float) -> float:
    """Return how many seconds of a clip the present frames of a track speak for."""
    return max(0.0, duration_s - sum(end_s - start_s for start_s, end_s in _missing(track, duration_s)))


def _missing(track: FeatureTrack, duration_s: float) -> list[list[float]]:
    starts_s, ends_s = cells(track.times_s, REACH_S)
    gaps: list[list[float]] = []
    at_s = 0.0
    shortest_s = 0.02
    for start_s, end_s in zip(starts_s[track.mask], ends_s[track.mask], strict=True):
        if start_s - at_s > shortest_s:
            gaps.append([round(at_s, 3), round(float(start_s), 3)])
        at_s = max(at_s, float(end_s))
    # The last video frame usually ends a little before the sound does; that is no hole.
    if duration_s - at_s > max(shortest_s, 0.1):
        gaps.append([round(at_s, 3), round(duration_s, 3)])
    return gaps


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
