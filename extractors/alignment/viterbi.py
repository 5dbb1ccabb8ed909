"""The best path through a graph of states: exact, without beams, over any graph that runs from left to right.

One search serves the hidden Markov models of words and the labels and blanks of CTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int = NDArray[np.int64]

NEVER = -1e30
"""Logarithm that stands for a probability of 0: adding to it stays finite."""


@dataclass(slots=True)
class StateGraph:
    """States in an order in which every edge runs forwards, made by `add` while it is built."""

    labels: list[int] = field(default_factory=list)
    """Column of the score matrix that each state reads."""
    stays: list[float] = field(default_factory=list)
    """Log probability of staying for another frame."""
    sources: list[tuple[tuple[int, float], ...]] = field(default_factory=list)
    """States that lead to each state with their log probabilities; state -1 is the beginning."""
    finals: list[tuple[int, float]] = field(default_factory=list)
    """States where a path may end, with the log probability of ending there."""

    def add(self, label: int, stay: float, sources: Sequence[tuple[int, float]]) -> int:
        """Append a state; return its number."""
        number = len(self.labels)
        if any(source >= number for source, _ in sources):
            raise ValueError(f"state {number} can only be reached from states before it, got {list(sources)}")
        self.labels.append(label)
        self.stays.append(stay)
        self.sources.append(tuple(sources))
        return number

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The best path through a graph."""

    states: Int
    """[shape=(T,)] the state of each frame."""
    score: float
    """Log probability of the path, scores of its frames included."""
    lag: float
    """How far, at worst, the path was behind the best partial path of its time: the beam that it needs, in nats."""


def best_path(graph: StateGraph, scores: NDArray[np.float32]) -> Path | None:
    """Return the path that has the highest score; None if there are fewer frames than a path needs.

    Parameters
    ----------
    graph : StateGraph
    scores : ndarray [shape=(T, C)]
        Log score of each label in each frame.
    """
    frames, size = len(scores), len(graph)
    if frames == 0 or size == 0:
        return None
    edges = _edges(graph)
    labels = np.asarray(graph.labels)
    value = np.append(edges.begin + scores[0, labels], NEVER)  # the last one stands for "no state"
    came = np.zeros((frames, size), np.int16)  # 0: stayed, n: from the n-th source
    peak = np.empty(frames)
    peak[0] = value.max()
    rows = np.arange(edges.heads.size)
    for frame in range(1, frames):
        fresh = value[edges.first] + edges.first_cost
        stayed = (value + edges.stay)[:-1]
        moved = fresh > stayed
        np.maximum(fresh, stayed, out=fresh)
        came[frame] = moved
        if rows.size:
            options = value[edges.others] + edges.others_cost
            choice = options.argmax(axis=1)
            better = options[rows, choice] > fresh[edges.heads]
            chosen = edges.heads[better]
            fresh[chosen] = options[rows, choice][better]
            came[frame, chosen] = choice[better] + 2
        value[:-1] = fresh + scores[frame, labels]
        peak[frame] = value.max()
    ends = [(value[state] + cost, state) for state, cost in graph.finals]
    score, last = max(ends, default=(NEVER, 0))
    if score < NEVER / 2:
        return None
    states, costs = _traced(graph, edges, came, last)
    partial = np.cumsum(costs + scores[np.arange(frames), labels[states]].astype(np.float64))
    return Path(states, float(score), float(np.max(peak - partial)))


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Edges as arrays: most states have one source beside themselves, a few (the heads) have more."""

    begin: Float64
    """[shape=(S,)]"""
    stay: Float64
    """[shape=(S + 1,)]"""
    first: Int
    """[shape=(S,)] S where there is none."""
    first_cost: Float64
    heads: Int
    """[shape=(H,)]"""
    others: Int
    """[shape=(H, X)]"""
    others_cost: Float64


def _edges(graph: StateGraph) -> _Edges:
    size = len(graph)
    first, first_cost = np.full(size, size, np.int64), np.full(size, NEVER)
    begin = np.full(size, NEVER)
    further: dict[int, list[tuple[int, float]]] = {}
    for state, sources in enumerate(graph.sources):
        for source, cost in sources:
            if source < 0:
                begin[state] = max(begin[state], cost)
            elif first[state] == size:
                first[state], first_cost[state] = source, cost
            else:
                further.setdefault(state, []).append((source, cost))
    widest = max((len(rest) for rest in further.values()), default=0)
    others, others_cost = np.full((len(further), widest), size, np.int64), np.full((len(further), widest), NEVER)
    for row, rest in enumerate(further.values()):
        for column, (source, cost) in enumerate(rest):
            others[row, column], others_cost[row, column] = source, cost
    heads = np.asarray(list(further), np.int64)
    return _Edges(begin, np.append(np.asarray(graph.stays), 0.0), first, first_cost, heads, others, others_cost)


def _traced(graph: StateGraph, edges: _Edges, came: NDArray[np.int16], state: int) -> tuple[Int, Float64]:
    """Follow the path back from its last state; return the state of each frame and what it cost to get there."""
    states, costs = np.empty(len(came), np.int64), np.empty(len(came))
    row_of = {int(head): row for row, head in enumerate(edges.heads)}
    for frame in range(len(came) - 1, -1, -1):
        states[frame] = state
        source = int(came[frame, state])
        if frame == 0:
            costs[frame] = edges.begin[state]
        elif source == 0:
            costs[frame] = graph.stays[state]
        elif source == 1:
            costs[frame], state = edges.first_cost[state], int(edges.first[state])
        else:
            row = row_of[state]
            costs[frame], state = edges.others_cost[row, source - 2], int(edges.others[row, source - 2])
    return states, costs
