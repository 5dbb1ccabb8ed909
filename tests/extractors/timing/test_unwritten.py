"""Long recordings of which nobody wrote down the beginning, or a part in the middle."""

import numpy as np
from numpy.typing import NDArray

from extractors.timing.unwritten import DENSE_WORDS, LEAD_S, Hear, Unwritten, until_sparse
from extractors.timing.utterances import Recording, Stretch, utterances
from pipeline.timegrid import Interval


def beginning_s(hear: Hear, start_s: float, end_s: float) -> float:
    return Unwritten(end_s).end_s(hear, start_s, end_s, first=True)


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


def test_words_behind_an_unwritten_part_in_the_middle_keep_their_places() -> None:
    # 200 words, one a second, behind the first 100 of them 150 s of which every other word is heard by chance
    written = [f"w{index}" for index in range(200)]
    starts_s = [float(index) if index < 100 else 150.0 + index for index in range(200)]

    def rough(some: object, samples: NDArray[np.float32], eager: bool) -> dict[int, Interval]:
        wanted = list(some)  # type: ignore[call-overload]
        first, at_s, until_s = written.index(wanted[0]), float(samples[0]), float(samples[-1])
        said = {
            at: starts_s[first + at] - at_s for at in range(len(wanted)) if at_s <= starts_s[first + at] < until_s - 1
        }
        heard = max(said, default=-1) + 1
        free_s = max(100.0, at_s) - at_s
        if not said or first + heard == 100:  # the part that nobody wrote down
            chance = range(heard, len(wanted), 2)
            said |= {at: free_s + at - heard for at in chance if free_s + at - heard < min(until_s, 250.0) - at_s - 1}
        return {at: Interval(start_s, start_s + 0.9) for at, start_s in said.items()}

    seconds = np.arange(3600, dtype=np.float32) / 10
    found = utterances(Stretch(tuple(range(200)), 0.0, 360.0), Recording(written, [0.3] * 200, seconds, 10), rough)
    places = {word: each for each in found for word in each.words}
    assert sorted(places) == list(range(200))
    assert all(places[word].end_s < 105.0 for word in range(100))
    assert all(places[word].start_s > 235.0 for word in range(100, 200))


def test_what_is_heard_once_more_for_a_middle_part_is_bounded() -> None:
    asked: list[float] = []
    skipped = Unwritten(400.0)
    for start_s in range(0, 400, 40):
        assert skipped.end_s(lambda at_s: asked.append(at_s) or CHANCE, start_s, 400.0, first=False) == start_s
    assert len(asked) < 30


def test_the_words_before_the_first_gaps_are_kept() -> None:
    def found(*numbers: int) -> dict[int, Interval]:
        return {number: Interval(number, number + 0.5) for number in numbers}

    dense, sparse = range(30, 50), range(51, 80, 2)
    assert list(until_sparse(found(*dense, *sparse), 30)) == list(dense)
    assert until_sparse(found(*dense), 30) == {}, "there is no gap"
    assert until_sparse(found(*dense, *range(52, 80)), 30) == {}, "a word or two may be missing"
    assert until_sparse(found(*sparse), 30) == {}
    assert until_sparse({}, 30) == {}
