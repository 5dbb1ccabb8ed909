"""Words: a transcript as it was written, and the words once they have their place in time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import TranscriptError
from pipeline.writing import written_words

Rung = Literal["strict", "wide", "open", "proportional", "given", "ctc", "window", "pause", "untimed"]
"""How a word got its time, from best to worst:

`given` by a timed transcript, forced alignment with `strict`, `wide` or `open` beams, `ctc` forced alignment
with a neural acoustic model, `proportional` inside speech activity; `window` is a fixed window of a clip
without transcript, `pause` a row that holds no word, `untimed` a word of a clip without any media.
"""


@dataclass(frozen=True, slots=True)
class TranscriptWord:
    """One word as the transcript wrote it, with the times a timed transcript gave it."""

    text: str
    """As written, attached punctuation included; never empty."""
    start_s: float | None = None
    """Seconds from the clip's time 0, None if not known."""
    end_s: float | None = None
    """Seconds from the clip's time 0, None if not known."""
    confidence: float | None = None
    """0 to 1, if the transcript states one."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of time that is known to hold some words (a subtitle, a segment of a timed transcript)."""

    start_s: float
    end_s: float
    first_word: int
    """Index of the first word."""
    end_word: int
    """Index after the last word."""
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class OtherCue:
    """What somebody else says near the words of a transcript that was narrowed to one speaker."""

    start_s: float
    end_s: float
    words: tuple[TranscriptWord, ...]
    before: int
    """Index of the word of the transcript that it stands before; their number, if it stands behind all."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in a clip."""

    words: tuple[TranscriptWord, ...]
    language: str = "en"
    """BCP 47 tag."""
    cues: tuple[Cue, ...] = ()
    """Non-overlapping in words, in order; empty for a plain text."""
    problems: tuple[str, ...] = ()
    """What of its file could not be used as it stands, a line each; no word is ever left out."""
    speaker_unmatched: bool = False
    """Somebody's words were asked for whom none of its speaker labels names: it holds everybody's."""
    others: tuple[OtherCue, ...] = ()
    """Where it was narrowed to one speaker: what others say right beside those words, in order. It has no rows."""

    @property
    def text(self) -> str:
        """The words joined by blanks."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Word:
    """One row of an aligned clip: a word with its place in time."""

    text: str
    """As the transcript wrote it; empty for windows and pauses."""
    start_s: float
    end_s: float
    """The word is spoken in `[start_s, end_s)`, seconds from the clip's time 0."""
    confidence: float
    """0 to 1: how far to trust the place of this word."""
    rung: Rung
    """How the word got its time."""
    phones: int = 0
    """How many phones its pronunciation has; 0 where none is known."""
    expected_s: float = 0.0
    """How long its phones take on average; 0 where none is known."""

    def __post_init__(self) -> None:
        if not (0.0 <= self.start_s <= self.end_s and np.isfinite(self.end_s)):
            raise ValueError(f"word {self.text!r}: [{self.start_s}, {self.end_s}) s is not a stretch of time")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"word {self.text!r}: confidence {self.confidence} is outside 0 to 1")


MAX_WORDS = 100_000
"""More than anybody says in five hours. A clip is one task of a flow, which looks at each of its words."""


def plain_transcript(text: str, language: str = "en") -> Transcript:
    """Return the transcript of a plain text (see `pipeline.writing` for what a word is).

    Raises
    ------
    TranscriptError
        If it holds more than `MAX_WORDS` words.
    """
    words = written_words(text, language)
    check_word_count(len(words))
    return Transcript(tuple(TranscriptWord(word) for word in words), language)


def check_word_count(count: int) -> None:
    """Refuse what no clip can hold.

    Raises
    ------
    TranscriptError
        If there are more than `MAX_WORDS` words.
    """
    if count > MAX_WORDS:
        raise TranscriptError(f"it holds {count} words, more than {MAX_WORDS}; cut the recording in pieces")
