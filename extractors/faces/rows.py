"""The rows of the speaker's face: which detection shows it in each frame, its measures, its velocities."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.faces.columns import VELOCITIES
from extractors.faces.config import FaceConfig
from extractors.faces.motion import REACH_S, reach_of, slopes
from extractors.faces.speaker import SpeakerChoice
from extractors.faces.tracks import Sightings, Spanned, lasting_tracks, track_faces
from pipeline.room import Room, in_blocks, let_go

Float64 = NDArray[np.float64]
Rows = NDArray[np.int64]
Bool = NDArray[np.bool_]


def rows_of_tracks(seen: Sightings, frames: int, config: FaceConfig) -> list[Spanned]:
    """Return per track, the most prominent first, the detection that shows it in each frame; -1 where none does."""
    numbers = track_faces(seen, config.tracks)
    tracks = []
    for number in lasting_tracks(seen, numbers, frames, config.tracks):
        mine = np.flatnonzero(numbers == number)
        first, last = int(seen.frame[mine[0]]), int(seen.frame[mine[-1]])
        rows = np.full(last + 1 - first, -1, np.int64)
        rows[seen.frame[mine] - first] = mine
        tracks.append(Spanned(first, rows, frames))
    return tracks


def along(track: Spanned, values: NDArray[Any]) -> Spanned:
    """Return a column over the frames of a track."""
    return Spanned(track.first, values, track.frames)


def speaker_rows(
    measured: Float64,
    columns: tuple[str, ...],
    given: tuple[str, ...],
    tracks: list[Spanned],
    choice: SpeakerChoice,
    times_s: Float64,
    room: Room,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], Rows]:
    """[T, D], [T, D], [T] the chosen face's measures and velocities that are given, and each frame's detection."""
    frames, still = len(times_s), np.array([at for at, name in enumerate(given) if name in columns])
    values: NDArray[np.float32] = room.zeros((frames, len(given)), np.float32)
    valid: NDArray[np.bool_] = room.zeros((frames, len(given)), np.bool_)
    chosen = np.full(frames, -1, np.int64)
    here = [(choice.track[track.span] == number) & (track.values >= 0) for number, track in enumerate(tracks)]
    for track, mine in zip(tracks, here, strict=True):
        chosen[track.span][mine] = track.values[mine]
    taken = [columns.index(given[at]) for at in still]
    for part in in_blocks(values, valid):
        seen = np.flatnonzero(chosen[part] >= 0)
        values[part][np.ix_(seen, still)] = measured[chosen[part][seen]][:, taken]
        valid[part][np.ix_(seen, still)] = True
        let_go(measured)
    for velocity in VELOCITIES:
        if velocity.column.name in given:
            moving = mean_of(measured, [columns.index(name) for name in velocity.of])
            slope, known = _velocity(moving, tracks, here, times_s)
            at = given.index(velocity.column.name)
            for part in in_blocks(values, valid):
                values[part, at], valid[part, at] = np.where(known[part], slope[part], 0.0), known[part]
    return values, valid, chosen


def _velocity(moving: Float64, tracks: list[Spanned], here: list[Bool], times_s: Float64) -> tuple[Float64, Bool]:
    """[T], [T] velocity of a measure [n], of each face's own track: a change of speaker is no jump."""
    found, valid = np.zeros(len(times_s)), np.zeros(len(times_s), bool)
    reach_s = reach_of(times_s, REACH_S)
    for track, mine in zip(tracks, here, strict=True):
        if mine.any():
            own = taken_of(moving, track.values)[:, None]
            slope, known = slopes(own, track.values >= 0, times_s[track.span], reach_s)
            known &= mine
            found[track.span][known], valid[track.span][known] = slope[known, 0], True
    return found, valid


def mean_of(measured: Float64, columns: list[int]) -> Float64:
    """[n] mean of some columns."""
    mean = np.empty(len(measured))
    for part in in_blocks(measured):
        mean[part] = measured[part][:, columns].mean(axis=1)
    return mean


def taken_of(values: Float64, rows: Rows) -> Float64:
    """[T, ...] values of the detections in ``rows``, 0 where there is none."""
    taken = np.zeros((len(rows), *values.shape[1:]))
    taken[rows >= 0] = values[rows[rows >= 0]]
    return taken
