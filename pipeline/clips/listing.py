"""Listing: the clips that a SOURCE names, and what in it is no clip and why."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clip import Clip
from pipeline.errors import bounded


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Something a SOURCE names that cannot be a clip; the rest goes on."""

    clip_id: str
    path: Path | None
    """The file it is about; None if there is none."""
    error: str
    """One line: what, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a SOURCE names; ids are unique among the clips."""

    clips: tuple[Clip, ...]
    problems: tuple[SourceProblem, ...] = ()


@dataclass(slots=True)
class ListingBuilder:
    """Collects clips and problems; of two clips with one id the second is a problem that names both."""

    _clips: dict[str, Clip] = field(default_factory=dict)
    _problems: list[SourceProblem] = field(default_factory=list)

    def add(self, clip: Clip) -> None:
        """Take a clip in."""
        first = self._clips.setdefault(clip.clip_id, clip)
        if first is not clip:
            where = " and ".join(_place(one) for one in (first, clip))
            self.refuse(clip.clip_id, clip.path, f"two clips have the id {clip.clip_id!r}: {where}; rename one")

    def refuse(self, clip_id: str, path: Path | None, error: object) -> None:
        """Note what is no clip."""
        self._problems.append(SourceProblem(clip_id, path, bounded(" ".join(str(error).split()))))

    def listing(self) -> Listing:
        """Return what was collected, in order."""
        return Listing(tuple(self._clips.values()), tuple(self._problems))


def _place(clip: Clip) -> str:
    if clip.path is None:
        return "a text"
    segment = "" if clip.start_s is None and clip.end_s is None else f" [{clip.start_s}, {clip.end_s}) s"
    return f"{os.fspath(clip.path)!r}{segment}"
