"""Subtitles: SubRip (.srt) and WebVTT (.vtt) files as timed transcripts.

WebVTT: https://www.w3.org/TR/webvtt1/; SubRip has no standard, files are read as players read them.
"""

import os
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from pipeline.errors import TranscriptError
from pipeline.formats.cuetext import TIME, RawCue, seconds, transcript_of_cues
from pipeline.textfile import TextFileError, read_text
from pipeline.words import Transcript

_TIMES = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?$")
_LINES = re.compile(r"\r\n|\r|\n")


def read_srt(path: Path, language: str = "en") -> Transcript:
    """Return a SubRip file as a transcript with cue times.

    Raises
    ------
    TranscriptError
        If it cannot be read, a time line is malformed, a cue ends before it starts, or nothing is said in it.
    """
    return _transcript(path, _lines(path), language, blank_ends=False)


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
    return _transcript(path, lines[1:], language, blank_ends=True)


def _lines(path: Path) -> list[str]:
    try:
        return _LINES.split(read_text(path).lstrip("\ufeff"))
    except TextFileError as error:
        raise _error(path, str(error), "replace or remove it") from None


def _transcript(path: Path, lines: Sequence[str], language: str, *, blank_ends: bool) -> Transcript:
    transcript = transcript_of_cues(list(_cues(path, lines, blank_ends)), language)
    foreign = not blank_ends and not any("-->" in line for line in lines)  # WebVTT says by its head what it is
    if foreign and any(line.strip() for line in lines):
        raise _error(path, "holds text but no cue", "replace or remove it")
    return transcript


def _cues(path: Path, lines: Sequence[str], blank_ends: bool) -> Iterator[RawCue]:
    """Yield the cues; the text of one reaches to the next time line, or to a blank line if ``blank_ends``."""
    heads = [index for index, line in enumerate(lines) if "-->" in line]
    for head, following in pairwise([*heads, len(lines)]):
        match = _TIMES.match(lines[head])
        if match is None:
            what = f"has a malformed time line, {_short(lines[head])} (line {head + 1})"
            raise _error(path, what, "write it as 00:00:01,000 --> 00:00:02,000")
        start_s, end_s = seconds(match), seconds(match, 5)
        if end_s < start_s:
            what = f"has a cue that ends before it starts, {_short(lines[head])} (line {head + 1})"
            raise _error(path, what, "correct its times")
        yield RawCue(start_s, end_s, _text(lines[head + 1 : following], blank_ends, following < len(lines)))


def _text(lines: Sequence[str], blank_ends: bool, more: bool) -> tuple[str, ...]:
    text = [line.strip() for line in lines]
    if blank_ends and "" in text:
        return tuple(text[: text.index("")])
    text = [line for line in text if line]
    if more and text and text[-1].isdigit() and len(text) > 1:
        text.pop()  # the number of the next cue
    return tuple(text)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _error(path: Path, what: str, remedy: str) -> TranscriptError:
    return TranscriptError(f"subtitles {os.fspath(path)!r}: {what}; {remedy}")
