from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.media.presentation import FrameClock, SampleClock, TimestampChoice

stamps = st.lists(st.none() | st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=40)


def times(pts_s: list[float | None], step_s: float = 0.04, declared_s: float | None = None) -> list[float]:
    clock = FrameClock(step_s, declared_s)
    return [clock.place(one) for one in pts_s]


def test_presentation_timestamps_are_believed_until_they_step_back_more_often():
    choice = TimestampChoice()
    frames = [(2, 0), (3, 1), (5, 2), (4, 3), (7, 4), (None, 5), (8, None), (None, None)]
    assert [choice.choose(pts, dts) for pts, dts in frames] == [2, 3, 5, 3, 4, 5, 8, None]


def test_decoding_timestamps_that_step_back_too_are_not_preferred():
    choice = TimestampChoice()
    assert [choice.choose(pts, dts) for pts, dts in [(1, 9), (2, 8), (1, 7), (2, 6)]] == [1, 2, 1, 2]


def test_good_timestamps_are_taken_as_they_are():
    uneven = [0.5, 0.54, 0.60, 0.61, 2.0]
    clock = FrameClock(0.04, None)
    assert [clock.place(one) for one in uneven] == uneven
    assert clock.repairs.timestamps == 0


def test_a_missing_timestamp_follows_by_one_step():
    assert times([1.0, None, None, 1.2]) == pytest.approx([1.0, 1.04, 1.08, 1.2])


def test_a_stream_without_timestamps_runs_at_its_nominal_rate_from_zero():
    assert times([None] * 4) == pytest.approx([0.0, 0.04, 0.08, 0.12])


def test_a_duplicate_does_not_push_later_frames_aside():
    assert times([0.0, 0.04, 0.04, 0.08, 0.12]) == pytest.approx([0.0, 0.04, 0.06, 0.08, 0.12])


def test_a_clock_that_starts_anew_goes_on_by_steps():
    assert times([10.0, 10.04, 0.0, 0.04]) == pytest.approx([10.0, 10.04, 10.08, 10.12])


def test_one_absurd_jump_does_not_move_what_follows():
    assert times([0.0, 0.04, 36000.0, 0.12], declared_s=5.0) == pytest.approx([0.0, 0.04, 0.08, 0.12])


def test_a_long_pause_inside_the_declared_duration_is_kept():
    assert times([0.0, 0.04, 300.0], declared_s=600.0) == pytest.approx([0.0, 0.04, 300.0])


@settings(deadline=None, max_examples=100)
@given(stamps)
def test_frame_times_increase_strictly_whatever_the_timestamps(pts_s):
    assert all(first < second for first, second in pairwise(times(pts_s)))


@settings(deadline=None, max_examples=100)
@given(stamps, st.sampled_from([8000, 44100]))
def test_blocks_never_overlap_whatever_the_timestamps(pts_s, rate_hz):
    clock, end_s = SampleClock(None), None
    for one in pts_s:
        place = clock.place(one, 1024, rate_hz)
        assert 0 <= place.skip <= 1024
        assert end_s is None or place.start_s >= end_s - 1e-6
        end_s = place.start_s + (1024 - place.skip) / rate_hz


def test_blocks_are_counted_in_samples_while_timestamps_only_jitter():
    clock = SampleClock(None)
    places = [clock.place(round(index * 0.1, 2) + 0.003 * (index % 2), 1600, 16000) for index in range(50)]
    assert [place.start_s for place in places] == pytest.approx([0.1 * index for index in range(50)])
    assert all(place.follows for place in places[1:])


def test_a_lost_packet_is_a_hole():
    clock = SampleClock(None)
    clock.place(0.0, 1024, 48000)
    place = clock.place(2 * 1024 / 48000, 1024, 48000)
    assert (place.start_s, place.follows) == (pytest.approx(2 * 1024 / 48000), False)
    assert clock.repairs.holes == 1
    assert clock.repairs.hole_s == pytest.approx(1024 / 48000)


def test_an_overlap_is_cut_from_the_later_block():
    clock = SampleClock(None)
    clock.place(0.0, 16000, 16000)
    place = clock.place(0.9, 16000, 16000)
    assert (place.start_s, place.skip) == (1.0, 1600)
