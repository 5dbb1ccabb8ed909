from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.alignment.aligner import PlacedRow, Placement, Saying, WordEvidence
from extractors.timing.neighbours import beside_neighbours
from extractors.timing.timed_rows import TimedRow
from pipeline.media.speech import HOP_S, SpeechEnvelope
from pipeline.timegrid import Interval

RATE_HZ = 16_000
WORD = Saying(4, 0.3)
MISSING = TimedRow(None, 0.0, "proportional", WORD)


class Listener:
    """Knows when each word is said; the sound it is given holds its own time."""

    mismatch_fit = flagged_fit = -3.0
    evidence = WordEvidence(-3.0, 1.0, 0.0)
    contrast_weight = 0.0

    def __init__(self, said: dict[str, float], sure: float) -> None:
        self.said, self.sure = said, sure

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        return [WORD] * len(written)

    def rough(self, written: Sequence[str], samples: NDArray[np.float32], eager: bool = False) -> dict[int, Interval]:
        raise AssertionError("the search is exact here")

    def place(
        self, written: Sequence[str], samples: NDArray[np.float32], orders: bool = False, noise: bool = False
    ) -> Placement | None:
        rows = []
        for word in written:
            start_s = self.said.get(word, -1.0) - float(samples[0])
            heard = 0.0 <= start_s <= samples.size / RATE_HZ
            at_s = start_s if heard else 0.0
            rows.append(PlacedRow(Interval(at_s, at_s + 0.3), self.sure if heard else 0.05, WORD))
        return Placement(tuple(rows), "strict", 1.0 if any(row.confidence > 0.5 for row in rows) else -5.0)


def placed(start_s: float, confidence: float = 0.9) -> TimedRow:
    return TimedRow(Interval(start_s, start_s + 0.3), confidence, "strict", WORD, 1.0)


def found(rows: list[TimedRow], said: Sequence[float], sure: float = 0.95) -> dict[int, float]:
    """Return the starts of the rows that got better; word ``w3`` is said at ``said[3]``."""
    written, seconds = [f"w{index}" for index in range(len(rows))], 60.0
    clock = np.arange(round(seconds * RATE_HZ), dtype=np.float32) / RATE_HZ
    active = np.zeros(round(seconds / HOP_S), bool)
    for start_s in said:
        if start_s >= 0.0:
            active[round(start_s / HOP_S) : round((start_s + 0.3) / HOP_S)] = True
    times_s = (np.arange(active.size) + 0.5) * HOP_S
    speech = SpeechEnvelope(times_s, np.zeros(active.size, np.float32), active)
    listener = Listener(dict(zip(written, said, strict=True)), sure)
    better = beside_neighbours(rows, range(len(rows)), written, clock, speech, listener)
    return {word: round(row.place.start_s, 2) for word, row in better.items() if row.place}


def test_a_missing_first_word_is_found_right_before_the_second() -> None:
    rows = [placed(5.0), MISSING, placed(20.3), placed(20.6)]
    assert found(rows, [5.0, 20.0, 20.3, 20.6])[1] == 20.0


def test_a_missing_last_word_is_found_right_behind_the_one_before_it() -> None:
    rows = [placed(5.0), placed(5.3), MISSING, placed(30.0)]
    assert found(rows, [5.0, 5.3, 5.6, 30.0])[2] == 5.6


def test_a_word_that_was_heard_far_away_comes_back_to_its_neighbours() -> None:
    rows = [placed(5.0, 0.99), placed(20.3), placed(20.6), placed(20.9), placed(21.2)]
    assert found(rows, [20.0, 20.3, 20.6, 20.9, 21.2])[0] == 20.0


def test_the_longer_a_word_is_waited_for_the_less_sure_its_sentence_must_be_of_it() -> None:
    said = [5.0, 5.3, 20.0, 20.3, 20.6]
    for heard_s, moves in ((10.0, True), (7.1, False)):
        rows = [placed(at_s, 0.94) for at_s in (5.0, 5.3, heard_s, 20.3, 20.6)]
        assert (found(rows, said, sure=0.77).get(2) == 20.0) == moves


def test_a_word_that_stands_apart_and_is_right_stays() -> None:
    rows = [placed(5.0), placed(20.3), placed(20.6), placed(20.9), placed(21.2)]
    assert found(rows, [5.0, 20.3, 20.6, 20.9, 21.2]) == {}


def test_a_missing_sentence_is_found_between_two_pauses() -> None:
    rows = [placed(5.0), *[MISSING] * 3, placed(40.0)]
    better = found(rows, [5.0, 20.0, 20.3, 20.6, 40.0])
    assert {word: better[word] for word in (1, 2, 3)} == {1: 20.0, 2: 20.3, 3: 20.6}


def test_a_doubtful_sentence_moves_to_the_pauses_it_fits_between_with_the_word_that_was_missing() -> None:
    rows = [placed(5.0), *[placed(30.0 + 0.3 * at, 0.5) for at in range(4)], MISSING, placed(40.0)]
    better = found(rows, [5.0, 20.0, 20.3, 20.6, 20.9, 21.2, 40.0])
    assert better == {1: 20.0, 2: 20.3, 3: 20.6, 4: 20.9, 5: 21.2}


def test_a_stray_and_the_missing_word_beside_it_come_to_their_neighbours_together() -> None:
    rows = [placed(5.0), MISSING, placed(12.0), placed(20.6), placed(20.9), placed(21.2), placed(21.5)]
    better = found(rows, [5.0, 20.0, 20.3, 20.6, 20.9, 21.2, 21.5])
    assert {word: better.get(word) for word in (1, 2)} == {1: 20.0, 2: 20.3}


def test_better_places_keep_the_order_of_the_words() -> None:
    rows = [placed(5.0), MISSING, MISSING, placed(40.0)]
    better = found(rows, [5.0, 39.7, 5.3, 40.0])
    assert sorted(better.items()) == sorted(better.items(), key=lambda pair: pair[1])


def test_words_that_nobody_says_stay_missing() -> None:
    rows = [placed(5.0), *[MISSING] * 3, placed(40.0)]
    assert not {1, 2, 3} & found(rows, [5.0, -1.0, -1.0, -1.0, 40.0]).keys()
    assert found([MISSING] * 3, [-1.0] * 3) == {}
