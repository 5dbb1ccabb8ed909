"""Stops behind a pause are as long as stops are, by either rule for where words begin."""

import numpy as np

from extractors.alignment.placed import PlacedPhone, PlacedWord
from extractors.alignment.smacks import with_short_stops

PIN = PlacedWord((PlacedPhone("P", 52, 60), PlacedPhone("IH", 60, 70), PlacedPhone("N", 70, 80)))
AN = PlacedWord((PlacedPhone("AE", 85, 90), PlacedPhone("N", 90, 99)))


def test_a_stop_that_has_swallowed_a_smack_begins_where_the_best_path_says() -> None:
    found = with_short_stops(np.array([[20.0, 79.5], [84.0, 99.0]]), [PIN, AN])
    np.testing.assert_array_equal(found, [[52.0, 79.5], [84.0, 99.0]])


def test_other_sounds_and_stops_of_usual_length_stay() -> None:
    edges = np.array([[47.3, 79.5], [81.2, 99.0]])
    np.testing.assert_array_equal(with_short_stops(edges, [PIN, AN]), edges)
    early = np.array([[47.3, 60.0], [61.0, 99.0]])
    np.testing.assert_array_equal(with_short_stops(early, [PIN, AN]), early)


def test_a_stop_behind_a_word_may_be_long() -> None:
    edges = np.array([[2.0, 30.0], [30.0, 80.0]])
    np.testing.assert_array_equal(with_short_stops(edges, [AN, PIN]), edges)
