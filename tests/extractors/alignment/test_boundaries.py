"""Boundaries by all paths, against sums over every path, and against the best path where no other counts."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.boundaries import (
    HIDDEN_S,
    NEAR_S,
    median_boundaries,
    with_hidden_ends,
    with_words_elsewhere,
)
from extractors.alignment.viterbi import StateGraph, best_path
from extractors.alignment.word_graph import NO_WORD, WordGraph, word_graph

Float64 = NDArray[np.float64]


@cache
def graph_of_two_words() -> WordGraph:
    model = SphinxModel.load()
    return word_graph(model, [[("DH", "AH")], [("K", "AE", "T"), ("K", "AE")]])


def chain(words: list[int], stay: float) -> WordGraph:
    """One state each, of these words (-1: a pause), one after the other."""
    graph = StateGraph()
    for number in range(len(words)):
        graph.add(number, np.log(stay), [(number - 1, np.log(1.0 - stay) if number else 0.0)])
    graph.finals = [(len(words) - 1, 0.0)]
    states, zeros = np.arange(len(words)), np.zeros(len(words), np.int64)
    return WordGraph(graph, states, np.asarray(words) < 0, np.asarray(words), zeros, zeros, zeros)


def boundaries(graph: WordGraph, scores: NDArray[np.float32], trust: float) -> Float64 | None:
    best = best_path(graph.graph, scores)
    assert best is not None
    return median_boundaries(graph, scores, trust, best.states)


def by_hand(graph: WordGraph, scores: Float64, trust: float, state: int) -> Float64:
    """[T] how probable it is that a frame is in this state of a chain or a later one: a sum over all paths."""
    frames, states = scores.shape
    reached, total = np.zeros(frames), 0.0
    for cuts in combinations(range(1, frames), states - 1):
        path = np.searchsorted(cuts, np.arange(frames), side="right")
        edges = sum(graph.graph.stays[here] for here in path) - sum(graph.graph.stays[here] for here in range(states))
        edges += sum(graph.graph.sources[here][0][1] for here in range(1, states))
        weight = np.exp(edges + trust * scores[np.arange(frames), path].sum())
        total += weight
        reached += weight * (path >= state)
    return reached / total


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.5, 1.0]))
def test_each_boundary_is_the_median_over_every_path(seed: int, trust: float) -> None:
    graph = chain([NO_WORD, 0, 1, NO_WORD], 0.7)
    scores = np.random.default_rng(seed).normal(0.0, 3.0, (9, 4)).astype(np.float32)
    found = boundaries(graph, scores, trust)
    assert found is not None
    for state, edge in ((1, found[0, 0]), (2, found[0, 1]), (2, found[1, 0]), (3, found[1, 1])):
        reached = by_hand(graph, scores.astype(np.float64), trust, state)
        assert np.interp(edge - 0.5, np.arange(9), reached) == pytest.approx(0.5, abs=1e-4)


def test_where_one_path_explains_all_it_says_where_words_are() -> None:
    graph = graph_of_two_words()
    rng = np.random.default_rng(3)
    scores = rng.normal(0.0, 1.0, (60, graph.senones.size)).astype(np.float32)
    best = best_path(graph.graph, scores)
    assert best is not None
    scores[np.arange(60), np.asarray(graph.graph.labels)[best.states]] += 400.0
    best = best_path(graph.graph, scores)
    assert best is not None
    found = boundaries(graph, scores, 1.0)
    assert found is not None
    for word in (0, 1):
        here = np.flatnonzero(graph.words[best.states] == word)
        np.testing.assert_allclose(found[word], [here[0], here[-1] + 1], atol=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(20, 80))
def test_boundaries_are_in_order_and_inside_the_sound(seed: int, frames: int) -> None:
    graph = graph_of_two_words()
    scores = np.random.default_rng(seed).normal(-50.0, 30.0, (frames, graph.senones.size)).astype(np.float32)
    found = boundaries(graph, scores, 0.25)
    assert found is not None
    assert (np.diff(found.ravel()) >= 0.0).all()
    assert found.min() >= 0.0 and found.max() <= frames


def test_boundaries_do_not_depend_on_what_all_labels_score() -> None:
    graph = graph_of_two_words()
    rng = np.random.default_rng(5)
    scores = rng.normal(0.0, 10.0, (40, graph.senones.size)).astype(np.float32)
    one, other = (boundaries(graph, scores + level, 0.25) for level in (0.0, -500.0))
    assert one is not None and other is not None
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_no_boundaries_where_no_path_is_long_enough_or_all_are_hopeless() -> None:
    some_path = np.zeros(2, np.int64)
    assert median_boundaries(chain([0, 1, 2], 0.5), np.zeros((2, 3), np.float32), 1.0, some_path) is None
    hopeless = np.zeros((60, 2), np.float32)
    hopeless[:30, 0], hopeless[30:, 1] = -200.0, -200.0
    assert boundaries(chain([0, 1], 0.5), hopeless, 1.0) is None


def test_only_paths_near_the_best_one_count() -> None:
    graph = chain([NO_WORD, 0, 1, NO_WORD], 0.99)
    scores = np.zeros((400, 4), np.float32)  # any path is as good as any other
    best = np.repeat([0, 1, 2, 3], [300, 20, 20, 60])
    found = median_boundaries(graph, scores, 1.0, best)
    assert found is not None
    cuts = np.array([300, 320, 340])
    assert (np.abs(found.ravel()[[0, 1, 3]] - cuts) < NEAR_S * 100).all()
    assert found[0, 0] < 300.0  # and not only the best one


def test_the_hidden_end_of_a_word_takes_half_a_pause_at_most() -> None:
    edges = np.array([[10.0, 30.0], [30.0, 50.0], [54.0, 70.0], [90.0, 100.0]])
    found = with_hidden_ends(edges, 101)
    np.testing.assert_array_equal(found[:, 0], edges[:, 0])
    np.testing.assert_allclose(found[:, 1], [30.0, 52.0, 70.0 + HIDDEN_S * 100.0, 100.5])


def test_a_word_that_the_best_path_puts_elsewhere_is_there_and_others_make_room() -> None:
    best = np.array([[50.0, 60.0], [60.0, 80.0], [80.0, 90.0]])
    near = np.array([[45.0, 58.5], [58.5, 81.0], [81.0, 90.0]])
    np.testing.assert_array_equal(with_words_elsewhere(near, best), near)
    breath = np.array([[10.0, 20.0], [58.5, 81.0], [81.0, 90.0]])
    np.testing.assert_array_equal(with_words_elsewhere(breath, best), [[50.0, 60.0], [60.0, 81.0], [81.0, 90.0]])
