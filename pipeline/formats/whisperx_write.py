"""Word times as WhisperX JSON."""

import json
from pathlib import Path
from typing import Any

from pipeline.aligned import AlignedClip
from pipeline.files import write_whole
from pipeline.words import Word


def write_whisperx(clip: AlignedClip, path: Path) -> None:
    """Write a clip's segments and words.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    content = json.dumps(whisperx(clip), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, content.encode("utf-8", "backslashreplace"))


def whisperx(clip: AlignedClip) -> dict[str, Any]:
    """Return a clip as WhisperX writes one; a word that nobody timed has no `start` and `end`, as there."""
    segments: list[dict[str, Any]] = []
    for part in clip.segments:
        words = [_word(word) for word in clip.words[part.first_word : part.end_word] if word.text]
        if words:
            text = " ".join(word["word"] for word in words)
            segments.append({"start": _time(part.start_s), "end": _time(part.end_s), "text": text, "words": words})
    if clip.info.speaker:
        segments = [{**segment, "speaker": clip.info.speaker} for segment in segments]
    flat = [word for segment in segments for word in segment["words"]]
    return {"segments": segments, "word_segments": flat, "language": clip.info.language}


def _word(word: Word) -> dict[str, Any]:
    if word.rung == "untimed":
        return {"word": word.text}
    return {
        "word": word.text,
        "start": _time(word.start_s),
        "end": _time(word.end_s),
        "score": round(word.confidence, 3),
    }


def _time(seconds: float) -> float:
    return round(seconds, 4)
