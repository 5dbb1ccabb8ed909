"""Cue text: the words of subtitle cues, without markup, with the speakers and word times that markup carries."""

import html
import re
from dataclasses import dataclass

from pipeline.words import Cue, Transcript, TranscriptWord
from pipeline.writing import written_words

TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?"
"""``[hours:]minutes:seconds[.fraction]``; SubRip writes a comma, WebVTT a point."""
_STAMP = re.compile(f"<{TIME}>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.,]+>|\{\\[^{}]*\}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>|</v>")
_WHISPERX_VOICE = re.compile(r"\[(SPEAKER_\d+)\]:\s*")
SHORTEST_S = 0.001
"""A cue that ends where it starts lasts this long."""


@dataclass(frozen=True, slots=True)
class RawCue:
    """A cue as its file holds it."""

    start_s: float
    end_s: float
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

    A cue gives one `Cue` for each speaker in it. Lines that a rolling caption repeats (the same line stood
    last in the cue before, and the file times single words) count once.
    """
    rolling = any(_STAMP.search(line) for cue in raw for line in cue.lines)
    words: list[TranscriptWord] = []
    cues: list[Cue] = []
    shown: tuple[str, ...] = ()
    for cue in sorted(raw, key=lambda cue: (cue.start_s, cue.end_s)):
        lines = tuple(line for line in cue.lines if not (rolling and plain(line) in shown))
        shown = tuple(plain(line) for line in cue.lines)
        for voice in _voices("\n".join(lines), cue, language):
            if voice.words:
                end_s = max(cue.end_s, cue.start_s + SHORTEST_S)
                cues.append(Cue(cue.start_s, end_s, len(words), len(words) + len(voice.words), voice.speaker))
                words.extend(voice.words)
    return Transcript(tuple(words), language, tuple(cues))


def plain(text: str) -> str:
    """Return text without tags and with character references resolved."""
    return html.unescape(_TAG.sub("", text)).strip()


def _voices(text: str, cue: RawCue, language: str) -> list[_Voice]:
    voices: list[_Voice] = []
    speaker: str | None = None
    at = 0
    for match in [*_VOICE.finditer(text), None]:
        part = text[at : match.start() if match else None]
        if found := _WHISPERX_VOICE.match(part.lstrip()):
            speaker, part = found.group(1), part.lstrip()[found.end() :]
        voices.append(_Voice(speaker, _timed_words(part, cue, language)))
        if match:
            speaker = html.unescape(match.group(1)).strip() or None if match.group(1) else None
            at = match.end()
    return voices


def _timed_words(text: str, cue: RawCue, language: str) -> tuple[TranscriptWord, ...]:
    """Return the words of a text; a word right after a time stamp starts there, and ends at the next stamp."""
    pieces = _STAMP.split(text)
    # the pattern has four groups: text, h, m, s, f, text, h, m, s, f, text ...
    texts, stamps = pieces[::5], list(_STAMP.finditer(text))
    if not stamps:
        return tuple(TranscriptWord(word) for word in written_words(plain(text), language))
    starts = [cue.start_s, *(seconds(stamp) for stamp in stamps)]
    words: list[TranscriptWord] = []
    for index, part in enumerate(texts):
        found = written_words(plain(part), language)
        start_s = starts[index]
        end_s = starts[index + 1] if index + 1 < len(starts) else cue.end_s
        timed = len(found) == 1 and cue.start_s <= start_s < end_s <= cue.end_s
        words.extend(TranscriptWord(word, start_s, end_s) if timed else TranscriptWord(word) for word in found)
    return tuple(words)
