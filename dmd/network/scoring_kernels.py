"""Attention for `bank_scoring`, compiled: no dropout, no gradient, samples side by side as products leave them.

The steps of `lane_kernels` on another layout. There a sample's row has its heads one after the other, and making
lanes of it moves single numbers. Here the products give columns [H, T S], whose rows are ordered so that number j of
all heads stand together: lanes are moved 16 samples at a time.

Legend: as in `dmd.network.lane_kernels`; a lane is sample s of head k, at k S + s.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.network.lane_kernels import LANE_GROUP, exponentials, largest, reciprocal_sums, scores, weighted
from pipeline.compiled import compiled

Array = NDArray[Any]


@compiled
def _taken(columns: Array, heads: int, samples: int, lanes: int) -> Array:
    """Return columns [D K, T S] as lanes [T, D, L]."""
    width, steps = columns.shape[0] // heads, columns.shape[1] // samples
    found = np.zeros((steps, width, lanes), np.float32)
    for t in range(steps):
        for j in range(width):
            for head in range(heads):
                for s in range(samples):
                    found[t, j, head * samples + s] = columns[j * heads + head, t * samples + s]
    return found


@compiled
def _give(lanes: Array, heads: int, samples: int, out: Array) -> None:
    """Write lanes [T, D, L] back into columns [D K, T S]."""
    for t in range(lanes.shape[0]):
        for j in range(lanes.shape[1]):
            for head in range(heads):
                for s in range(samples):
                    out[j * heads + head, t * samples + s] = lanes[t, j, head * samples + s]


@compiled
def _hide(visible: Array, step: int, samples: int, heads: int, end: int, found: Array) -> None:
    """Set scores [T, L] of keys that a query step may not see to minus infinity; ``visible`` is [S or 1, Tq, Tk]."""
    for t in range(end):
        for sample in range(visible.shape[0]):
            if not visible[sample, step, t]:
                if visible.shape[0] == 1 and samples > 1:
                    found[t] = -np.inf
                else:
                    for head in range(heads):
                        found[t, head * samples + sample] = -np.inf


@compiled
def attend(
    queries: Array, keys: Array, values: Array, visible: Array, ends: Array, heads: int, samples: int, out: Array
) -> None:
    """Attend, for some samples of one member.

    Parameters
    ----------
    queries : float32 array [shape=(H, Tq S)]
        Row j K + k is number j of head k; with the scale of the dot product already in it.
    keys, values : float32 arrays [shape=(H, Tk S)]
    visible : bool array [shape=(S or 1, Tq, Tk)]
    ends : int64 array [shape=(Tq,)]
        How many keys, from the first, each query step reads.
    heads, samples : int
        K and S.
    out : float32 array [shape=(H, Tq S)]
    """
    lanes = -(-heads * samples // LANE_GROUP) * LANE_GROUP
    q, k = _taken(queries, heads, samples, lanes), _taken(keys, heads, samples, lanes)
    v = _taken(values, heads, samples, lanes)
    weights, power = np.empty((len(k), lanes), np.float32), np.empty(lanes, np.float32)
    top, factors, part = np.empty(lanes, np.float32), np.empty(lanes, np.float32), np.empty_like(q[0])
    for step in range(len(q)):
        end = ends[step]
        scores(q[step], k, end, weights)
        _hide(visible, step, samples, heads, end, weights)
        largest(weights, end, top)
        exponentials(weights, top, end, power, power.view(np.int32))
        reciprocal_sums(weights, end, power, factors)
        weighted(v, weights, end, part, q[step])
        q[step] *= factors
    _give(q, heads, samples, out)
