"""Several faces over time: which detection belongs to whom.

Detections come without identity. A face in one frame is the face of an earlier one if it stands near where that
was last seen and is about as large; the nearest pairs are joined first. A face that is lost keeps its place for
some time, so that a blink of the detector, a hand before the face or a turn away does not make a new person.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class TrackConfig(BaseModel):
    """When two detections are one face."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_step: float = Field(default=0.5, gt=0)
    """Largest distance, in face heights, between two sightings in consecutive frames."""
    speed: float = Field(default=1.5, ge=0)
    """Face heights a second that are added to it for every second in which the face was not seen."""
    max_reach: float = Field(default=1.5, gt=0)
    """Distance, in face heights, beyond which nothing is joined however long the gap."""
    max_growth: float = Field(default=1.6, gt=1)
    """Largest ratio of the two sizes."""
    max_gap_s: float = Field(default=3.0, ge=0)
    """A face not seen for longer comes back as another one."""
    min_seen_s: float = Field(default=0.4, ge=0)
    """Shorter tracks are taken for false detections, unless they fill a quarter of a very short clip."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Every detection of a clip, in the order of frames."""

    frame: NDArray[np.int64]
    """[shape=(n,)] index of the frame, not decreasing."""
    time_s: NDArray[np.float64]
    """[shape=(n,)]"""
    centre_px: NDArray[np.float64]
    """[shape=(n, 2)]"""
    height_px: NDArray[np.float64]
    """[shape=(n,)]"""


@dataclass(frozen=True, slots=True, eq=False)
class Spanned:
    """A column [T] that is 0 outside of a stretch of frames, and held there only; read it in slices.

    A film of two hours has hundreds of faces, each of which is seen for seconds.
    """

    first: int
    values: NDArray[Any]
    """[shape=(n,)] of the frames ``[first, first + n)``."""
    frames: int
    """T."""

    @property
    def span(self) -> slice:
        """The stretch."""
        return slice(self.first, self.first + len(self.values))

    def __getitem__(self, part: slice) -> NDArray[Any]:
        """Return the column's values in a stretch of frames."""
        start, stop, _ = part.indices(self.frames)
        low, high = max(start, self.first), min(stop, self.span.stop)
        found = np.zeros(max(0, stop - start), self.values.dtype)
        if low < high:
            found[low - start : high - start] = self.values[low - self.first : high - self.first]
        return found


def span_of(seen: NDArray[np.bool_] | Spanned) -> slice:
    """Return the stretch of frames in which a face was seen."""
    if isinstance(seen, Spanned):
        return seen.span
    frames = np.flatnonzero(seen)
    return slice(int(frames[0]), int(frames[-1]) + 1) if frames.size else slice(0, 0)


def track_faces(seen: Sightings, config: TrackConfig) -> NDArray[np.int64]:
    """Return the track number of every detection.

    Numbers count from 0 in the order of first appearance (from left to right inside a frame), so that they are a
    function of the clip alone. A track holds at most one detection a frame.

    Returns
    -------
    ndarray [shape=(n,)]
    """
    numbers = np.full(len(seen.frame), -1, np.int64)
    last_rows: dict[int, int] = {}  # of every track that may go on: where its face was seen last
    tracks = 0
    starts = np.flatnonzero(np.diff(seen.frame, prepend=-1))
    for start, stop in zip(starts, np.append(starts[1:], len(seen.frame)), strict=False):
        rows = sorted(range(start, stop), key=lambda row: (seen.centre_px[row, 0], seen.centre_px[row, 1]))
        pairs = sorted(
            (cost, number, row)
            for number, last_row in last_rows.items()
            for row in rows
            if (cost := _cost(seen, last_row, row, config)) is not None
        )
        taken: set[int] = set()
        for _, number, row in pairs:
            if number not in taken and numbers[row] < 0:
                numbers[row] = number
                taken.add(number)
        for row in rows:
            if numbers[row] < 0:
                numbers[row], tracks = tracks, tracks + 1
            last_rows[int(numbers[row])] = row
        oldest_s = seen.time_s[start] - config.max_gap_s
        last_rows = {number: row for number, row in last_rows.items() if seen.time_s[row] >= oldest_s}
    return numbers


def _cost(seen: Sightings, before: int, now: int, config: TrackConfig) -> float | None:
    """Return how unlike two sightings are, in face heights; None if they cannot be one face."""
    gap_s = float(seen.time_s[now] - seen.time_s[before])
    larger = float(max(seen.height_px[before], seen.height_px[now]))
    smaller = float(min(seen.height_px[before], seen.height_px[now]))
    if gap_s > config.max_gap_s or larger > smaller * config.max_growth:
        return None
    apart = float(np.hypot(*(seen.centre_px[now] - seen.centre_px[before]))) / larger
    if apart > min(config.max_step + config.speed * gap_s, config.max_reach):
        return None
    return apart + float(np.log(larger / smaller))


def lasting_tracks(
    seen: Sightings, numbers: NDArray[np.int64], frames: int, config: TrackConfig
) -> NDArray[np.int64]:
    """Return the numbers of the tracks that are faces rather than false detections, the most prominent first.

    A track is a face if it was seen for ``min_seen_s`` or in a quarter of the clip's ``frames``, whichever is less:
    lettering and clouds are taken for faces for a few frames at a time. Prominence is the sum of the face's height
    over the frames in which it was seen: near and long.
    """
    if numbers.size == 0:
        return np.zeros(0, np.int64)
    count = int(numbers.max()) + 1
    prominence = np.bincount(numbers, weights=seen.height_px, minlength=count)
    sighted = np.bincount(numbers, minlength=count)
    # Of consecutive frames with faces: a gap between two scenes is no frame time.
    steps = np.diff(seen.frame)
    frame_s = float(np.median(np.diff(seen.time_s)[steps == 1])) if (steps == 1).any() else 0.0
    lasting = (sighted * frame_s >= config.min_seen_s) | (sighted * 4 >= frames)
    order = np.argsort(-prominence, kind="stable")
    return np.asarray([number for number in order if lasting[number]], np.int64)
