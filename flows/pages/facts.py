"""ClipFacts: the numbers of one clip that a store's page tells, and nothing of its arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flows.pages.lanes import present_s
from pipeline.aligned import AlignedClip
from pipeline.words import Word

NO_WORD = ("window", "pause")
"""Rungs of rows that hold no word."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """One row of the table of clips."""

    clip_id: str
    duration_s: float
    words: int
    """Rows that hold a word."""
    segments: int
    face_share: float | None
    """Share of the video frames in which a face was measured; None without a frame."""
    audio_share: float | None
    """Share of the duration that has audio; None for a clip without media."""
    speech_share: float | None
    """Share of the duration in which a word is spoken; None where no word has a time."""
    confidence: float | None
    """Mean confidence of the words' places; None without timed words."""
    doubtful: int
    """Words with a confidence below one half."""
    rungs: tuple[str, ...]
    """How the words got their times, in order of first use."""
    missing: tuple[float, float, float]
    """Share of rows without text, audio, face."""
    flags: tuple[str, ...]
    label: str | None
    split: str | None
    speaker: str | None


def clip_facts(clip: AlignedClip) -> ClipFacts:
    """Return what the table of clips says of a clip."""
    timed = [word for word in clip.words if word.rung not in NO_WORD and word.rung != "untimed"]
    face, audio = clip.native.get("face"), clip.native.get("audio")
    has_media = clip.duration_s > 0 and any(len(track.times_s) for track in clip.native.values())
    return ClipFacts(
        clip_id=clip.clip_id,
        duration_s=clip.duration_s,
        words=sum(word.rung not in NO_WORD for word in clip.words),
        segments=len(clip.segments),
        face_share=float(face.mask.mean()) if face is not None and len(face.times_s) else None,
        audio_share=min(1.0, present_s(audio, clip.duration_s) / clip.duration_s) if audio and has_media else None,
        speech_share=min(1.0, spoken_s(timed) / clip.duration_s) if timed and clip.duration_s > 0 else None,
        confidence=float(np.mean([word.confidence for word in timed])) if timed else None,
        doubtful=sum(word.confidence < 0.5 for word in timed),
        rungs=tuple(dict.fromkeys(word.rung for word in clip.words if word.rung != "pause")),
        missing=(_missing(clip.text.mask), _missing(clip.audio.mask), _missing(clip.face.mask)),
        flags=clip.flags,
        label=clip.info.label,
        split=clip.info.split,
        speaker=clip.info.speaker,
    )


def spoken_s(words: Sequence[Word]) -> float:
    """Return the seconds covered by words; where two overlap, once."""
    covered_s, at_s = 0.0, 0.0
    for word in sorted(words, key=lambda word: word.start_s):
        covered_s += max(0.0, word.end_s - max(word.start_s, at_s))
        at_s = max(at_s, word.end_s)
    return covered_s


def _missing(mask: NDArray[np.bool_]) -> float:
    return float(1.0 - mask.mean()) if mask.size else 1.0
