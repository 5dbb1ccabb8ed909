"""How likely each part of a graph of states is in each frame, over all paths near a given one: compiled.

The forward-backward algorithm (Baum et al., 1970), scaled in each frame. What is less likely than any number tells,
`FAINTEST` of the best of its time, is left out.

Legend: `S` states, `T` frames, `C` labels, `P` parts. In frame `t` paths may be in states ``low[t]:high[t]``.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Index = NDArray[np.uint32]
"""Without a sign, or each index would be asked whether it counts from the end."""

FAINTEST = 1e-280


@partial(compiled, allowed=())
def _forward(
    begins: Float64,
    stays: Float64,
    edges: Index,
    sources: Index,
    leaves: Float64,
    labels: Index,
    sounds: Float32,
    low: Index,
    high: Index,
) -> Float64:
    """[T, S] likelihood of all that leads to a state at a time, relative to the best state of its time."""
    found = np.zeros((sounds.shape[0], stays.size))  # takes memory only where something is written
    for frame in range(sounds.shape[0]):
        here, before, sound = found[frame], found[frame - 1], sounds[frame]
        peak = 0.0
        for state in range(low[frame], high[frame]):
            if frame == 0:
                value = begins[state]
            else:
                value = before[state] * stays[state]
                for edge in range(edges[state], edges[state + 1]):
                    value += before[sources[edge]] * leaves[edge]
            value *= sound[labels[state]]
            here[state] = value
            peak = max(peak, value)
        if peak == 0.0:
            return found
        for state in range(low[frame], high[frame]):
            value = here[state] / peak
            here[state] = value if value > FAINTEST else 0.0
    return found


@partial(compiled, allowed=())
def part_shares(
    begins: Float64,
    stays: Float64,
    ends: Float64,
    edges: Index,
    sources: Index,
    leaves: Float64,
    labels: Index,
    sounds: Float32,
    parts: Index,
    count: int,
    low: Index,
    high: Index,
) -> Float64:
    """Return the probability of each part in each frame; all 0 if every path is shorter than the sound or too faint.

    Parameters
    ----------
    begins, stays, ends : ndarray [shape=(S,)]
        Probability of beginning in a state, staying in it, ending behind it.
    edges : ndarray [shape=(S + 1,)]
        Where the sources of each state begin among all of them.
    sources, leaves : ndarray [shape=(E,)]
        States with an edge to it, all before it, and the probability of each edge.
    labels : ndarray [shape=(S,)]
    sounds : ndarray [shape=(T, C)]
        Likelihood of each label, up to a factor a frame.
    parts : ndarray [shape=(S,)]
        What a state is part of, below ``count``.
    low, high : ndarray [shape=(T,)]
        Not decreasing.

    Returns
    -------
    ndarray [shape=(T, P)]
    """
    frames = sounds.shape[0]
    forward = _forward(begins, stays, edges, sources, leaves, labels, sounds, low, high)
    shares = np.zeros((frames, count))
    after = np.zeros(stays.size)
    after[low[frames - 1] : high[frames - 1]] = ends[low[frames - 1] : high[frames - 1]]
    for frame in range(frames - 1, -1, -1):
        here, share, sound = forward[frame], shares[frame], sounds[frame]
        first, last = low[frame], high[frame]
        total = 0.0
        for state in range(first, last):
            total += here[state] * after[state]
        if not total > 0.0:
            shares[:] = 0.0
            return shares
        for state in range(first, last):
            after[state] = after[state] / total if here[state] > 0.0 else 0.0
            share[parts[state]] += here[state] * after[state]
            after[state] *= sound[labels[state]]
        # Edges run forwards: in this order each state is read before those that follow it write to it. What lies
        # below the states of the frame before is left at 0; what lies above is never read again.
        lowest = low[frame - 1] if frame else first
        for state in range(first, last):
            value = after[state]
            after[state] = value * stays[state]
            if value > 0.0:
                for edge in range(edges[state], edges[state + 1]):
                    if sources[edge] >= lowest:
                        after[sources[edge]] += value * leaves[edge]
    return shares
