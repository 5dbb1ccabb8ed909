from collections.abc import Sequence

import numpy as np
import pytest

from extractors.alignment.aligner import Placement, Saying
from extractors.alignment.english import EnglishAligner
from extractors.timing.missing_order import orders_with_missing
from extractors.timing.timed_rows import TimedRow
from pipeline.timegrid import Interval

SOUND = np.zeros(20 * 16_000, np.float32)


class Listener(EnglishAligner):
    """Remembers what it was asked, and finds another order better."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def place(
        self, written: Sequence[str], samples: np.ndarray, orders: bool = False, noise: bool = False
    ) -> Placement | None:
        assert orders
        self.asked.append(("".join(written), samples.size / 16_000))
        return Placement((), "strict", 0.0, 10.0 * len(written))


def heard(text: str, starts_s: dict[str, float]) -> tuple[dict[int, TimedRow], Listener]:
    """Words are letters of 0.2 s; those without a start were not heard, a dot is not said."""
    rows = [
        TimedRow(
            Interval(starts_s[each], starts_s[each] + 0.2) if each in starts_s else None,
            0.9,
            "strict" if each in starts_s else "proportional",
            Saying(0 if each == "." else 3, 0.2),
        )
        for each in text
    ]
    listener = Listener()
    return orders_with_missing(rows, range(len(text)), list(text), SOUND, listener), listener


def test_a_missing_word_is_put_between_its_neighbours_and_says_what_another_order_gains() -> None:
    found, listener = heard("ab.cd", {"a": 1.0, "b": 1.2, "d": 1.7})
    assert listener.asked == [("abcd", pytest.approx(1.9))]
    assert {word: row.order_gain for word, row in found.items()} == {3: 40.0}
    assert found[3].place is None


def test_at_a_pause_it_is_tried_in_the_sentence_before_and_in_the_one_behind() -> None:
    found, listener = heard("abcde", {"a": 1.0, "b": 1.2, "d": 9.0, "e": 9.2})
    assert [asked for asked, _ in listener.asked] == ["abc", "cde"]
    assert found[2].order_gain == 30.0


def test_words_beyond_a_pause_are_no_part_of_the_sentence_and_one_word_alone_is_none() -> None:
    _, listener = heard("abcd", {"a": 1.0, "b": 5.0, "d": 9.0})
    assert listener.asked == []


def test_sentences_that_nobody_says_and_those_without_gaps_are_left_alone() -> None:
    assert heard("abcde", {"a": 1.0, "e": 2.0})[1].asked == []
    assert heard("ab", {"a": 1.0, "b": 1.2})[1].asked == []
