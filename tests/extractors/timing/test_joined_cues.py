import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.timing.joined_cues import JOIN_S, MOST_OVERLAP_S, joined, said_over
from extractors.timing.utterances import Stretch
from pipeline.timegrid import Interval
from pipeline.words import Cue, OtherCue, Transcript, TranscriptWord

Span = tuple[float, float]


def stretches(spans: list[Span], words: int = 3) -> list[Stretch]:
    return [Stretch(tuple(range(words * at, words * at + words)), *span) for at, span in enumerate(spans)]


def as_cues(spans: list[Span]) -> list[Cue]:
    return [Cue(*span, 0, 1) for span in spans]


def together(*spans: Span, words: int = 3) -> list[int]:
    parts = stretches(list(spans), words)
    return [len(group.parts) for group in joined(parts, as_cues(list(spans)))]


def test_cues_that_touch_or_overlap_a_little_are_searched_together() -> None:
    assert together((0.0, 1.0), (1.0, 2.0), (1.6, 3.0)) == [3]
    assert together((0.0, 1.0), (1.0 + JOIN_S + 0.1, 4.0)) == [1, 1]
    assert together((0.0, 2.0), (0.0, 2.0)) == [2]


def test_people_who_speak_at_the_same_time_are_searched_apart() -> None:
    assert together((0.0, 4.0), (1.0, 5.0)) == [1, 1]
    assert together((0.0, 6.0), (2.0, 2.0 + MOST_OVERLAP_S - 0.5)) == [1, 1]


def test_words_without_a_cue_and_words_that_do_not_follow_are_searched_alone() -> None:
    parts = stretches([(0.0, 1.0), (1.0, 2.0)])
    assert [len(group.parts) for group in joined(parts, [*as_cues([(0.0, 1.0)]), None])] == [1, 1]
    apart = [parts[0], Stretch((9,), 1.0, 2.0)]
    assert [len(group.parts) for group in joined(apart, as_cues([(0.0, 1.0), (1.0, 2.0)]))] == [1, 1]


def test_cues_that_go_on_are_searched_with_what_stands_before_and_behind_them() -> None:
    spans = [(float(at), at + 1.0) for at in range(40)]
    groups = list(joined(stretches(spans), as_cues(spans)))
    for group in groups[1:-1]:
        assert group.parts[0] not in group.kept and group.parts[-1] not in group.kept


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0.0, 60.0), st.floats(0.1, 30.0)), max_size=30), st.integers(1, 50))
def test_every_cue_is_kept_once_and_in_order(cues: list[Span], words: int) -> None:
    spans = [(start, start + lasts) for start, lasts in sorted(cues)]
    parts = stretches(spans, words)
    groups = list(joined(parts, as_cues(list(spans))))
    assert [part for group in groups for part in group.kept] == parts
    for group in groups:
        assert set(group.kept) <= set(group.parts)
        assert np.all(np.diff(group.whole.words) == 1)


def test_only_cues_that_stand_over_ones_own_for_longer_than_edges_are_off_are_said_over_them() -> None:
    own = (Cue(1.0, 4.0, 0, 2, "Ann"),)
    others = tuple(OtherCue(start, start + 2.0, (TranscriptWord("hm"),), 0) for start in (0.0, 1.5, 3.5))
    words = (TranscriptWord("well"), TranscriptWord("yes"))
    assert said_over(Transcript(words, "en", own, others=others)) == [Interval(1.5, 3.5)]
    assert said_over(Transcript(words)) == []
