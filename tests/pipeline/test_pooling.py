"""Frames become rows: checked against a second, naive implementation and by construction."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pooling import PoolingConfig, pool, pooled_names, pooling_words, with_pauses
from pipeline.timegrid import cells
from pipeline.track import FeatureTrack, empty_track
from pipeline.words import Word


def word(start_s: float, end_s: float, text: str = "w") -> Word:
    return Word(text, start_s, end_s, 1.0, "strict")


def track(times_s: list[float], values: list[list[float]], valid: list[list[bool]] | None = None) -> FeatureTrack:
    known = np.ones_like(np.array(values), bool) if valid is None else np.array(valid)
    held = np.where(known, np.array(values, np.float32), 0).astype(np.float32)
    names = tuple(f"c{i}" for i in range(held.shape[1]))
    return FeatureTrack(held, np.array(times_s, float), known, names)


def brute_force(track: FeatureTrack, word: Word, column: int, config: PoolingConfig) -> float | None:
    """The rule of the module docstring, frame by frame."""
    starts_s, ends_s = cells(track.times_s, config.reach_s)
    present = [i for i in range(len(track.times_s)) if track.valid[i].any()]
    overlap = {i: min(ends_s[i], word.end_s) - max(starts_s[i], word.start_s) for i in present}
    covering = {i: w for i, w in overlap.items() if w > 0}
    if not covering:
        distance = {i: max(word.start_s - track.times_s[i], track.times_s[i] - word.end_s, 0.0) for i in present}
        near = [i for i in present if distance[i] <= config.nearest_s]
        covering = {min(near, key=lambda i: distance[i]): 1.0} if near else {}
    known = {i: w for i, w in covering.items() if track.valid[i, column]}
    if not known:
        return None
    return sum(w * float(track.values[i, column]) for i, w in known.items()) / sum(known.values())


def test_a_word_takes_the_mean_weighted_by_how_long_each_frame_overlaps_it():
    # cells: [-.5, .5), [.5, 1.5), [1.5, 2.5); the word covers .25 s of the first and .75 s of the second
    pooled = pool(track([0, 1, 2], [[4.0], [8.0], [100.0]]), [word(0.25, 1.25)])
    assert pooled.values[0, 0] == pytest.approx((0.25 * 4 + 0.75 * 8) / 1.0)


def test_frames_that_are_not_valid_weigh_nothing():
    pooled = pool(track([0, 1], [[4.0], [8.0]], [[False], [True]]), [word(0.0, 1.2)])
    assert pooled.values[0, 0] == 8.0


def test_a_column_unknown_in_every_covered_frame_stays_missing_although_the_row_is_present():
    pooled = pool(track([0.0, 0.1], [[1.0, 5.0], [1.0, 5.0]], [[True, False], [True, False]]), [word(0, 0.1)])
    assert pooled.mask[0] and not pooled.valid[0, 1] and pooled.values[0, 1] == 0.0


def test_the_nearest_frame_serves_a_word_that_covers_none_but_only_within_reach():
    frames = track([0.0, 0.04], [[1.0], [3.0]])
    config = PoolingConfig(nearest_s=0.1)
    pooled = pool(frames, [word(0.10, 0.11), word(0.5, 0.6)], config)
    assert pooled.values[0, 0] == 3.0
    assert not pooled.mask[1]


def test_a_hole_in_the_stream_stays_a_hole():
    frames = track([0.0, 10.0], [[1.0], [3.0]])
    assert not pool(frames, [word(4.0, 5.0)]).mask[0]


def test_a_modality_without_frames_is_missing_in_every_row():
    pooled = pool(empty_track(("a", "b")), [word(0, 1), word(1, 2)])
    assert pooled.values.shape == (2, 2) and not pooled.valid.any()


def test_functionals_follow_their_definitions():
    config = PoolingConfig(
        functionals={"std": ("c0",), "slope": ("c0",), "p10": ("c*",), "p90": ("c0",), "coverage": ("c0",)}
    )
    frames = track([0.5, 1.5, 2.5, 3.5], [[0.0], [2.0], [4.0], [6.0]])
    pooled = pool(frames, [word(0, 4)], config)
    row = dict(zip(pooled.names, pooled.values[0].tolist(), strict=True))
    assert pooled.names == pooled_names(("c0",), config)
    assert row["c0"] == 3.0
    assert row["c0:slope"] == pytest.approx(2.0)
    assert row["c0:std"] == pytest.approx(np.std([0, 2, 4, 6]))
    assert (row["c0:p10"], row["c0:p90"]) == (0.0, 6.0)
    assert row["c0:coverage"] == pytest.approx(1.0)


@st.composite
def tracks_and_words(draw):
    count = draw(st.integers(1, 12))
    gaps = draw(st.lists(st.floats(0.01, 0.8), min_size=count, max_size=count))
    times_s = np.cumsum(gaps)
    values = draw(
        st.lists(st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=2), min_size=count, max_size=count)
    )
    valid = draw(st.lists(st.lists(st.booleans(), min_size=2, max_size=2), min_size=count, max_size=count))
    bounds = sorted(draw(st.lists(st.floats(0, 8), min_size=2, max_size=8)))
    words = [word(a, b) for a, b in pairwise(bounds)]
    return track(times_s.tolist(), values, valid), words


@given(tracks_and_words())
@settings(max_examples=80, deadline=None)
def test_every_pooled_value_equals_the_naive_rule(case):
    frames, words = case
    config = PoolingConfig()
    pooled = pool(frames, words, config)
    for row, each in enumerate(words):
        for column in range(2):
            expected = brute_force(frames, each, column, config)
            assert pooled.valid[row, column] == (expected is not None)
            assert pooled.values[row, column] == pytest.approx(expected or 0.0, abs=1e-5)


@given(tracks_and_words(), st.floats(0, 100))
@settings(max_examples=40, deadline=None)
def test_shifting_time_changes_nothing_but_rounding(case, by_s):
    frames, words = case
    moved = FeatureTrack(frames.values, frames.times_s + by_s, frames.valid, frames.names)
    shifted = [word(each.start_s + by_s, each.end_s + by_s) for each in words]
    weights = [w for w in words if w.end_s - w.start_s > 1e-6]
    if len(weights) != len(words):
        return
    a, b = pool(frames, words, PoolingConfig(nearest_s=0)), pool(moved, shifted, PoolingConfig(nearest_s=0))
    same = a.valid & b.valid
    assert (a.valid == b.valid).mean() > 0.9  # a frame may touch a word by one rounding error
    np.testing.assert_allclose(a.values[same], b.values[same], atol=1e-3)


def test_each_moment_of_a_frame_is_given_to_one_word_only():
    frames = track([0.0, 1.0, 2.0], [[1.0], [1.0], [1.0]])
    words = [word(0.0, 0.7), word(0.7, 1.1), word(1.1, 2.4)]
    starts_s, ends_s = cells(frames.times_s, 0.5)
    for start_s, end_s in zip(starts_s, ends_s, strict=True):
        used = sum(max(0.0, min(end_s, w.end_s) - max(start_s, w.start_s)) for w in words)
        assert used <= end_s - start_s + 1e-12


def test_pauses_get_rows_only_when_asked_and_only_when_long_enough():
    words = [word(0.5, 1.0), word(1.1, 1.5)]
    assert with_pauses(words, 3.0, PoolingConfig()) == tuple(words)
    rows = with_pauses(words, 3.0, PoolingConfig(pauses="row", min_pause_s=0.25))
    assert [(r.rung, r.start_s, r.end_s) for r in rows] == [
        ("pause", 0.0, 0.5), ("strict", 0.5, 1.0), ("strict", 1.1, 1.5), ("pause", 1.5, 3.0),
    ]  # fmt: skip


def test_attached_pauses_lengthen_what_is_pooled_and_not_the_words():
    words = [word(0.5, 1.0), word(1.1, 1.5)]
    over = pooling_words(words, 3.0, PoolingConfig(pauses="attach", min_pause_s=0.25))
    assert [(w.start_s, w.end_s) for w in over] == [(0.5, 1.0), (1.1, 3.0)]
    assert words[1].end_s == 1.5
