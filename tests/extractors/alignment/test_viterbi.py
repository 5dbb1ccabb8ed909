import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.alignment.viterbi import NEVER, StateGraph, best_path


def chain(length: int) -> StateGraph:
    graph = StateGraph()
    for state in range(length):
        graph.add(state, -0.5, [(state - 1, -1.0)])
    graph.finals = [(length - 1, 0.0)]
    return graph


def carved(path: list[int], labels: int, seed: int = 0) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(-10.0, 1.0, (len(path), labels)).astype(np.float32)
    scores[np.arange(len(path)), path] = 0.0
    return scores


def test_a_path_carved_into_noise_is_found() -> None:
    path = [0] * 5 + [1] * 2 + [2] * 9 + [3] * 1 + [4] * 6
    found = best_path(chain(5), carved(path, 5))
    assert found is not None
    assert found.states.tolist() == path
    assert found.lag == pytest.approx(0.0, abs=1.0)


def test_states_with_several_sources_take_the_best() -> None:
    graph = StateGraph()
    begin = graph.add(0, -0.1, [(-1, 0.0)])
    ways = [graph.add(label, -0.1, [(begin, -1.0)]) for label in (1, 2, 3)]
    end = graph.add(4, -0.1, [(way, -1.0) for way in ways])
    graph.finals = [(end, 0.0)]
    found = best_path(graph, carved([0, 0, 3, 3, 4], 5))
    assert found is not None
    assert found.states.tolist() == [begin, begin, ways[2], ways[2], end]


def test_too_few_frames_have_no_path() -> None:
    assert best_path(chain(4), np.zeros((3, 4), np.float32)) is None
    assert best_path(chain(4), np.zeros((0, 4), np.float32)) is None


def test_the_lag_is_the_beam_that_the_path_needs() -> None:
    graph = StateGraph()
    tempting = graph.add(0, 0.0, [(-1, 0.0)])
    right = graph.add(1, 0.0, [(-1, 0.0)])
    graph.finals = [(right, 0.0)]
    scores = np.array([[0.0, -7.0], [0.0, 0.0]], np.float32)
    found = best_path(graph, scores)
    assert found is not None
    assert found.states.tolist() == [right, right]
    assert found.lag == pytest.approx(7.0)
    assert tempting not in found.states


def test_an_edge_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="state 0 can only be reached from states before it"):
        StateGraph().add(0, 0.0, [(0, 0.0)])


@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_no_path_is_better_than_the_one_returned(states: int, frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = StateGraph()
    for state in range(states):
        sources = [(source, float(rng.normal())) for source in range(-1, state) if source < 0 or rng.random() < 0.8]
        graph.add(int(rng.integers(0, 3)), float(rng.normal()), sources)
    graph.finals = [(states - 1, float(rng.normal()))]
    scores = rng.normal(0.0, 2.0, (frames, 3)).astype(np.float32)
    best = max(worth(graph, scores, path) for path in itertools.product(range(states), repeat=frames))
    found = best_path(graph, scores)
    if found is None:
        assert best <= NEVER / 2
    else:
        assert found.score == pytest.approx(best, abs=1e-4)
        assert worth(graph, scores, tuple(found.states.tolist())) == pytest.approx(best, abs=1e-4)


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 10_000))
@settings(deadline=None, max_examples=60)
def test_graphs_of_any_shape_are_searched_as_one_state_at_a_time_would(states: int, frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = StateGraph()
    for state in range(states):
        width = int(rng.integers(0, 4))  # most states of words come after one other, joints after many
        sources = {state - 1, *rng.integers(-1, state, width).tolist()} if rng.random() < 0.8 else {-1}
        graph.add(
            int(rng.integers(-1, 5)), float(rng.normal()), [(source, float(rng.normal())) for source in sources]
        )
    graph.finals = [(states - 1, 0.0)]
    scores = rng.normal(0.0, 3.0, (frames, 6)).astype(np.float32)
    found, best = best_path(graph, scores), best_by_hand(graph, scores)
    if found is None:
        assert best <= NEVER / 2
        return
    assert found.score == pytest.approx(best, abs=1e-6)
    assert worth(graph, scores, tuple(found.states.tolist())) == pytest.approx(found.score, abs=1e-4)


def best_by_hand(graph: StateGraph, scores: np.ndarray) -> float:
    value = [dict(edges).get(-1, NEVER) for edges in graph.sources]
    value = [each + float(scores[0, label]) for each, label in zip(value, graph.labels, strict=True)]
    for frame in range(1, len(scores)):
        value = [
            max(
                value[state] + graph.stays[state],
                *(value[source] + cost for source, cost in edges if source >= 0),
                NEVER,
            )
            + float(scores[frame, graph.labels[state]])
            for state, edges in enumerate(graph.sources)
        ]
    return max(value[state] + cost for state, cost in graph.finals)


def worth(graph: StateGraph, scores: np.ndarray, path: tuple[int, ...]) -> float:
    total = dict(graph.finals).get(path[-1], NEVER)
    for frame, state in enumerate(path):
        before = path[frame - 1] if frame else -1
        total += dict(graph.sources[state]).get(before, NEVER) if before != state else graph.stays[state]
        total += float(scores[frame, graph.labels[state]])
    return float(total)
