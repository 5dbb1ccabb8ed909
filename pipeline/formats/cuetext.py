"""Cue text: the words of subtitle cues, without markup, with the speakers and word times that markup carries."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.formats.entries import entry_words
from pipeline.formats.speaker_labels import speaker_labels, split_by_label
from pipeline.words import Cue, Transcript, TranscriptWord
from pipeline.writing import written_words

TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?"
"""``[hours:]minutes:seconds[.fraction]``; SubRip writes a comma, WebVTT a point."""
_STAMP = re.compile(f"<{TIME}>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.,]+>|\{\\[^{}]*\}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>|</v>")
SHORTEST_S = 0.001
"""A cue that ends where it starts lasts this long."""


@dataclass(frozen=True, slots=True)
class RawCue:
    """A cue as its file holds it."""

    span: tuple[float, float] | None
    """Seconds from when to when; None if its times are damaged."""
    lines: tuple[str, ...]
    """Text with markup."""


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one speaker says in one cue."""

    speaker: str | None
    words: tuple[TranscriptWord, ...]


def seconds(match: re.Match[str], first: int = 1) -> float:
    """Return the time that four groups of a `TIME` match hold, from group ``first`` on."""
    hours, minutes, whole, fraction = match.group(first, first + 1, first + 2, first + 3)
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(whole) + float(f"0.{fraction or 0}")


def transcript_of_cues(raw: list[RawCue], language: str) -> Transcript:
    """Return the words of all cues, in order of time.

    A cue gives one `Cue` for each speaker in it; words of one whose times are damaged have none. Lines that a
    rolling caption repeats (the same line stood last in the cue before, and the file times single words) count once.
    """
    rolling = any(_STAMP.search(line) for cue in raw for line in cue.lines)
    labels = speaker_labels(line for cue in raw for line in cue.lines)
    words: list[TranscriptWord] = []
    cues: list[Cue] = []
    shown: tuple[str, ...] = ()
    for cue in _in_order(raw):
        lines = tuple(line for line in cue.lines if not (rolling and plain(line) in shown))
        shown = tuple(plain(line) for line in cue.lines)
        for voice in _voices("\n".join(lines), cue, language, labels):
            if voice.words and cue.span:
                end_s = max(cue.span[1], cue.span[0] + SHORTEST_S)
                cues.append(Cue(cue.span[0], end_s, len(words), len(words) + len(voice.words), voice.speaker))
            words.extend(voice.words)
    return Transcript(tuple(words), language, tuple(cues))


def _in_order(raw: Sequence[RawCue]) -> list[RawCue]:
    """Sort cues by time; one whose times are damaged stays behind the one it follows."""
    keys: list[tuple[float, float]] = []
    for cue in raw:
        keys.append(cue.span or (keys[-1] if keys else (0.0, 0.0)))
    return [raw[index] for index in sorted(range(len(raw)), key=lambda index: keys[index])]


def plain(text: str) -> str:
    """Return text without tags and with character references resolved."""
    return html.unescape(_TAG.sub("", text)).strip()


def _voices(text: str, cue: RawCue, language: str, labels: frozenset[str]) -> list[_Voice]:
    voices: list[_Voice] = []
    named: str | None = None
    at = 0
    for match in [*_VOICE.finditer(text), None]:
        for speaker, part in split_by_label(text[at : match.start() if match else None], labels):
            voices.append(_Voice(speaker or named, _timed_words(part, cue, language)))
        if match:
            named = html.unescape(match.group(1)).strip() or None if match.group(1) else None
            at = match.end()
    return voices


def _timed_words(text: str, cue: RawCue, language: str) -> tuple[TranscriptWord, ...]:
    """Return the words of a text; a word right after a time stamp starts there, and ends at the next stamp."""
    pieces = _STAMP.split(text)
    # the pattern has four groups: text, h, m, s, f, text, h, m, s, f, text ...
    texts, stamps = pieces[::5], list(_STAMP.finditer(text))
    if not stamps or cue.span is None:
        return tuple(TranscriptWord(word) for part in texts for word in written_words(plain(part), language))
    first_s, last_s = cue.span
    edges_s = [first_s, *(seconds(stamp) for stamp in stamps), last_s]
    words: list[TranscriptWord] = []
    for part, (start_s, end_s) in zip(texts, pairwise(edges_s), strict=True):
        timed = first_s <= start_s < end_s <= last_s
        words.extend(entry_words(plain(part), language, start_s if timed else None, end_s))
    return tuple(words)
