"""The loops of the exact search, compiled: frame by frame over the edges of a graph, in the order of its states.

Every number is computed as one would by hand, nothing is fused or reordered, so paths and their scores do not depend
on the processor.

Legend: `T` frames, `S` states, `C` labels. Most states are reached from the one before them alone; those that have
other edges are *joints* (`J`), with `E` edges in all; those of joint `j` are ``starts[j]:starts[j + 1]``.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Index = NDArray[np.uint32]
"""Without a sign, or each index would be asked whether it counts from the end: a quarter of the time."""


@partial(compiled, allowed=())
def forward(
    scores: Float32,
    labels: Index,
    stays: Float64,
    nexts: Float64,
    joints: Index,
    starts: Index,
    sources: Index,
    costs: Float64,
    value: Float64,
    came: NDArray[np.int16],
    peak: Float64,
) -> None:
    """Carry the best partial paths from the first frame to the last.

    Parameters
    ----------
    scores : ndarray [shape=(T, C)]
    labels, stays, nexts : ndarray [shape=(S,)]
        Column of the scores that each state reads; log probability of staying in it, and of coming from the state
        before it.
    joints : ndarray [shape=(J,)]
    starts : ndarray [shape=(J + 1,)]
    sources, costs : ndarray [shape=(E,)]
    value : ndarray [shape=(2, S)]
        Row 0: log probability of each state in the first frame. Row ``(T - 1) % 2``, when this returns: in the last.
    came : ndarray [shape=(T, S)]
        Receives how the best path came to each state: 0 it stayed, 1 from the state before, n + 2 by the n-th edge of
        the joint; row 0 is left as it is.
    peak : ndarray [shape=(T,)]
        Receives the best of each frame, but for the first.
    """
    for frame in range(1, scores.shape[0]):
        before, here, by, row = value[(frame - 1) % 2], value[frame % 2], came[frame], scores[frame]
        here[0], by[0] = before[0] + stays[0], 0
        own, left, reached, ways = before[1:], before[:-1], here[1:], by[1:]
        own_cost, left_cost = stays[1:], nexts[1:]
        for state in range(reached.shape[0]):  # without branches, so that it runs in vectors
            stayed, moved = own[state] + own_cost[state], left[state] + left_cost[state]
            reached[state] = max(moved, stayed)
            ways[state] = moved > stayed
        for joint in range(joints.shape[0]):
            state = joints[joint]
            best, way = here[state], by[state]
            for edge in range(starts[joint], starts[joint + 1]):
                moved = before[sources[edge]] + costs[edge]
                if moved > best:
                    best, way = moved, edge - starts[joint] + 2
            here[state], by[state] = best, way
        highest = -np.inf
        for state in range(here.shape[0]):
            here[state] += row[labels[state]]
            highest = max(highest, here[state])
        peak[frame] = highest


@partial(compiled, allowed=())
def traced(
    came: NDArray[np.int16],
    stays: Float64,
    nexts: Float64,
    joint_of: Index,
    starts: Index,
    sources: Index,
    costs: Float64,
    begin: Float64,
    last: int,
) -> tuple[Int64, Float64]:
    """Follow a path back from its last state: the state of each frame [T], and what it cost to get there [T].

    ``joint_of`` [S] says which joint a state is; the rest is as in `forward`.
    """
    frames = came.shape[0]
    states, paid = np.empty(frames, np.int64), np.empty(frames, np.float64)
    state = last
    for frame in range(frames - 1, 0, -1):
        states[frame] = state
        by = came[frame, state]
        if by == 0:
            paid[frame] = stays[state]
        elif by == 1:
            paid[frame] = nexts[state]
            state -= 1
        else:
            edge = starts[joint_of[state]] + by - 2
            paid[frame] = costs[edge]
            state = sources[edge]
    states[0], paid[0] = state, begin[state]
    return states, paid


@partial(compiled, allowed=())
def chain_scores(
    scores: Float32, labels: Index, stay: Float64, step: Float64, skip: Float64, value: Float64, over: int
) -> None:
    """Carry the best paths through several chains of states from the first frame to the last.

    Parameters
    ----------
    scores : ndarray [shape=(T, C)]
    labels, stay : ndarray [shape=(O, S)]
        Of the states of each chain.
    step : ndarray [shape=(O, S - 1)]
        Log probability of coming from the state before.
    skip : ndarray [shape=(O, S - over)]
        Of coming from ``over`` states before.
    value : ndarray [shape=(O, S)]
        Log probability of each state in the first frame; when this returns, in the last.
    over : int
    """
    for chain in range(labels.shape[0]):
        here, own, stays, steps, skips = value[chain], labels[chain], stay[chain], step[chain], skip[chain]
        for frame in range(1, scores.shape[0]):
            row = scores[frame]
            for state in range(here.shape[0] - 1, -1, -1):  # backwards: those before are still of the last frame
                best = here[state] + stays[state]
                if state >= 1:
                    best = max(best, here[state - 1] + steps[state - 1])
                if state >= over:
                    best = max(best, here[state - over] + skips[state - over])
                here[state] = best + row[own[state]]


@partial(compiled, allowed=())
def loop_forward(
    scores: Float32,
    labels: Index,
    stay: Float64,
    leave: Float64,
    entry: Float64,
    ends: Int64,
    value: Float64,
    moved: NDArray[np.bool_],
    came: Int64,
) -> None:
    """Carry the best path through words in any order from the first frame to the last.

    Parameters
    ----------
    scores : ndarray [shape=(T, C)]
    labels, stay, leave : ndarray [shape=(S,)]
        Of the states of all words, one after the other; log probability of staying and of going on.
    entry : ndarray [shape=(W,)]
        Of beginning each word.
    ends : ndarray [shape=(W,)]
        Last state of each word.
    value : ndarray [shape=(S,)]
        Log probability of each state in the first frame; when this returns, in the last.
    moved : ndarray [shape=(T, S)]
        Receives whether the best path came from the state before (into the first state of a word: from the end of
        another); row 0 is left as it is.
    came : ndarray [shape=(T,)]
        Receives the word that ended best before each frame.
    """
    for frame in range(1, scores.shape[0]):
        row, by = scores[frame], moved[frame]
        best = 0
        for word in range(ends.shape[0]):
            if value[ends[word]] + leave[ends[word]] > value[ends[best]] + leave[ends[best]]:
                best = word
        came[frame] = best
        ended = value[ends[best]] + leave[ends[best]]
        for word in range(ends.shape[0] - 1, -1, -1):
            first = ends[word - 1] + 1 if word else 0
            for state in range(ends[word], first - 1, -1):
                entering = ended + entry[word] if state == first else value[state - 1] + leave[state - 1]
                staying = value[state] + stay[state]
                by[state] = entering > staying
                value[state] = max(entering, staying) + row[labels[state]]
