"""Tracks: faces keep their number over time, gaps and crossings of the detector's order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.faces.tracks import Sightings, TrackConfig, lasting_tracks, track_faces

CONFIG = TrackConfig()


def sightings(frames, rate_hz=25.0):
    """One entry a frame: a list of (x, y, height), in any order."""
    rows = [(index, *face) for index, faces in enumerate(frames) for face in faces]
    table = np.array(rows, float).reshape(-1, 4)
    return Sightings(table[:, 0].astype(int), table[:, 0] / rate_hz, table[:, 1:3], table[:, 3])


def test_two_faces_keep_their_numbers_whatever_order_the_detector_gives():
    left, right = (100, 100, 80), (300, 100, 80)
    seen = sightings([[left, right], [right, left], [right, left], [left, right]])
    assert track_faces(seen, CONFIG).tolist() == [0, 1, 1, 0, 1, 0, 0, 1]


def test_a_face_that_moves_stays_one_face():
    seen = sightings([[(100 + 10 * step, 100, 80)] for step in range(30)])
    assert set(track_faces(seen, CONFIG)) == {0}


def test_a_face_comes_back_after_a_gap_with_its_number():
    seen = sightings([[(100, 100, 80)]] * 10 + [[]] * 40 + [[(110, 105, 82)]] * 10)
    assert set(track_faces(seen, CONFIG)) == {0}


def test_a_face_that_comes_back_after_too_long_is_another():
    seen = sightings([[(100, 100, 80)]] * 10 + [[]] * 100 + [[(100, 100, 80)]] * 10)
    assert set(track_faces(seen, CONFIG)) == {0, 1}


def test_a_face_of_another_size_in_the_same_place_is_another():
    seen = sightings([[(100, 100, 80)]] * 5 + [[(100, 100, 200)]] * 5)
    assert track_faces(seen, CONFIG).tolist() == [0] * 5 + [1] * 5


def test_a_cut_to_a_face_elsewhere_is_another_face():
    seen = sightings([[(100, 100, 80)]] * 5 + [[(400, 100, 80)]] * 5)
    assert track_faces(seen, CONFIG).tolist() == [0] * 5 + [1] * 5


def test_no_detections_make_no_tracks():
    seen = sightings([[], []])
    assert track_faces(seen, CONFIG).size == 0
    assert lasting_tracks(seen, track_faces(seen, CONFIG), 2, CONFIG).size == 0


def test_a_false_detection_of_some_frames_is_no_face_and_the_nearest_longest_comes_first():
    frames = [[(100, 100, 60), (300, 100, 90)] for _ in range(50)]
    frames[20] = [*frames[20], (500, 200, 30)]
    seen = sightings(frames)
    numbers = track_faces(seen, CONFIG)
    assert lasting_tracks(seen, numbers, 50, CONFIG).tolist() == [1, 0]


def test_what_is_seen_for_a_moment_only_is_no_face():
    seen = sightings([[]] * 100 + [[(100, 100, 60)]] * 3 + [[]] * 100)
    assert lasting_tracks(seen, track_faces(seen, CONFIG), 203, CONFIG).size == 0


def test_a_face_of_a_very_short_clip_counts():
    seen = sightings([[(100, 100, 60)]] * 2 + [[]] * 3)
    assert lasting_tracks(seen, track_faces(seen, CONFIG), 5, CONFIG).tolist() == [0]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 30))
def test_a_track_holds_at_most_one_face_a_frame_and_numbers_have_no_holes(seed, most, frames):
    random = np.random.default_rng(seed)
    seen = sightings(
        [
            [(*random.uniform(0, 400, 2), random.uniform(30, 90)) for _ in range(random.integers(0, most + 1))]
            for _ in range(frames)
        ]
    )
    numbers = track_faces(seen, CONFIG)
    assert len(set(zip(seen.frame.tolist(), numbers.tolist(), strict=True))) == len(numbers)
    assert sorted(set(numbers.tolist())) == list(range(len(set(numbers.tolist()))))
