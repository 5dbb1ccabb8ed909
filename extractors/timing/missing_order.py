"""Whether words that were not heard where they are written stand in the wrong order there.

A rough search through a long recording leaves out one of two swapped words: what is left is in order, and fits. So
the few words that are missing beside a sentence are put into it again, and the whole is compared with other orders.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import RATE_HZ
from extractors.alignment.aligner import Aligner
from extractors.timing.timed_rows import TimedRow
from extractors.timing.utterances import PAD_S, PAUSE_S
from pipeline.media.longsound import Samples

MOST_MISSING = 2
"""More missing words in a row were not said at all."""
BESIDE = 6
"""So many words of the sentence to each side are compared with them."""


def orders_with_missing(
    rows: Sequence[TimedRow], words: Sequence[int], written: Sequence[str], samples: Samples, aligner: Aligner
) -> dict[int, TimedRow]:
    """Return rows of missing words that say how much better another order of their sentence is, by index.

    Parameters
    ----------
    rows : sequence of TimedRow
        Of every word of the transcript.
    words : sequence of int
        Which of them were searched together, in order.
    written : sequence of str
    samples : ndarray or LongSound [shape=(N,)]
        16 kHz mono.
    aligner : Aligner
    """
    spoken = [word for word in words if rows[word].saying.phones]
    found: dict[int, TimedRow] = {}
    for first, end in _missing(rows, spoken):
        gains = [
            placement.order_gain
            for sentence, start_s, end_s in _sentences(rows, spoken, first, end)
            if (placement := aligner.place([written[word] for word in sentence], _cut(samples, start_s, end_s), True))
            and placement.order_gain is not None
        ]
        if gains:
            found |= {word: replace(rows[word], order_gain=max(gains)) for word in spoken[first:end]}
    return found


def _missing(rows: Sequence[TimedRow], spoken: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield first and end of each run of a few words without a place."""
    at = 0
    while at < len(spoken):
        end = at
        while end < len(spoken) and rows[spoken[end]].place is None:
            end += 1
        if 0 < end - at <= MOST_MISSING:
            yield at, end
        at = max(end, at + 1)


def _sentences(
    rows: Sequence[TimedRow], spoken: Sequence[int], first: int, end: int
) -> Iterator[tuple[list[int], float, float]]:
    """Yield the missing words with those right before and those right behind, together if no pause parts them."""
    missing = list(spoken[first:end])
    before = _together(rows, spoken[max(0, first - BESIDE) : first][::-1])[::-1]
    after = _together(rows, spoken[end : end + BESIDE])
    if before and after and _apart_s(rows, before[-1], after[0]) < PAUSE_S:
        yield _in_sound(rows, [*before, *missing, *after])
        return
    for part in (before, after):
        if len(part) > 1:
            yield _in_sound(rows, sorted((*part, *missing)))


def _together(rows: Sequence[TimedRow], words: Sequence[int]) -> list[int]:
    """Return the first words that have a place, up to a pause."""
    found: list[int] = []
    for word in words:
        if rows[word].place is None or (found and abs(_apart_s(rows, *sorted((found[-1], word)))) >= PAUSE_S):
            break
        found.append(word)
    return found


def _in_sound(rows: Sequence[TimedRow], words: list[int]) -> tuple[list[int], float, float]:
    places = [place for word in words if (place := rows[word].place)]
    return words, max(0.0, places[0].start_s - PAD_S), places[-1].end_s + PAD_S


def _apart_s(rows: Sequence[TimedRow], word: int, following: int) -> float:
    place, behind = rows[word].place, rows[following].place
    assert place is not None and behind is not None, "only placed words are asked for"
    return behind.start_s - place.end_s


def _cut(samples: Samples, start_s: float, end_s: float) -> NDArray[np.float32]:
    return samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
