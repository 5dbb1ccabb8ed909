"""Subtitles: SubRip (.srt) and WebVTT (.vtt) files as timed transcripts.

WebVTT: https://www.w3.org/TR/webvtt1/; SubRip has no standard, files are read as players read them.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from pipeline.errors import TranscriptError
from pipeline.formats.cuetext import TIME, RawCue, seconds, transcript_of_cues
from pipeline.untrusted.textfile import TextFileError, read_text
from pipeline.words import Transcript

_TIMES = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?$")
_DAMAGED = re.compile(r"\s*\d+:\d+(?::\d+.*|\s*)-->|(?=.*\d)[\d\s:.,;>-]*-->[\d\s:.,;>-]*$")
"""A time line nobody can read; other lines with an arrow are what somebody says."""
LONGEST_COUNTER = 9
_LINES = re.compile(r"\r\n|\r|\n")


def read_srt(path: Path, language: str = "en") -> Transcript:
    """Return a SubRip file as a transcript with cue times.

    A cue whose times are damaged keeps its words; between which others they were said is all that is known of them,
    and `Transcript.problems` names it.

    Raises
    ------
    TranscriptError
        If it cannot be read, holds no cue, or the times of every cue are damaged.
    """
    return _transcript(path, _lines(path), language, vtt=False)


def read_vtt(path: Path, language: str = "en") -> Transcript:
    """Return a WebVTT file as a transcript with cue times, speakers (``<v Name>``) and word times where given.

    Raises
    ------
    TranscriptError
        As `read_srt`, or if the file does not begin with ``WEBVTT``.
    """
    lines = _lines(path)
    if not re.match(r"WEBVTT(\s|$)", lines[0]):
        raise _error(path, "does not begin with WEBVTT", "correct it, or name it .srt if it is SubRip")
    return _transcript(path, lines[1:], language, vtt=True)


def _lines(path: Path) -> list[str]:
    try:
        return _LINES.split(read_text(path).lstrip("\ufeff"))
    except TextFileError as error:
        raise _error(path, str(error), "replace or remove it") from None


def _transcript(path: Path, lines: Sequence[str], language: str, *, vtt: bool) -> Transcript:
    heads = [
        index
        for index, line in enumerate(lines)
        if "-->" in line and (vtt or _TIMES.match(line) or _DAMAGED.match(line))
    ]
    if not vtt and not heads and any(line.strip() for line in lines):  # WebVTT says by its head what it is
        raise _error(path, "holds text but no cue", "replace or remove it")
    counters = {} if vtt else _counters(lines, heads)
    cues: list[RawCue] = []
    problems: list[str] = []
    before = [] if vtt else [line.strip() for line in lines[: heads[0] if heads else 0]]
    if any(line and not line.isdigit() for line in before):
        problems.append("words before their first time line")
        cues.append(RawCue(None, tuple(line for line in before if line and not line.isdigit())))
    for head, following in pairwise([*heads, len(lines)]):
        found = _span(lines[head])
        span = None if isinstance(found, str) else found
        if span is None:
            problems.append(f"{found}, {_short(lines[head])} (line {head + 1})")
        text = [line for at, line in enumerate(lines[head + 1 : following], head + 1) if at not in counters]
        cues.append(RawCue(span, tuple(_until_blank(text) if vtt else filter(None, map(str.strip, text)))))
    if problems and all(cue.span is None for cue in cues):
        raise _error(path, f"has {problems[0]}", "write it as 00:00:01,000 --> 00:00:02,000")
    noted = tuple(f"subtitles have {problem}; what is said there has no times" for problem in problems)
    return replace(transcript_of_cues(cues, language), problems=noted)


def _span(line: str) -> tuple[float, float] | str:
    """Return from when to when a cue stands, or what is wrong with its time line."""
    match = _TIMES.match(line)
    if match is None:
        return "a malformed time line"
    span = seconds(match), seconds(match, 5)
    return "a cue that ends before it starts" if span[1] < span[0] else span


def _counters(lines: Sequence[str], heads: Sequence[int]) -> set[int]:
    """Return which lines number the cues of a SubRip file, and are no words.

    A file whose first cue has no number has none. In one that has, a number right above a time line (as far above as
    the first) is a counter, unless it is all that a cue says and does not follow the number before; so is one that
    follows it behind the last cue: the file was cut off there.
    """
    first = _number_above(lines, heads[0], 0) if heads else None
    if first is None:
        return set()
    found, apart, count = {first}, heads[0] - first, int(lines[first])
    for before, head in pairwise([*heads, len(lines)]):
        at = _number_above(lines, head, before + 1)
        if at is None:
            count += 1
            continue
        follows = int(lines[at]) == count + 1
        alone = not any(line.strip() for line in lines[before + 1 : at])
        blank_above = not lines[at - 1].strip()
        cut_off = head == len(lines)
        if (follows and blank_above) if cut_off else (head - at == apart and (follows or not alone)):
            found.add(at)
            count = int(lines[at])
        else:
            count += 1
    return found


def _number_above(lines: Sequence[str], head: int, least: int) -> int | None:
    """Return the last line with anything in it before a time line, if that is a number."""
    for at in range(head - 1, least - 1, -1):
        if plain := lines[at].strip():
            return at if plain.isascii() and plain.isdigit() and len(plain) < LONGEST_COUNTER else None
    return None


def _until_blank(text: Sequence[str]) -> Sequence[str]:
    """Return the lines of a WebVTT cue: up to an empty one; one of blanks before any text is part of it."""
    found: list[str] = []
    for line in text:
        if not line or (found and not line.strip()):
            break
        found += [line.strip()] if line.strip() else []
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _error(path: Path, what: str, remedy: str) -> TranscriptError:
    return TranscriptError(f"subtitles {os.fspath(path)!r}: {what}; {remedy}")
