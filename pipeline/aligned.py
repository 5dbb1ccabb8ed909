"""AlignedClip: text, audio and face of one clip on one sequence of words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.track import FeatureTrack, WordFeatures
from pipeline.words import Word

FLAGS = (
    "text_missing",
    "text_recognised",
    "audio_missing",
    "face_missing",
    "face_partly_missing",
    "several_faces",
    "off_screen_speaker",
    "out_of_sync",
    "low_alignment_confidence",
    "transcript_mismatch",
    "proportional_times",
    "language_unsupported",
    "speaker_unmatched",
    "transcript_style_shift",
    "out_of_domain",
    "narrowband",
    "clipped",
    "low_snr",
    "text_only_model",
)
"""Every flag a clip or a score can carry, in the order they are written."""


@dataclass(frozen=True, slots=True, eq=False)
class WordPieces:
    """The word pieces that BERT saw, so that it can be fine-tuned inside the model."""

    ids: NDArray[np.int32]
    """[shape=(P,)] vocabulary ids, without [CLS] and [SEP]."""
    word_index: NDArray[np.int32]
    """[shape=(P,)] the row each piece belongs to, not decreasing."""

    def __post_init__(self) -> None:
        if self.ids.shape != self.word_index.shape or np.any(np.diff(self.word_index) < 0):
            raise ValueError("word pieces: ids and word_index must pair up, in word order")


@dataclass(frozen=True, slots=True)
class Segment:
    """An utterance: the unit of scoring, at most 50 rows."""

    first_word: int
    end_word: int
    """Rows `[first_word, end_word)`."""
    start_s: float
    end_s: float
    """Its place in the clip, seconds from the clip's time 0."""


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What a manifest says of a clip; may change without any feature changing."""

    label: str | None = None
    split: str | None = None
    speaker: str | None = None
    video_id: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True, eq=False)
class AlignedClip:
    """One clip, one row a word; every array is raw (not normalised) and depends on this clip alone."""

    clip_id: str
    words: tuple[Word, ...]
    """L rows."""
    text: WordFeatures
    """[L, D_text] word embeddings."""
    audio: WordFeatures
    """[L, D_audio]"""
    face: WordFeatures
    """[L, D_face]"""
    native: Mapping[str, FeatureTrack]
    """`audio` and `face` at their own frame rates; time 0 is the first audio sample (first frame without audio)."""
    pieces: WordPieces
    segments: tuple[Segment, ...]
    """In order, covering all rows, none twice."""
    duration_s: float
    flags: tuple[str, ...] = ()
    """A subset of `FLAGS`, in that order."""
    info: ClipInfo = ClipInfo()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """JSON values: content hash, versions, configuration, model hashes, quality figures. No times of day."""

    def __post_init__(self) -> None:
        rows = len(self.words)
        for name in ("text", "audio", "face"):
            found = getattr(self, name).values.shape[0]
            if found != rows:
                raise ValueError(f"clip {self.clip_id!r}: {name} has {found} rows for {rows} words")
        ends = [0, *(segment.end_word for segment in self.segments)]
        firsts = [*(segment.first_word for segment in self.segments), rows]
        if ends != firsts:
            raise ValueError(f"clip {self.clip_id!r}: segments must cover the {rows} rows in order")
        unknown = set(self.flags) - set(FLAGS)
        if unknown:
            raise ValueError(f"clip {self.clip_id!r}: unknown flags {sorted(unknown)}")

    def __repr__(self) -> str:
        return (
            f"AlignedClip({self.clip_id!r}, L={len(self.words)}, text={self.text}, audio={self.audio}, "
            f"face={self.face}, flags={';'.join(self.flags) or '-'})"
        )
