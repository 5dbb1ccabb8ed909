"""What is scored lies where the times say, and the colour stands in the label only."""

from dataclasses import replace

import numpy as np

from extractors.extraction import Extractor
from pipeline.track import FeatureTrack
from tests.benchmarks.grid import GridClip
from tests.benchmarks.grid_task import PARTS
from tests.benchmarks.word_score import _Timed, _under
from tests.benchmarks.word_worth import in_order, jittered
from tests.dmd.synthetic import make_clip


def test_the_rows_are_parts_of_the_colour_under_the_times_that_are_asked_for():
    times_s = np.arange(300) / 100 + 0.005
    track = FeatureTrack(times_s[:, None].astype(np.float32), times_s, np.ones((300, 1), bool), ("time",))
    words = ("bin", "blue", "at", "f", "two", "now")
    truth_s = np.stack([np.arange(6) * 0.4, np.arange(6) * 0.4 + 0.4], axis=1)
    clip = GridClip("bbaf2n", np.zeros(48_000, np.float32), words, truth_s)
    found = replace(make_clip(0), native={"audio": track, "face": track}, duration_s=3.0)
    under = _under(_Timed(clip, found, truth_s), truth_s + 0.2, Extractor())
    middles_s = 0.6 + 0.1 * (np.arange(PARTS) + 0.5)
    np.testing.assert_allclose(under.audio.values[:, 0], middles_s, atol=5e-3)
    assert under.info.label == "blue"
    assert not under.pieces.ids.size and {word.text for word in under.words} == {""}


def test_jitter_moves_every_boundary_by_as_much_and_keeps_words_long_enough():
    times_s = np.stack([np.arange(6) * 0.4, np.arange(6) * 0.4 + 0.4], axis=1)
    moved = jittered(times_s, 60.0, np.random.default_rng(0))
    np.testing.assert_allclose(np.abs(moved - times_s), 0.06)
    kept = in_order(moved)
    assert (kept >= 0.0).all() and (kept[:, 1] - kept[:, 0] >= 0.04 - 1e-9).all()
