"""How likely each part of a graph of states is in each frame, over all its paths: compiled.

The forward-backward algorithm (Baum et al., 1970), scaled in each frame. What is less likely than any number tells,
`FAINTEST` of the best of its time, is left out.

Legend: `S` states, `T` frames, `C` labels, `P` parts.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int = NDArray[np.int64]

FAINTEST = 1e-280


@partial(compiled, allowed=())
def _forward(
    begins: Float64, stays: Float64, edges: Int, sources: Int, leaves: Float64, labels: Int, sounds: Float32
) -> Float64:
    """[T, S] likelihood of all that leads to a state at a time, relative to the best state of its time."""
    frames, size = sounds.shape[0], stays.size
    found = np.zeros((frames, size))
    for frame in range(frames):
        peak = 0.0
        for state in range(size):
            if frame == 0:
                value = begins[state]
            else:
                value = found[frame - 1, state] * stays[state]
                for edge in range(edges[state], edges[state + 1]):
                    value += found[frame - 1, sources[edge]] * leaves[edge]
            value *= sounds[frame, labels[state]]
            found[frame, state] = value
            peak = max(peak, value)
        if peak == 0.0:
            return found
        for state in range(size):
            value = found[frame, state] / peak
            found[frame, state] = value if value > FAINTEST else 0.0
    return found


@partial(compiled, allowed=())
def part_shares(
    begins: Float64,
    stays: Float64,
    ends: Float64,
    edges: Int,
    sources: Int,
    leaves: Float64,
    labels: Int,
    sounds: Float32,
    parts: Int,
    count: int,
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

    Returns
    -------
    ndarray [shape=(T, P)]
    """
    frames, size = sounds.shape[0], stays.size
    forward = _forward(begins, stays, edges, sources, leaves, labels, sounds)
    shares = np.zeros((frames, count))
    after = ends.copy()
    for frame in range(frames - 1, -1, -1):
        total = 0.0
        for state in range(size):
            total += forward[frame, state] * after[state]
        if not total > 0.0:
            shares[:] = 0.0
            return shares
        for state in range(size):
            after[state] = after[state] / total if forward[frame, state] > 0.0 else 0.0
            shares[frame, parts[state]] += forward[frame, state] * after[state]
            after[state] *= sounds[frame, labels[state]]
        # Edges run forwards: in this order each state is read before those that follow it write to it.
        for state in range(size):
            value = after[state]
            after[state] = value * stays[state]
            if value > 0.0:
                for edge in range(edges[state], edges[state + 1]):
                    after[sources[edge]] += value * leaves[edge]
    return shares
