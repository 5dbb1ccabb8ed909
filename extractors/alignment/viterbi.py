"""The best path through a graph of states: exact, without beams, over any graph that runs from left to right.

One search serves the hidden Markov models of words and the labels and blanks of CTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int = NDArray[np.int64]
Index = NDArray[np.uint32]

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
        if sources and max(sources)[0] >= number:
            raise ValueError(f"state {number} can only be reached from states before it, got {list(sources)}")
        self.labels.append(label)
        self.stays.append(stay)
        self.sources.append(tuple(sources))
        return number

    def add_source(self, state: int, source: int, cost: float) -> None:
        """Let a state also be reached from one behind it: `best_path` alone follows such a graph."""
        self.sources[state] = (*self.sources[state], (source, cost))

    def __len__(self) -> int:
        return len(self.labels)

    def edges(self) -> tuple[Int, Int, Float64]:
        """Return state, source (-1: the beginning) and log probability of every edge, in the order of the states."""
        owners = np.repeat(np.arange(len(self)), np.fromiter(map(len, self.sources), np.int64, len(self)))
        flat = np.asarray([edge for edges in self.sources for edge in edges], np.float64).reshape(-1, 2)
        return owners, flat[:, 0].astype(np.int64), flat[:, 1]


@dataclass(frozen=True, slots=True, eq=False)
class StateArrays:
    """A graph that is made all at once; E edges, in the order of the states that they lead to."""

    labels: Int
    """[shape=(S,)]"""
    stays: Float64
    """[shape=(S,)]"""
    owners: Int
    """[shape=(E,)] the state that each edge leads to."""
    sources: Int
    """[shape=(E,)] -1: the beginning."""
    costs: Float64
    """[shape=(E,)] log probabilities."""
    finals: list[tuple[int, float]]

    def __len__(self) -> int:
        return self.labels.size

    def edges(self) -> tuple[Int, Int, Float64]:
        """Return state, source and log probability of every edge."""
        return self.owners, self.sources, self.costs


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The best path through a graph."""

    states: Int
    """[shape=(T,)] the state of each frame."""
    score: float
    """Log probability of the path, scores of its frames included."""
    lag: float
    """How far, at worst, the path was behind the best partial path of its time: the beam that it needs, in nats."""


def best_path(graph: StateGraph | StateArrays, scores: NDArray[np.float32]) -> Path | None:
    """Return the path that has the highest score; None if there are fewer frames than a path needs.

    Parameters
    ----------
    graph : StateGraph or StateArrays
    scores : ndarray [shape=(T, C)]
        Log score of each label in each frame.
    """
    from extractors.alignment import search_kernels  # numba takes a third of a second to import

    frames, size = len(scores), len(graph)
    if frames == 0 or size == 0:
        return None
    edges = _edges(graph)
    labels = (np.asarray(graph.labels) % scores.shape[1]).astype(np.uint32)  # a label of -1 is the last column
    value = np.empty((2, size))
    value[0] = edges.begin + scores[0, labels]
    came = np.zeros((frames, size), np.int16)
    peak = np.empty(frames)
    peak[0] = value[0].max()
    joints = (edges.starts, edges.sources, edges.costs)
    frame_scores = np.ascontiguousarray(scores)
    search_kernels.forward(frame_scores, labels, edges.stays, edges.nexts, edges.joints, *joints, value, came, peak)
    ends = [(value[(frames - 1) % 2, state] + cost, state) for state, cost in graph.finals]
    score, last = max(ends, default=(NEVER, 0))
    if score < NEVER / 2:
        return None
    joint_of = np.zeros(size, np.uint32)
    joint_of[edges.joints] = np.arange(edges.joints.size)
    states, costs = search_kernels.traced(came, edges.stays, edges.nexts, joint_of, *joints, edges.begin, last)
    partial = np.cumsum(costs + scores[np.arange(frames), labels[states]].astype(np.float64))
    return Path(states, float(score), float(np.max(peak - partial)))


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Edges as arrays, as `extractors.alignment.search_kernels` names them."""

    begin: Float64
    """[shape=(S,)] log probability of beginning in a state."""
    stays: Float64
    """[shape=(S,)]"""
    nexts: Float64
    """[shape=(S,)] of coming from the state before, where that is the first edge."""
    joints: Index
    """[shape=(J,)]"""
    starts: Index
    """[shape=(J + 1,)]"""
    sources: Index
    """[shape=(E,)]"""
    costs: Float64
    """[shape=(E,)]"""


def _edges(graph: StateGraph | StateArrays) -> _Edges:
    size = len(graph)
    owners, sources, costs = graph.edges()
    begins = sources < 0
    begin, nexts = np.full(size, NEVER), np.full(size, NEVER)
    np.maximum.at(begin, owners[begins], costs[begins])
    owners, sources, costs = owners[~begins], sources[~begins], costs[~begins]
    foremost = np.append(True, owners[1:] != owners[:-1])[: owners.size]
    chained = foremost & (sources == owners - 1)
    nexts[owners[chained]] = costs[chained]
    joints, counts = np.unique(owners[~chained], return_counts=True)
    starts = np.append(0, np.cumsum(counts)).astype(np.uint32)
    stays = np.asarray(graph.stays, np.float64)
    rest = sources[~chained].astype(np.uint32), costs[~chained].copy()
    return _Edges(begin, stays, nexts, joints.astype(np.uint32), starts, *rest)
