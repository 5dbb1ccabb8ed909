"""WhisperX JSON (and Whisper's own) as a timed transcript with speakers and confidences.

Layout: ``{"segments": [{"start", "end", "text", "speaker", "words": [{"word", "start", "end", "score",
"speaker"}]}], "word_segments": [...], "language"}``; all but ``segments`` may be missing
(https://github.com/m-bain/whisperX).
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.errors import TranscriptError
from pipeline.formats.entries import entry_words
from pipeline.language_names import language_tag
from pipeline.untrusted.jsontext import parse_json
from pipeline.untrusted.textfile import TextFileError, read_text
from pipeline.words import Cue, Transcript, TranscriptWord
from pipeline.writing import written_words

LONGEST_S = 1e6
"""Times beyond eleven days are damage."""
_PLAIN_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
"""What some tools put into quotes."""


class _MalformedError(ValueError):
    """What is wrong, without where."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A word and who says it."""

    word: TranscriptWord
    speaker: str | None


def is_whisperx(content: object) -> bool:
    """Tell whether JSON content is meant to be a transcript at all; any JSON file may stand beside a clip."""
    return isinstance(content, Mapping) and ("segments" in content or "word_segments" in content)


def load_json(path: Path) -> object:
    """Return the content of a JSON file.

    Raises
    ------
    TranscriptError
        If it cannot be read or parsed.
    """
    try:
        return parse_json(read_text(path).lstrip("\ufeff"))
    except (TextFileError, ValueError) as error:
        raise TranscriptError(f"transcript {os.fspath(path)!r}: is no JSON ({error}); write it again") from None


def read_whisperx(path: Path, language: str = "en", *, certain: bool = False) -> Transcript:
    """Return a WhisperX JSON file as a transcript.

    A word without times (WhisperX cannot align numbers) has none, nor one that ends before it starts, which
    `Transcript.problems` says. A segment without words is split as its language is written.

    Parameters
    ----------
    path : Path
    language : str
        Where the file states none; with ``certain`` also where it states another.
    certain : bool

    Raises
    ------
    TranscriptError
        If it is no such file, or a time is no number.
    """
    content = load_json(path)
    try:
        return parse_whisperx(content, language, certain=certain)
    except _MalformedError as error:
        raise TranscriptError(f"transcript {os.fspath(path)!r}: {error}; write it again or remove it") from None


def parse_whisperx(content: object, language: str, *, certain: bool = False) -> Transcript:
    """Return parsed JSON as a transcript, as `read_whisperx`; raises ValueError where it is malformed."""
    if not isinstance(content, Mapping) or not is_whisperx(content):
        raise _MalformedError("is no WhisperX transcript (no `segments`)")
    stated = content.get("language")
    if not certain and isinstance(stated, str) and stated.strip():
        language = language_tag(stated)
    words: list[TranscriptWord] = []
    cues: list[Cue] = []
    damaged: list[str] = []
    for spoken, segment in _segments(content, language, damaged):
        bounds = _bounds(segment, "a segment", damaged)
        for speaker, group in groupby(spoken, key=lambda item: item.speaker):
            said = [item.word for item in group]
            span = _span(said) or bounds
            if span:
                cues.append(Cue(*span, len(words), len(words) + len(said), speaker))
            words.extend(said)
    more = f", and {len(damaged) - 1} more" if len(damaged) > 1 else ""
    problems = (f"{damaged[0]} is not a stretch of time{more}; what is said there has no times",) if damaged else ()
    return Transcript(tuple(words), language, tuple(cues), problems)


def _segments(
    content: Mapping[str, Any], language: str, damaged: list[str]
) -> Iterator[tuple[list[_Spoken], Mapping[str, Any]]]:
    """Yield the words of each segment and the segment; adds times that are none to the damaged ones."""

    def spoken_in(parent: Mapping[str, Any], key: str, speaker: str | None) -> list[_Spoken]:
        return [word for item in _objects(parent, key) for word in _spoken(item, speaker, language, damaged)]

    if "segments" not in content:
        yield spoken_in(content, "word_segments", None), {}
        return
    for segment in _objects(content, "segments"):
        speaker = _name(segment.get("speaker"))
        if segment.get("words"):
            spoken = spoken_in(segment, "words", speaker)
        else:
            text = segment.get("text", "")
            if not isinstance(text, str):
                raise _MalformedError("has a segment whose `text` is no text")
            spoken = [_Spoken(TranscriptWord(word), speaker) for word in written_words(text, language)]
        yield spoken, segment


def _objects(parent: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    items = parent.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _MalformedError(f"`{key}` is no list of objects")
    return items


def _spoken(item: Mapping[str, Any], speaker: str | None, language: str, damaged: list[str]) -> list[_Spoken]:
    """Return an entry's words."""
    text = item.get("word", item.get("text"))
    if not isinstance(text, str):
        raise _MalformedError("has a word whose `word` is no text")
    start_s, end_s = _bounds(item, f"word {text.strip()[:40]!r}", damaged) or (None, None)
    score = _number(item.get("score", item.get("probability")), "a score")
    confidence = None if score is None else min(1.0, max(0.0, score))
    said_by = _name(item.get("speaker")) or speaker
    return [_Spoken(word, said_by) for word in entry_words(text, language, start_s, end_s, confidence)]


def _bounds(item: Mapping[str, Any], what: str, damaged: list[str]) -> tuple[float, float] | None:
    start_s, end_s = _number(item.get("start"), f"start of {what}"), _number(item.get("end"), f"end of {what}")
    if start_s is None or end_s is None:
        return None
    if not 0.0 <= start_s <= end_s <= LONGEST_S:
        damaged.append(f"[{start_s}, {end_s}) s of {what}")
        return None
    return start_s, end_s


def _span(words: Sequence[TranscriptWord]) -> tuple[float, float] | None:
    starts = [word.start_s for word in words if word.start_s is not None]
    ends = [word.end_s for word in words if word.end_s is not None]
    if not starts or words[0].start_s is None or words[-1].end_s is None:
        return None
    return min(starts), max(ends)


def _number(value: object, what: str) -> float | None:
    if value is None:
        return None
    found = value
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value.strip()):
        found = float(value)
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= LONGEST_S:
        raise _MalformedError(f"{what} is no usable number ({str(value)[:40]!r})")
    return float(found)


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
