"""Transcripts beside a clip: which file counts, and the part of it that a segment needs."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.errors import TranscriptError
from pipeline.formats.subtitles import read_srt, read_vtt
from pipeline.formats.textgrid import read_textgrid
from pipeline.formats.whisperx import is_whisperx, load_json, read_whisperx
from pipeline.untrusted.textfile import TextFileError, read_text
from pipeline.words import Cue, OtherCue, Transcript, TranscriptWord, check_word_count, plain_transcript


def read_txt(path: Path, language: str = "en") -> Transcript:
    """Return a text file as a transcript without times.

    Raises
    ------
    TranscriptError
        If it cannot be read.
    """
    try:
        return plain_transcript(read_text(path), language)
    except TextFileError as error:
        raise TranscriptError(f"transcript {os.fspath(path)!r}: {error}; replace or remove it") from None


READERS: Mapping[str, Callable[[Path, str], Transcript]] = {
    ".textgrid": read_textgrid,
    ".json": read_whisperx,
    ".vtt": read_vtt,
    ".srt": read_srt,
    ".txt": read_txt,
}
"""Reader for each suffix (lower case), in order of precedence: word times before cue times before none."""


def sidecars(media: Path, names: Mapping[str, str]) -> Iterator[Path]:
    """Yield the transcript files beside a media file, the one that counts first.

    They have the name of the media file with another suffix (``talk.mp4``: ``talk.srt``) or behind it
    (``talk.mp4.srt``), in the order of `READERS`. JSON that is no transcript is none.

    Parameters
    ----------
    media : Path
    names : the files in its folder, by case-folded name
    """
    for suffix in READERS:
        for stem in dict.fromkeys((media.stem, media.name)):
            name = names.get(f"{stem}{suffix}".casefold())
            if name is None:
                continue
            path = media.with_name(name)
            if suffix != ".json" or is_whisperx(load_json(path)):
                yield path


def read_transcript(path: Path, language: str = "en", *, certain: bool = False) -> Transcript:
    """Return a transcript file of any known kind.

    Parameters
    ----------
    path : Path
    language : str
        Where the file states none; with ``certain`` also where it states another.
    certain : bool

    Raises
    ------
    TranscriptError
        If its kind is not known, it cannot be read or parsed, or it holds more words than a clip may.
    """
    suffix = path.suffix.lower()
    reader = READERS.get(suffix)
    if reader is None:
        raise TranscriptError(f"transcript {os.fspath(path)!r}: unknown kind; use {', '.join(READERS)}")
    transcript = read_whisperx(path, language, certain=certain) if suffix == ".json" else reader(path, language)
    try:
        check_word_count(len(transcript.words))
    except TranscriptError as error:
        raise TranscriptError(f"{os.fspath(path)!r}: {error}") from None
    return transcript


def cut_transcript(transcript: Transcript, start_s: float, end_s: float | None) -> Transcript:
    """Return what is said in ``[start_s, end_s)``, with times counted from ``start_s``.

    A word with times belongs to the segment that holds its middle, a word without to the segment that holds
    the middle of its cue; one without either, in a transcript that has times, to where the word before it belongs
    (the word behind it, if it is the first).

    Raises
    ------
    TranscriptError
        If no word has times or a cue: nobody knows which belong to the segment.
    """
    last_s = float("inf") if end_s is None else end_s
    middles = _middles(transcript)
    kept = [index for index, middle_s in enumerate(middles) if start_s <= middle_s < last_s]
    place = {index: row for row, index in enumerate(kept)}
    words = tuple(_moved_word(transcript.words[index], start_s, last_s) for index in kept)
    cues = []
    for cue in transcript.cues:
        rows = [place[index] for index in range(cue.first_word, cue.end_word) if index in place]
        if rows:
            span = _moved(cue.start_s, cue.end_s, start_s, last_s)
            cues.append(Cue(*span, rows[0], rows[-1] + 1, cue.speaker))
    others = []
    for other in transcript.others:
        if start_s <= (other.start_s + other.end_s) / 2 < last_s:
            said = tuple(_moved_word(word, start_s, last_s) for word in other.words)
            span = _moved(other.start_s, other.end_s, start_s, last_s)
            others.append(OtherCue(*span, said, sum(index < other.before for index in kept)))
    return replace(transcript, words=words, cues=tuple(cues), others=tuple(others))


def _middles(transcript: Transcript) -> list[float]:
    middles: list[float | None] = [None] * len(transcript.words)
    for cue in transcript.cues:
        for index in range(cue.first_word, cue.end_word):
            middles[index] = (cue.start_s + cue.end_s) / 2
    for index, word in enumerate(transcript.words):
        if word.start_s is not None and word.end_s is not None:
            middles[index] = (word.start_s + word.end_s) / 2
    known = [middle_s for middle_s in middles if middle_s is not None]
    if middles and not known:
        raise TranscriptError(
            "a transcript without times cannot be cut into segments; give the text of each segment in the "
            "manifest, or a timed transcript (.srt, .vtt, WhisperX .json, .TextGrid)"
        )
    found: list[float] = []
    for middle_s in middles:
        found.append(middle_s if middle_s is not None else found[-1] if found else known[0])
    return found


def _moved_word(word: TranscriptWord, start_s: float, end_s: float) -> TranscriptWord:
    if word.start_s is None or word.end_s is None:
        return word
    first_s, last_s = _moved(word.start_s, word.end_s, start_s, end_s)
    return replace(word, start_s=first_s, end_s=last_s)


def _moved(first_s: float, last_s: float, start_s: float, end_s: float) -> tuple[float, float]:
    return max(first_s, start_s) - start_s, min(last_s, end_s) - start_s
