"""FeatureTrack: a matrix that never travels without its time grid, its names and what is missing in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.room import any_of_row, in_blocks

Verdict = Literal["unmeasured", "stable", "sensitive", "unstable"]


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """One column of a feature matrix, as the feature dictionary prints it."""

    name: str
    """Unique inside its modality, lower_snake_case, ends with its unit where it has one (`pitch_semitones`)."""
    unit: str
    """Unit of the values (`semitone`, `dB`, `1/s`, `ratio`, `deg`, ...), `1` where there is none."""
    meaning: str
    """One line in plain words: what it measures, and what a high value means."""
    source: str
    """Paper, standard or tool the definition follows."""
    low: float | None = None
    """Smallest value that can occur, if there is one."""
    high: float | None = None
    """Largest value that can occur, if there is one."""
    verdict: Verdict = "unmeasured"
    """How far recordings move it; the rule stands in `extractors.verdicts`."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTrack:
    """Frame-level features of one modality of one clip.

    Where ``valid`` is False the value is not known (no face, no pitch in an unvoiced frame) and stands as
    0.0; it must never be used. Values are always finite.
    """

    values: NDArray[np.float32]
    """[shape=(T, D)]"""
    times_s: NDArray[np.float64]
    """[shape=(T,)] strictly increasing; the centre of an audio frame, the presentation time of a video frame."""
    valid: NDArray[np.bool_]
    """[shape=(T, D)] True where the value was measured."""
    names: tuple[str, ...]
    """D column names."""

    def __post_init__(self) -> None:
        frames, width = self.values.shape
        if self.times_s.shape != (frames,) or self.valid.shape != (frames, width) or len(self.names) != width:
            raise ValueError(
                f"track shapes disagree: values {self.values.shape}, times {self.times_s.shape}, "
                f"valid {self.valid.shape}, {len(self.names)} names"
            )
        if frames > 1 and not np.all(np.diff(self.times_s) > 0):
            raise ValueError("track times must increase strictly")
        for rows in in_blocks(self.values, self.valid):  # masks of the whole would cost as much as hours of a track
            if not np.all(np.isfinite(self.values[rows])):
                raise ValueError(f"track holds values that are not finite, in {self._not_finite()}")
            if np.any(self.values[rows][~self.valid[rows]]):
                raise ValueError("values that are not valid must stand as 0.0")

    def _not_finite(self) -> list[str]:
        bad = np.flatnonzero((~np.isfinite(self.values)).any(axis=0))
        return [self.names[column] for column in bad]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """[shape=(T,)] True where the modality was present in the frame (any column was measured)."""
        return any_of_row(self.valid)

    def of(self, names: Sequence[str]) -> "FeatureTrack":
        """Return the track with these of its columns, in this order."""
        columns = [self.names.index(name) for name in names]
        return FeatureTrack(self.values[:, columns], self.times_s, self.valid[:, columns], tuple(names))

    def mask_at(self, frames: NDArray[np.intp]) -> NDArray[np.bool_]:
        """[shape=(len(frames),)] The mask of these frames only."""
        return np.asarray(self.valid[frames].any(axis=1))

    def __repr__(self) -> str:
        present = int(self.mask.sum())
        return f"FeatureTrack(T={len(self.times_s)}, D={len(self.names)}, present={present})"


@dataclass(frozen=True, slots=True, eq=False)
class WordFeatures:
    """Features of one modality with one row a word.

    Invalid values stand as 0.0 and must never be used, as in `FeatureTrack`.
    """

    values: NDArray[np.float32]
    """[shape=(L, D)]"""
    valid: NDArray[np.bool_]
    """[shape=(L, D)] True where the value was measured."""
    names: tuple[str, ...]
    """D column names: the track's own name for the mean, `name:slope` and so on for other functionals."""

    def __post_init__(self) -> None:
        if self.valid.shape != self.values.shape or len(self.names) != self.values.shape[1]:
            raise ValueError(
                f"word features disagree: values {self.values.shape}, valid {self.valid.shape}, "
                f"{len(self.names)} names"
            )
        if not np.all(np.isfinite(self.values)):
            raise ValueError("word features must be finite")
        if np.any(self.values[~self.valid]):
            raise ValueError("values that are not valid must stand as 0.0")

    @property
    def mask(self) -> NDArray[np.bool_]:
        """[shape=(L,)] True where the modality is present in the row."""
        return np.asarray(self.valid.any(axis=1))

    def __repr__(self) -> str:
        return f"WordFeatures(L={self.values.shape[0]}, D={self.values.shape[1]}, present={int(self.mask.sum())})"


def empty_track(names: tuple[str, ...]) -> FeatureTrack:
    """Return the track of a modality that the clip does not have (T = 0)."""
    width = len(names)
    return FeatureTrack(np.zeros((0, width), np.float32), np.zeros(0), np.zeros((0, width), bool), names)
