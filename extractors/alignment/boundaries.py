"""Where words begin and end, by all paths through their graph in place of the best one.

The best path is one of thousands that are nearly as good, and its boundaries are those that all its other sounds
happen to need. Here each boundary is the median of where it is on all of them, each path counting by its
probability: of all estimates the one with the least expected absolute error. A hidden Markov model takes the frames
of a sound for independent and is far too sure of itself, so its scores count by a part only (an acoustic scale:
Evermann and Woodland, "Posterior probability decoding, confidence estimation and system combination", 2000).
Only paths near the best one are counted, so that cost and memory grow with the sound, not with its square.
"""

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import FRAME_S
from extractors.alignment.viterbi import NEVER, StateArrays, StateGraph
from extractors.alignment.word_graph import NO_WORD, WordGraph

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int = NDArray[np.int64]
Index = NDArray[np.uint32]

NEAR_S = 0.6
"""Three times as far as boundaries of words that are said lie from those of the best path."""
LEAST_OVERLAP = 0.3
"""Share of a word on the best path that lies between its median boundaries if these are of the same sounds."""
HIDDEN_S = 0.05
"""By so much more than without noise do the last words of synthetic sentences, whose ends are exact, end behind what
is heard of them at 10 dB of white noise and of babble."""


def median_boundaries(graph: WordGraph, scores: Float, trust: float, best: Int) -> Float64 | None:
    """Return where each word begins and ends, in frames and parts of them.

    Parameters
    ----------
    graph : WordGraph
    scores : ndarray [shape=(T, C)]
        Log score of each label in each frame.
    trust : float
        How much of a score counts, 0 to 1.
    best : ndarray [shape=(T,)]
        The states of the best path. Others are in no word, and no pause, that it is further from than `NEAR_S`.

    Returns
    -------
    ndarray [shape=(L, 2)] or None
        Not decreasing; a boundary at ``t`` is as likely before the begin of frame ``t`` as behind it. None where no
        path is as long as the sound, or each is at some time thousands of nats behind others: the words are not said.
    """
    from extractors.alignment.posterior_kernels import part_shares  # numba takes a third of a second to import

    weighed = np.float32(trust) * scores
    parts = _parts(graph)
    count = 2 * int(graph.words.max()) + 3
    shares = part_shares(
        *_probabilities(graph.graph),
        np.asarray(graph.graph.labels, np.uint32),
        np.exp(weighed - weighed.max(axis=1, keepdims=True)),
        parts.astype(np.uint32),
        count,
        *_near(parts, best),
    )
    if not shares.any():
        return None
    reached = np.cumsum(shares[:, ::-1], axis=1)[:, ::-1]  # T P: that a frame is in this part or a later one
    edges = [_median(reached[:, part]) for part in range(1, count)]
    return np.asarray(edges, np.float64).reshape(-1, 2)


def with_words_elsewhere(edges: Float64, best: Float64) -> Float64:
    """Return the median boundaries, but the best path's of words that it puts elsewhere.

    Where a loud breath is nearly as good a place for a short word as its own, half of all paths may go through it.

    Parameters
    ----------
    edges, best : ndarray [shape=(L, 2)]
        By all paths, and by the best one.

    Returns
    -------
    ndarray [shape=(L, 2)]
        Not decreasing.
    """
    overlaps = np.minimum(edges[:, 1], best[:, 1]) - np.maximum(edges[:, 0], best[:, 0])
    elsewhere = overlaps < LEAST_OVERLAP * (best[:, 1] - best[:, 0])
    kept = np.where(elsewhere[:, None], best, edges)
    return np.asarray(np.maximum.accumulate(kept.ravel()).reshape(-1, 2))


def with_hidden_ends(edges: Float64, frames: int) -> Float64:
    """Let words before a pause end later by what noise hides of their decay, by half of the pause at most.

    Parameters
    ----------
    edges : ndarray [shape=(L, 2)]
    frames : int
        Of the sound.

    Returns
    -------
    ndarray [shape=(L, 2)]
    """
    pauses = np.append(edges[1:, 0], frames) - edges[:, 1]
    later = np.clip(pauses / 2, 0.0, HIDDEN_S / FRAME_S)
    return np.stack([edges[:, 0], edges[:, 1] + later], axis=1)


def _parts(graph: WordGraph) -> Int:
    """[S] 2 n + 1 for the states of word n, the even number before it for the pause that goes before it."""
    last = np.maximum.accumulate(graph.words)
    return np.asarray(2 * last + np.where(graph.words == NO_WORD, 2, 1))


def _near(parts: Int, best: Int) -> tuple[Index, Index]:
    """[T], [T] first state, and state behind the last, of the parts that the best path is in around each frame."""
    near = round(NEAR_S / FRAME_S)
    along = np.pad(parts[best], near, mode="edge")  # parts of states, and so of paths, never decrease
    low = np.searchsorted(parts, along[: -2 * near], side="left")
    high = np.searchsorted(parts, along[2 * near :], side="right")
    return low.astype(np.uint32), high.astype(np.uint32)


def _probabilities(graph: StateGraph | StateArrays) -> tuple[Float64, Float64, Float64, Index, Index, Float64]:
    """Return those of beginning in each state, staying and ending, and the sources of all states, one by one."""
    owners, sources, costs = graph.edges()
    begins, ends = np.full(len(graph), NEVER), np.full(len(graph), NEVER)
    first = sources < 0
    np.maximum.at(begins, owners[first], costs[first])
    for state, cost in graph.finals:
        ends[state] = max(ends[state], cost)
    starts = np.append(0, np.cumsum(np.bincount(owners[~first], minlength=len(graph))))
    rest = starts.astype(np.uint32), sources[~first].astype(np.uint32), np.exp(costs[~first])
    return np.exp(begins), np.exp(graph.stays), np.exp(ends), *rest


def _median(reached: Float64) -> float:
    """Return when a probability that never falls passes one half; it stands for the middle of its frame."""
    frame = int(np.searchsorted(reached, 0.5))
    if frame == 0 or frame == reached.size:
        return float(frame)
    low, high = reached[frame - 1], reached[frame]
    return frame - 0.5 + float((0.5 - low) / (high - low)) if high > low else float(frame)
