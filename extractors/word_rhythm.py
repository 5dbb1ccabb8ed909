"""Rhythm of words: how long a word takes, against its phones and against what they take on average."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from extractors.verdicts import judged
from pipeline.track import FeatureColumn, WordFeatures
from pipeline.words import Rung, Word

MEASURED_RUNGS: frozenset[Rung] = frozenset({"strict", "wide", "open", "ctc", "given"})
"""Only these say when a word was spoken; spread out or fixed times carry no rhythm."""
SHORTEST_S = 0.02
"""Two frames of an aligner: a shorter word has no duration worth a rate."""
LONGEST_PAUSE_S = 10.0
"""Longer pauses count as this long: the turn of somebody else, not hesitation."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A word, and the measured end of the word before it."""

    word: Word
    previous_end_s: float | None


def word_columns() -> tuple[FeatureColumn, ...]:
    """Return the columns that `word_timing_features` computes, in their order."""
    return judged((column for column, _ in _COLUMNS), "audio")


def word_timing_features(words: Sequence[Word]) -> WordFeatures:
    """Return the rhythm of each word; one row a word, in order.

    Parameters
    ----------
    words : sequence of Word
        Rows of a clip. Rows that hold no word (pauses, windows), and words whose times are not measured
        (proportional, untimed), have no rhythm; the row after such a word has no pause before it, and
        neither has the first word of a clip, whose start says where the clip was cut.

    Returns
    -------
    WordFeatures
        [L, 4], columns as `word_columns` lists them.
    """
    values = np.zeros((len(words), len(_COLUMNS)), np.float32)
    valid = np.zeros(values.shape, bool)
    for row, spoken in enumerate(_spoken(words)):
        if spoken is None:
            continue
        for index, (_, measure) in enumerate(_COLUMNS):
            value = measure(spoken)
            if value is not None:
                values[row, index], valid[row, index] = value, True
    return WordFeatures(values, valid, tuple(column.name for column in word_columns()))


def with_rhythm(voice: WordFeatures, words: Sequence[Word], *, heard: bool) -> WordFeatures:
    """Put the rhythm of each word beside what its voice was like; without sound it is missing too.

    Parameters
    ----------
    voice : WordFeatures
        [L, D]
    words : sequence of Word
    heard : bool
        Whether the clip has sound.
    """
    rhythm = word_timing_features(words)
    valid = rhythm.valid & heard
    return WordFeatures(
        np.concatenate([voice.values, np.where(valid, rhythm.values, 0.0)], axis=1).astype(np.float32),
        np.concatenate([voice.valid, valid], axis=1),
        (*voice.names, *rhythm.names),
    )


def _spoken(words: Sequence[Word]) -> list[_Spoken | None]:
    """One entry a row: None where no rhythm can be known."""
    rows: list[_Spoken | None] = []
    previous_end_s: float | None = None
    for word in words:
        if word.rung == "pause":
            rows.append(None)  # the words on either side of it stay neighbours
        elif word.rung in MEASURED_RUNGS and word.text and word.end_s - word.start_s >= SHORTEST_S:
            rows.append(_Spoken(word, previous_end_s))
            previous_end_s = word.end_s
        else:
            rows.append(None)
            previous_end_s = None
    return rows


def _duration_s(spoken: _Spoken) -> float | None:
    return spoken.word.end_s - spoken.word.start_s


def _phones_per_s(spoken: _Spoken) -> float | None:
    word = spoken.word
    return word.phones / (word.end_s - word.start_s) if word.phones else None


def _duration_ratio(spoken: _Spoken) -> float | None:
    word = spoken.word
    return (word.end_s - word.start_s) / word.expected_s if word.expected_s > 0 else None


def _pause_before_s(spoken: _Spoken) -> float | None:
    if spoken.previous_end_s is None:
        return None
    return min(max(0.0, spoken.word.start_s - spoken.previous_end_s), LONGEST_PAUSE_S)


_COLUMNS: tuple[tuple[FeatureColumn, Callable[[_Spoken], float | None]], ...] = (
    (
        FeatureColumn("word_duration_s", "s", "How long the word takes", "word times", SHORTEST_S),
        _duration_s,
    ),
    (
        FeatureColumn(
            "word_phones_per_s",
            "1/s",
            "Phones a second inside the word; high: hurried",
            "word times and the pronunciation the aligner used",
            0.0,
        ),
        _phones_per_s,
    ),
    (
        FeatureColumn(
            "word_duration_ratio",
            "1",
            "How long the word takes against the average of its phones; above 1: drawn out",
            "word times and average phone durations",
            0.0,
        ),
        _duration_ratio,
    ),
    (
        FeatureColumn(
            "word_pause_before_s",
            "s",
            "Silence between the word before and this one; high: hesitation",
            "word times",
            0.0,
            LONGEST_PAUSE_S,
        ),
        _pause_before_s,
    ),
)
