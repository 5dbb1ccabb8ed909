"""Praat TextGrid files, as the Montreal Forced Aligner writes them, as timed transcripts.

Both the long and the short text form: a reader takes the free-standing numbers, the quoted strings and the
flags, and everything else is decoration (https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html).
"""

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pipeline.errors import TranscriptError
from pipeline.formats.entries import entry_words
from pipeline.untrusted.textfile import TextFileError, read_text
from pipeline.words import Cue, Transcript, TranscriptWord

SILENCES = {"", "sil", "sp", "spn", "<sil>", "<sp>", "<eps>", "<p:>", "<silence>", "[sil]"}
"""Labels of intervals in which nothing is said (`spn`: noise that MFA could not tell)."""
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(?<![^\s])(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![^\s])|(<\w+>)|(![^\n]*)')
_WORD_TIER = re.compile(r"(?:(.*?)\s*-\s*)?words?|ORT(?:-MAU)?", re.IGNORECASE)
_TEXT_TIER = re.compile(
    r"(?:(.*?)\s*-\s*)?(?:utterances?|sentences?|phrases?|transcripts?|transcriptions?|texts?|orthography)",
    re.IGNORECASE,
)
"""Where no tier holds words one by one."""


class _MalformedError(ValueError):
    """What is wrong, without where."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of intervals."""

    name: str
    intervals: tuple[tuple[float, float, str], ...]
    """start_s, end_s, label."""


def read_textgrid(path: Path, language: str = "en") -> Transcript:
    """Return the word tiers of a TextGrid as a transcript.

    Tiers named ``words`` (or ``<speaker> - words``, one for each speaker; WebMAUS: ``ORT-MAU``) are read, else those
    named ``utterances`` or the like, else the only interval tier there is. An interval with one word gives the word's
    times; with several words, the times of their cue.

    Raises
    ------
    TranscriptError
        If it is no TextGrid, has no tier of words, an interval is no stretch of time, or nothing is said.
    """
    try:
        return _transcript(parse_textgrid(read_text(path)), language)
    except (TextFileError, _MalformedError) as error:
        raise TranscriptError(f"TextGrid {os.fspath(path)!r}: {error}; correct or remove it") from None


def parse_textgrid(content: str) -> list[Tier]:
    """Return the interval tiers of a TextGrid; raises ValueError where it is malformed."""
    tokens = _tokens(content)
    if [_next(tokens), _next(tokens)] != ["ooTextFile", "TextGrid"]:
        raise _MalformedError("is no TextGrid in text form")
    _number(tokens), _number(tokens)
    if _next(tokens) != "<exists>":
        return []
    tiers = [_tier(tokens) for _ in range(_count(tokens))]
    return [tier for tier in tiers if tier is not None]


def _tokens(content: str) -> Iterator[str | float]:
    for match in _TOKEN.finditer(content):
        text, number, flag, _ = match.groups()
        if text is not None:
            yield text.replace('""', '"')
        elif number is not None:
            yield float(number)
        elif flag is not None:
            yield flag


def _tier(tokens: Iterator[str | float]) -> Tier | None:
    kind, name = _next(tokens), _next(tokens)
    _number(tokens), _number(tokens)
    size = _count(tokens)
    if kind == "TextTier":
        for _ in range(2 * size):
            _next(tokens)
        return None
    if kind != "IntervalTier" or not isinstance(name, str):
        raise _MalformedError(f"has a tier of the unknown kind {str(kind)[:40]!r}")
    return Tier(name, tuple(_interval(tokens) for _ in range(size)))


def _interval(tokens: Iterator[str | float]) -> tuple[float, float, str]:
    start_s, end_s, label = _number(tokens), _number(tokens), _next(tokens)
    if not isinstance(label, str) or not 0.0 <= start_s <= end_s:
        raise _MalformedError(f"has an interval [{start_s}, {end_s}) s that is not a stretch of time")
    return start_s, end_s, label


def _next(tokens: Iterator[str | float]) -> str | float:
    try:
        return next(tokens)
    except StopIteration:
        raise _MalformedError("ends in the middle of a tier") from None


def _number(tokens: Iterator[str | float]) -> float:
    value = _next(tokens)
    if not isinstance(value, float) or not math.isfinite(value):
        raise _MalformedError(f"has {str(value)[:40]!r} where a number must stand")
    return value


def _count(tokens: Iterator[str | float]) -> int:
    value = _number(tokens)
    if value < 0 or value != int(value):
        raise _MalformedError(f"has {value} where a count must stand")
    return int(value)


def _transcript(tiers: Sequence[Tier], language: str) -> Transcript:
    named = (
        [(tier, match.group(1)) for tier in tiers if (match := kind.fullmatch(tier.name.strip()))]
        for kind in (_WORD_TIER, _TEXT_TIER)
    )
    found = next(filter(None, named), [])
    if not found and len(tiers) == 1:
        found = [(tiers[0], None)]
    if not found:
        names = ", ".join(repr(tier.name) for tier in tiers[:10]) or "none"
        raise _MalformedError(
            f"has no tier named 'words' (its interval tiers: {names}; one for each speaker: 'Ann - words')"
        )
    spoken = sorted(
        (start_s, end_s, label, speaker)
        for tier, speaker in ((tier, speaker or "") for tier, speaker in found)
        for start_s, end_s, label in tier.intervals
        if label.strip().lower() not in SILENCES
    )
    words: list[TranscriptWord] = []
    cues: list[Cue] = []
    for speaker, group in groupby(spoken, key=lambda item: (item[3], len(item[2].split()) > 1 and item[0])):
        said = list(group)
        first = len(words)
        for start_s, end_s, label, _ in said:
            words.extend(entry_words(label, language, start_s, end_s))
        cues.append(Cue(said[0][0], max(item[1] for item in said), first, len(words), speaker[0] or None))
    return Transcript(tuple(words), language, tuple(cues))
