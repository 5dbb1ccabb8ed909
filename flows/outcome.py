"""What became of a clip, and the summary record that a flow returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["computed", "kept", "updated", "failed"]
ALL_DONE, RUN_FAILED, WRONG_USAGE, SOME_FAILED = 0, 1, 2, 3
"""Exit codes of the commands."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one clip."""

    clip_id: str
    path: str
    status: Status
    """`computed`; `kept` as it was; `updated`: only its label, split and the like; `failed`."""
    stage: str = ""
    """Where it failed: `source`, `read`, `extract`, `timeout`, `crash`, `memory`, `write`, `score`."""
    error: str = ""
    duration_s: float = 0.0
    """Seconds of media."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractSummary:
    """What an extraction did."""

    store: str
    clips: int
    computed: int
    kept: int
    updated: int
    failed: int
    media_s: float
    """Seconds of media in the clips that are now in the store."""
    wall_s: float
    failures: tuple[Outcome, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all done, 3 some clips failed, 1 nothing succeeded."""
        if self.failed == 0:
            return ALL_DONE
        return SOME_FAILED if self.failed < self.clips else RUN_FAILED


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """What a scoring did."""

    out: str
    model: str
    scored: int
    """Clips with a score."""
    failed: int
    failures: tuple[Outcome, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    """The score table, row by row."""

    @property
    def exit_code(self) -> int:
        """0 all done, 3 some clips failed, 1 nothing succeeded."""
        if self.failed == 0:
            return ALL_DONE
        return SOME_FAILED if self.scored else RUN_FAILED
