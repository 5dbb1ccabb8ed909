import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.timing.proportional import spread_over_speech
from extractors.timing.rows import FRAME_S, fit_rows
from pipeline.media.speech import SpeechEnvelope
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


def given_rows(*places: tuple[float, float], duration_s: float = 3.0) -> list[tuple[float, float]]:
    rows = fit_rows([Interval(start, end) for start, end in places], duration_s, [True] * len(places))
    return [(round(row.start_s, 6), round(row.end_s, 6)) for row in rows]


def test_a_given_end_that_is_seconds_late_moves_no_other_word() -> None:
    assert given_rows((0.9, 1.2), (1.2, 10.2), (1.4, 1.6), (1.7, 2.0)) == [
        (0.9, 1.2),
        (1.2, 1.4),
        (1.4, 1.6),
        (1.7, 2.0),
    ]


def test_given_words_that_overlap_begin_when_they_should_and_end_where_the_next_begins() -> None:
    assert given_rows((0.5, 1.0), (0.9, 1.4), (1.3, 1.6)) == [(0.5, 0.9), (0.9, 1.3), (1.3, 1.6)]


def test_one_given_start_out_of_order_costs_that_word_alone() -> None:
    assert given_rows((0.5, 0.8), (2.7, 2.9), (1.2, 1.5), (1.5, 2.0)) == [
        (0.5, 0.8),
        (0.8, 1.2),
        (1.2, 1.5),
        (1.5, 2.0),
    ]
    assert given_rows((0.5, 0.8), (0.0, 1.2), (1.2, 1.5)) == [(0.5, 0.8), (0.8, 1.2), (1.2, 1.5)]


def test_given_words_that_begin_together_share_what_is_there() -> None:
    assert given_rows((1.0, 1.2), (1.0, 1.3), (1.3, 1.4)) == [(0.99, 1.0), (1.0, 1.3), (1.3, 1.4)]


def test_a_searched_word_does_not_push_a_given_one() -> None:
    rows = fit_rows(
        [Interval(0.5, 9.0), Interval(0.8, 1.3), None, Interval(1.2, 1.5)], 3.0, [True, False, False, True]
    )
    assert (rows[0].start_s, rows[3]) == (0.5, Interval(1.2, 1.5))
    assert rows[1].start_s >= 0.8


@given(
    st.lists(st.tuples(st.floats(0, 4), st.floats(0, 2), st.sampled_from("gsn")), min_size=1, max_size=12),
    st.floats(0.001, 3.0),
)
@settings(deadline=None, max_examples=200)
def test_given_rows_in_any_order_are_laid_out_ordered_and_a_frame_long(places: list, duration_s: float) -> None:
    searched = iter(sorted(start for start, _, kind in places if kind == "s"))
    placed = [
        None if kind == "n" else Interval(at := start if kind == "g" else next(searched), at + lasts)
        for start, lasts, kind in places
    ]
    rows = fit_rows(placed, duration_s, [kind == "g" for _, _, kind in places])
    shortest_s = FRAME_S if len(rows) * FRAME_S < duration_s else duration_s / len(rows)
    edges = [edge for row in rows for edge in (row.start_s, row.end_s)]
    assert edges == sorted(edges)
    assert edges[0] >= 0.0
    assert edges[-1] <= duration_s + 1e-9
    assert all(row.duration_s >= shortest_s - 1e-8 for row in rows)


@given(st.lists(st.tuples(st.floats(0.01, 0.4), st.floats(0, 9)), min_size=1, max_size=12))
@settings(deadline=None, max_examples=100)
def test_given_starts_in_order_are_kept_to_the_digit_whatever_the_ends(steps: list) -> None:
    starts = np.cumsum([step + 1e-6 for step, _ in steps]).tolist()
    placed = [Interval(start, start + lasts) for start, (_, lasts) in zip(starts, steps, strict=True)]
    rows = fit_rows(placed, 6.0, [True] * len(placed))
    assert [row.start_s for row in rows] == starts


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
