import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.proportional import spread_over_speech
from extractors.rows import FRAME_S, fit_rows
from pipeline.speech import SpeechEnvelope
from pipeline.timegrid import Interval


def speech(active: str) -> SpeechEnvelope:
    mask = np.array([mark == "#" for mark in active])
    return SpeechEnvelope((np.arange(mask.size) + 0.5) * 0.01, np.zeros(mask.size, np.float32), mask)


def test_a_silent_row_takes_the_pause_between_its_neighbours_up_to_half_a_second() -> None:
    rows = fit_rows([Interval(0.5, 1.0), None, Interval(1.2, 1.5), None], 9.0)
    assert rows == [Interval(0.5, 1.0), Interval(1.0, 1.2), Interval(1.2, 1.5), Interval(1.5, 2.0)]


def test_silent_rows_at_the_beginning_stand_before_the_first_word() -> None:
    rows = fit_rows([None, Interval(2.0, 2.4)], 3.0)
    assert rows == [Interval(1.5, 2.0), Interval(2.0, 2.4)]


def test_a_silent_row_between_words_that_touch_takes_a_frame() -> None:
    rows = fit_rows([Interval(0.0, 1.0), None, Interval(1.0, 2.0)], 2.0)
    assert rows[1].duration_s >= FRAME_S - 1e-9
    assert rows[0].end_s <= rows[1].start_s <= rows[1].end_s <= rows[2].start_s


def test_rows_without_any_place_are_laid_out_all_the_same() -> None:
    rows = fit_rows([None, None], 5.0)
    assert [row.duration_s for row in rows] == [0.5, 0.5]


@given(
    st.lists(st.one_of(st.none(), st.tuples(st.floats(0, 3), st.floats(0, 1))), min_size=1, max_size=12),
    st.floats(0.001, 3.0),
)
@settings(deadline=None, max_examples=200)
def test_rows_are_ordered_inside_the_audio_and_a_frame_long(places: list, duration_s: float) -> None:
    starts = sorted(place[0] for place in places if place is not None)
    placed = [Interval(starts.pop(0), 4.0) if place is not None else None for place in places]
    placed = [Interval(row.start_s, min(4.0, row.start_s + 0.2)) if row else None for row in placed]
    rows = fit_rows(placed, duration_s)
    shortest_s = FRAME_S if len(rows) * FRAME_S < duration_s else duration_s / len(rows)
    edges = [edge for row in rows for edge in (row.start_s, row.end_s)]
    assert edges == sorted(edges)
    assert edges[0] >= 0.0
    assert edges[-1] <= duration_s + 1e-9
    assert all(row.duration_s >= shortest_s - 1e-9 for row in rows)


def test_words_are_spread_over_speech_by_how_long_they_take() -> None:
    rows = spread_over_speech([0.1, 0.3], speech("....####....####"), 0.16)
    assert rows[0] == Interval(0.04, 0.06)
    assert np.isclose(rows[1].start_s, 0.06)
    assert np.isclose(rows[1].end_s, 0.16)


def test_a_word_that_ends_with_a_stretch_of_speech_does_not_reach_into_the_pause() -> None:
    rows = spread_over_speech([0.2, 0.2], speech("####....####"), 0.12)
    assert np.isclose(rows[0].end_s, 0.04)
    assert np.isclose(rows[1].start_s, 0.08)


def test_without_speech_the_whole_audio_is_shared() -> None:
    rows = spread_over_speech([1.0, 1.0], speech("........"), 0.08)
    assert rows == [Interval(0.0, 0.04), Interval(0.04, 0.08)]
