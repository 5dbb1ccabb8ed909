"""Clip: one unit of work, as a folder, a file, a manifest or a label.csv names it."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.words import Transcript


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip to extract: where it is, what is said in it, and what is known of it."""

    clip_id: str
    """Unique in its SOURCE: the manifest's `id`, else `video_id$_$clip_id`, else the relative path, no extension."""
    path: Path | None
    """The media file; None for a text-only clip."""
    transcript: Transcript | None = None
    """What is said, times counted from `start_s`; None if not known."""
    start_s: float | None = None
    """Where the clip begins in its file (seconds from the file's own time 0); None for the beginning."""
    end_s: float | None = None
    """Where it ends; None for the end of the file."""
    label: str | None = None
    """As written: a number for regression, a name for classification."""
    split: str | None = None
    """`train`, `valid`, `test` or any other name."""
    speaker: str | None = None
    video_id: str | None = None
    language: str = "en"
    """BCP 47 tag."""
