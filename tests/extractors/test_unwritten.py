"""Long recordings whose beginning nobody wrote down."""

import numpy as np
from numpy.typing import NDArray

from extractors.lead_in import DENSE_WORDS, LEAD_S, beginning_s
from extractors.utterances import Recording, Stretch, utterances
from pipeline.timegrid import Interval

CHANCE = list(range(0, 120, 2))
"""What a minute of other speech holds of the words: every other one."""


def test_the_search_begins_where_the_first_words_are_found_without_gaps() -> None:
    assert beginning_s(lambda at_s: range(80) if at_s >= 100.0 else CHANCE, 5.0, 900.0) == 105.0


def test_where_they_are_found_at_once_or_nowhere_nothing_is_skipped() -> None:
    asked: list[float] = []
    assert beginning_s(lambda at_s: asked.append(at_s) or range(80), 5.0, 900.0) == 5.0
    assert asked == [5.0]
    assert beginning_s(lambda at_s: CHANCE, 5.0, 9000.0) == 5.0
    assert beginning_s(lambda at_s: range(80) if at_s > LEAD_S + 5.0 else CHANCE, 5.0, 9000.0) == 5.0, (
        "cost is bounded"
    )


def test_later_words_without_gaps_or_a_few_first_ones_are_no_beginning() -> None:
    assert beginning_s(lambda at_s: range(60, 140) if at_s else CHANCE, 0.0, 900.0) == 0.0
    assert beginning_s(lambda at_s: range(DENSE_WORDS - 1) if at_s else CHANCE, 0.0, 900.0) == 0.0


def test_words_are_not_used_up_on_an_intro() -> None:
    # 100 words, one a second behind 120 s of intro, in which every other of the next 60 words is heard by chance
    written = [f"w{index}" for index in range(100)]

    def rough(some: object, samples: NDArray[np.float32], eager: bool) -> dict[int, Interval]:
        first = written.index(next(iter(some)))  # type: ignore[call-overload]
        at_s = float(samples[0])
        if at_s < 80.0:
            return {index: Interval(index + 0.1, index + 0.9) for index in range(0, min(60, 100 - first), 2)}
        starts = {index: 120.0 + index - at_s for index in range(first, 100)}
        return {
            index - first: Interval(start, start + 0.9) for index, start in starts.items() if 0.0 <= start <= 59.0
        }

    seconds = np.arange(2200, dtype=np.float32) / 10  # "sound" that knows its own time, 10 samples a second
    recording = Recording(written, [0.3] * 100, seconds, 10)
    found = utterances(Stretch(tuple(range(100)), 0.0, 220.0), recording, rough)
    assert [word for each in found for word in each.words] == list(range(100))
    assert min(each.start_s for each in found) > 100.0
