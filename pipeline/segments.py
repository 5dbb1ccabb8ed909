"""Utterances: a long clip is cut where a listener would cut it, never silently cut off."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from pipeline.aligned import Segment
from pipeline.words import Word

SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
SENTENCE_END_WORTH_S = 0.6
"""A sentence end counts as much as a pause of this length: longer than most pauses inside a sentence."""


class SegmentConfig(BaseModel):
    """When a clip becomes several units of scoring."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_words: int = Field(50, ge=1)
    """Most rows of a segment: what DMD's sequences hold."""
    max_s: float = Field(60.0, gt=0)
    """Longest segment in seconds."""


def cut(words: Sequence[Word], config: SegmentConfig | None = None) -> tuple[Segment, ...]:
    """Cut rows into segments at the best pauses and sentence ends.

    A clip that fits is one segment. Otherwise each cut is made in the later half of the longest stretch
    that fits, at the boundary with the longest pause (a sentence end counts as 0.6 s); the last of equals.

    Returns
    -------
    tuple of Segment
        In order, covering every row once; empty for no rows.
    """
    config = config or SegmentConfig()
    segments: list[Segment] = []
    first = 0
    while first < len(words):
        fits = _fits(words, first, config)
        end = fits if fits == len(words) else _best_cut(words, first, fits)
        segments.append(Segment(first, end, words[first].start_s, max(word.end_s for word in words[first:end])))
        first = end
    return tuple(segments)


def _fits(words: Sequence[Word], first: int, config: SegmentConfig) -> int:
    """Return the end of the longest segment from ``first`` that keeps both limits; at least one row."""
    end = first + 1
    while end < len(words) and end - first < config.max_words:
        if words[end].end_s - words[first].start_s > config.max_s:
            break
        end += 1
    return end


def _best_cut(words: Sequence[Word], first: int, fits: int) -> int:
    candidates = range(first + max(1, (fits - first) // 2), fits + 1)
    return max(candidates, key=lambda end: (_worth_s(words, end), end))


def _worth_s(words: Sequence[Word], end: int) -> float:
    pause_s = words[end].start_s - words[end - 1].end_s
    ends_sentence = words[end - 1].text.rstrip("\"'”’)]").endswith(SENTENCE_ENDS)
    return pause_s + (SENTENCE_END_WORTH_S if ends_sentence else 0.0)
