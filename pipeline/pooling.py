"""Frames become rows: the overlap-weighted statistics of the frames that a word covers.

The rule, for every column of every row. Frame i speaks for its cell (`timegrid.cells`: half way to each
neighbour, at most ``reach_s``). Its weight in a word is the length of the overlap of its cell with the
word's ``[start_s, end_s)``; frames where the column is not valid weigh nothing:

    mean = sum_i w_i x_i / sum_i w_i

If no present frame overlaps the word, the present frame nearest to the word is taken, when its time lies
within ``nearest_s`` of the word. What is still unknown stays unknown (``valid`` False).
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.room import let_go
from pipeline.timegrid import cells
from pipeline.track import FeatureTrack, WordFeatures
from pipeline.words import Word

LET_GO_WORDS = 128
"""After so many words, what was read of a track in a file is let go of."""
Functional = Literal["std", "slope", "p10", "p90", "coverage"]
Floats = NDArray[np.float64]


class PoolingConfig(BaseModel):
    """How frames become rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reach_s: float = Field(0.5, gt=0)
    """A frame speaks for at most this long to each side of its time, so that a hole in a stream stays one."""
    nearest_s: float = Field(0.1, ge=0)
    """How far from the word the nearest frame may lie when the word covers none."""
    functionals: Mapping[Functional, tuple[str, ...]] = {}
    """Functionals beside the mean: which columns (shell patterns) get each, e.g. {"std": ["pitch_*"]}.

    `std` weighted standard deviation; `slope` weighted least-squares slope per second; `p10`, `p90` weighted
    percentiles; `coverage` share of the word's duration in which the column was measured.
    """
    pauses: Literal["drop", "attach", "row"] = "drop"
    """What becomes of the time between words: nothing, the end of the word before, or a row of its own."""
    min_pause_s: float = Field(0.25, gt=0)
    """Shortest stretch between words that `row` gives a row and `attach` attaches."""


def pooled_names(names: Sequence[str], config: PoolingConfig) -> tuple[str, ...]:
    """Return the columns that `pool` makes of these: the means, then `name:functional`."""
    return (*names, *(f"{names[column]}:{functional}" for functional, column in _extra(names, config)))


def pool(track: FeatureTrack, words: Sequence[Word], config: PoolingConfig | None = None) -> WordFeatures:
    """Pool a track to one row a word.

    Parameters
    ----------
    track : FeatureTrack
        T frames, D columns; T may be 0.
    words : sequence of Word
        L rows with their times on the track's clock.

    Returns
    -------
    WordFeatures
        [L, D] means, then the configured functionals.
    """
    config = config or PoolingConfig()
    extra = _extra(track.names, config)
    names = pooled_names(track.names, config)
    values = np.zeros((len(words), len(names)))
    valid = np.zeros((len(words), len(names)), bool)
    if track.times_s.size:
        starts_s, ends_s = cells(track.times_s, config.reach_s)
        for row, word in enumerate(words):
            frames, weights = _frames(track, starts_s, ends_s, word, config.nearest_s)
            if frames.size:
                _fill(values[row], valid[row], track, frames, weights, extra, word)
            if row % LET_GO_WORDS == 0:
                let_go(track.values, track.valid)
    return WordFeatures(np.where(valid, values, 0.0).astype(np.float32), valid, names)


def with_pauses(words: Sequence[Word], duration_s: float, config: PoolingConfig) -> tuple[Word, ...]:
    """Give the time between, before and after the words its rows, if the configuration asks for them.

    Returns
    -------
    tuple of Word
        With `row`, pauses stand in between as words with empty text and rung `pause`; with `drop` and
        `attach` the words as they are (`attach` acts in `pooling_words`).
    """
    if config.pauses != "row":
        return tuple(words)
    rows: list[Word] = []
    at = 0.0
    for word in words:
        if word.start_s - at >= config.min_pause_s:
            rows.append(Word("", at, word.start_s, 1.0, "pause"))
        rows.append(word)
        at = max(at, word.end_s)
    if duration_s - at >= config.min_pause_s:
        rows.append(Word("", at, duration_s, 1.0, "pause"))
    return tuple(rows)


def pooling_words(words: Sequence[Word], duration_s: float, config: PoolingConfig) -> tuple[Word, ...]:
    """Return the stretches to pool over: the words, with `attach` reaching through the pause that follows."""
    if config.pauses != "attach":
        return tuple(words)
    next_starts = [*(word.start_s for word in words[1:]), duration_s]
    return tuple(
        _until(word, next_start_s) if next_start_s - word.end_s >= config.min_pause_s else word
        for word, next_start_s in zip(words, next_starts, strict=True)
    )


def _until(word: Word, end_s: float) -> Word:
    return Word(word.text, word.start_s, end_s, word.confidence, word.rung, word.phones, word.expected_s)


def _extra(names: Sequence[str], config: PoolingConfig) -> list[tuple[Functional, int]]:
    return [
        (functional, column)
        for functional in sorted(config.functionals)
        for column, name in enumerate(names)
        if any(fnmatchcase(name, pattern) for pattern in config.functionals[functional])
    ]


def _frames(
    track: FeatureTrack, starts_s: Floats, ends_s: Floats, word: Word, nearest_s: float
) -> tuple[NDArray[np.intp], Floats]:
    """Return the frames that carry the word, and the seconds that each of them speaks for it."""
    first = int(np.searchsorted(ends_s, word.start_s, side="right"))
    last = int(np.searchsorted(starts_s, word.end_s, side="left"))
    frames = np.arange(first, max(first, last))
    overlap = np.minimum(ends_s[frames], word.end_s) - np.maximum(starts_s[frames], word.start_s)
    here = track.mask_at(frames) & (overlap > 0)
    if here.any():
        return frames[here], overlap[here]
    near = np.flatnonzero((track.times_s >= word.start_s - nearest_s) & (track.times_s <= word.end_s + nearest_s))
    near = near[track.mask_at(near)]
    if near.size == 0:
        return near, np.zeros(0)
    times_s = track.times_s[near]
    distance = np.maximum(np.maximum(word.start_s - times_s, times_s - word.end_s), 0.0)
    return near[[int(np.argmin(distance))]], np.ones(1)


def _fill(
    values: Floats,
    valid: NDArray[np.bool_],
    track: FeatureTrack,
    frames: NDArray[np.intp],
    weights: Floats,
    extra: Sequence[tuple[Functional, int]],
    word: Word,
) -> None:
    width = len(track.names)
    x = track.values[frames].astype(np.float64)
    w = weights[:, None] * track.valid[frames]
    total = w.sum(axis=0)
    known = total > 0
    values[:width][known] = (w * x).sum(axis=0)[known] / total[known]
    valid[:width] = known
    for at, (functional, column) in enumerate(extra, start=width):
        use = w[:, column] > 0
        found = _functional(functional, x[use, column], track.times_s[frames][use], w[use, column], word)
        if found is not None:
            values[at], valid[at] = found, True


def _functional(functional: Functional, x: Floats, times_s: Floats, w: Floats, word: Word) -> float | None:
    if functional == "coverage":
        duration_s = word.end_s - word.start_s
        return min(1.0, float(w.sum()) / duration_s) if duration_s > 0 else None
    if x.size == 0:
        return None
    mean = float(np.average(x, weights=w))
    if functional == "std":
        return float(np.sqrt(np.average((x - mean) ** 2, weights=w)))
    if functional == "slope":
        t = times_s - np.average(times_s, weights=w)
        spread = float((w * t * t).sum())
        return float((w * t * (x - mean)).sum() / spread) if x.size > 1 and spread > 0 else None
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(w[order]) / w.sum()
    share = 0.1 if functional == "p10" else 0.9
    return float(x[order][min(int(np.searchsorted(reached, share)), x.size - 1)])
