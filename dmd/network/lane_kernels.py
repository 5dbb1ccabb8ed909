"""Attention of many small heads, compiled: the same weight of every head of a block side by side.

DMD's heads are 5 to 10 numbers wide and see some 50 steps. As batches of matrices they are too small for the vectors
of a processor, and every step between two products is a pass over memory. Here the innermost loop runs over *lanes*,
a lane being one head of one sample: it has no order to keep, so it fills vectors whatever the width of a head, and
all that happens to a weight happens while it is in the first-level cache. Hidden keys beyond the last one that
anybody in the block sees cost nothing, which halves causal attention.

The weights are computed again in the backward pass (as in FlashAttention; Dao et al., 2022) from two numbers a row.

Compiling takes some 5 s, once a machine (`pipeline.compiled`).

Legend: `G` members, `N` blocks of samples, `S` samples a block, `K` heads, `D = H/K`, `L` lanes of a block (a
multiple of 16; lanes beyond its samples hold zeros), `B` batch, `Tq, Tk` steps of queries and keys.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

Array = NDArray[Any]

LANE_GROUP = 16
KEEP_ALL = -(1 << 15)
"""The threshold that every 16 random bits, read as a signed number, reach."""
_ROUND = np.float32(12582912.0)
"""1.5 * 2^23: adding it to a number leaves the nearest integer in the last bits."""
_EXPONENT = np.int32(127 - 0x4B400000)
_LOG2E, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
_LOWEST = np.float32(-88.0)


@compiled
def _taken(rows: Array, width: int, first: int, count: int, lanes: int) -> Array:
    """Return heads ``first`` to ``first + count`` of rows [T, B H], D = ``width`` wide, as lanes [T, D, L]."""
    found = np.zeros((rows.shape[0], width, lanes), np.float32)
    for t in range(rows.shape[0]):
        for j in range(width):
            at = first * width + j
            for i in range(count):
                found[t, j, i] = rows[t, at]
                at += width
    return found


@compiled
def _give(lanes: Array, first: int, count: int, out: Array) -> None:
    """Write lanes [T, D, L] back into rows [T, B H]."""
    width = lanes.shape[1]
    for t in range(lanes.shape[0]):
        for j in range(width):
            at = first * width + j
            for i in range(count):
                out[t, at] = lanes[t, j, i]
                at += width


@compiled
def scores(q: Array, k: Array, end: int, out: Array) -> None:
    """Write the products of q [D, L] with the first keys, k [T, D, L], into ``out`` [T, L]."""
    width, lanes = q.shape
    for t in range(end):
        for i in range(lanes):
            out[t, i] = q[0, i] * k[t, 0, i]
        j = 1
        while j + 3 < width:
            for i in range(lanes):
                total = out[t, i] + q[j, i] * k[t, j, i]
                total = total + q[j + 1, i] * k[t, j + 1, i]
                total = total + q[j + 2, i] * k[t, j + 2, i]
                out[t, i] = total + q[j + 3, i] * k[t, j + 3, i]
            j += 4
        while j < width:
            for i in range(lanes):
                out[t, i] += q[j, i] * k[t, j, i]
            j += 1


@compiled
def _hide(visible: Array, samples: tuple[int, int], heads: int, end: int, scores: Array) -> None:
    """Set scores [T, L] that nobody may see to minus infinity; ``visible`` [B or 1, T] is that of one query step."""
    for t in range(end):
        if visible.shape[0] == 1:
            if not visible[0, t]:
                for i in range(scores.shape[1]):
                    scores[t, i] = -np.inf
        else:
            for sample in range(samples[0], samples[1]):
                if not visible[sample, t]:
                    first = (sample - samples[0]) * heads
                    for i in range(first, first + heads):
                        scores[t, i] = -np.inf


@compiled
def largest(scores: Array, end: int, out: Array) -> None:
    """Write the largest of each lane's scores, [T, L], into ``out`` [L]."""
    for i in range(out.shape[0]):
        out[i] = scores[0, i]
    for t in range(1, end):
        for i in range(out.shape[0]):
            out[i] = scores[t, i] if scores[t, i] > out[i] else out[i]


@compiled
def exponentials(scores: Array, largest: Array, end: int, power: Array, bits: Array) -> None:
    """Replace scores [T, L] by ``exp(score - largest)``, where no score is larger; below exp(-87.7) that is 0.

    The exponential of a remainder below ln(2)/2 as a polynomial (that of Cephes; Moshier 1992; an error of 1 in
    the last place), times a power of two, whose bits are written as such. ``bits`` is the memory of ``power`` [L].
    """
    lanes = scores.shape[1]
    for t in range(end):
        for i in range(lanes):
            a = scores[t, i] - largest[i]
            a = _LOWEST if a < _LOWEST else a  # what is no number stays so
            rounded = a * _LOG2E + _ROUND
            power[i] = rounded
            n = rounded - _ROUND
            r = a - n * _LN2_HIGH - n * _LN2_LOW
            y = np.float32(1.9875691500e-4) * r + np.float32(1.3981999507e-3)
            y = y * r + np.float32(8.3334519073e-3)
            y = y * r + np.float32(4.1665795894e-2)
            y = y * r + np.float32(1.6666665459e-1)
            y = y * r + np.float32(5.0000001201e-1)
            scores[t, i] = y * r * r + r + np.float32(1.0)
        for i in range(lanes):
            bits[i] = (bits[i] + _EXPONENT) << np.int32(23)
        for i in range(lanes):
            scores[t, i] *= power[i]


@compiled
def reciprocal_sums(exponentials: Array, end: int, part: Array, out: Array) -> None:
    """Write the reciprocal of the sum of each lane's exponentials [T, L] into ``out`` [L].

    Sums of 16 are added up, not one number after the other: that is as exact as the published code's sum.
    """
    out[:] = 0
    for first in range(0, end, 16):
        part[:] = 0
        for t in range(first, min(first + 16, end)):
            for i in range(out.shape[0]):
                part[i] += exponentials[t, i]
        for i in range(out.shape[0]):
            out[i] += part[i]
    for i in range(out.shape[0]):
        out[i] = np.float32(1.0) / out[i]


@compiled
def _scale(factors: Array, end: int, weights: Array) -> None:
    """Multiply each lane's weights [T, L] by its factor."""
    for t in range(end):
        for i in range(factors.shape[0]):
            weights[t, i] *= factors[i]


@compiled
def _drop(bits: Array, kept: int, end: int, weights: Array) -> None:
    """Zero the weights [T, L] whose random bits [T L], read as a number, are below ``kept``."""
    lanes = weights.shape[1]
    for t in range(end):
        row = bits[t * lanes : (t + 1) * lanes]  # an index that surely is not negative fills vectors
        for i in range(lanes):
            weights[t, i] *= np.float32(row[i] >= kept)


@compiled
def weighted(v: Array, weights: Array, end: int, part: Array, out: Array) -> None:
    """Write the sum of each lane's vectors, v [T, D, L], times its weights [T, L], into ``out`` [D, L].

    Sums of 64 are added up, so that rounding does not grow with the length; ``part`` [D, L] is room for one.
    """
    out[:] = 0
    for first in range(0, end, 64):
        last = min(first + 64, end)
        part[:] = 0
        t = first
        while t + 1 < last:
            for j in range(out.shape[0]):
                for i in range(out.shape[1]):
                    total = part[j, i] + weights[t, i] * v[t, j, i]
                    part[j, i] = total + weights[t + 1, i] * v[t + 1, j, i]
            t += 2
        if t < last:
            for j in range(out.shape[0]):
                for i in range(out.shape[1]):
                    part[j, i] += weights[t, i] * v[t, j, i]
        out += part


@compiled
def _spread(x: Array, weights: Array, end: int, out: Array) -> None:
    """Add to each of the first steps of ``out`` [T, D, L] the vectors x [D, L], times the step's weights [T, L]."""
    for t in range(end):
        for j in range(x.shape[0]):
            for i in range(x.shape[1]):
                out[t, j, i] += weights[t, i] * x[j, i]


@compiled
def _of_scores(used: Array, weights: Array, carried: Array, end: int, products: Array) -> None:
    """Turn gradients of kept weights [T, L] into gradients of scores."""
    for t in range(end):
        for i in range(carried.shape[0]):
            products[t, i] = used[t, i] * products[t, i] - weights[t, i] * carried[i]


@compiled
def forward(
    inputs: tuple[Array, Array, Array],
    visible: Array,
    ends: Array,
    shape: tuple[int, int, int],
    random: tuple[Array, Array, Array],
    scales: Array,
    tasks: tuple[int, int],
    out: Array,
    rows: Array,
) -> None:
    """Attend, in some of the G N blocks.

    Parameters
    ----------
    inputs : q [G, Tq, B H], k and v [G, Tk, B H], float32
    visible : bool array [shape=(G, B or 1, Tq, Tk)]
    ends : int64 array [shape=(G, N, Tq)]
        How many keys, from the first, each query step of a block reads.
    shape : three ints
        B, K and S.
    random : three arrays
        The random bits behind dropout masks, int16; where those of each row begin, int64 [G, N, Tq]; and the
        number from which on each member keeps a weight, int16 [G].
    scales : float32 array [shape=(G,)]
        What each member's kept weights are multiplied by.
    tasks : two ints
        The first block, and the one after the last.
    out : float32 array [shape=(G, Tq, B H)]
    rows : float32 array [shape=(2, G, N, Tq, S K)]
        Gets the largest score of each row, and the reciprocal of the sum of its exponentials.
    """
    batch, heads, block = shape
    queries, keys, values = inputs
    bits, starts, kept = random
    width = queries.shape[2] // (batch * heads)
    for task in range(tasks[0], tasks[1]):
        g, n = task // ends.shape[1], task % ends.shape[1]
        samples = (n * block, min((n + 1) * block, batch))
        first, count = samples[0] * heads, (samples[1] - samples[0]) * heads
        lanes = -(-count // LANE_GROUP) * LANE_GROUP
        q = _taken(queries[g], width, first, count, lanes)
        k, v = _taken(keys[g], width, first, count, lanes), _taken(values[g], width, first, count, lanes)
        weights, power = np.empty((len(k), lanes), np.float32), np.empty(lanes, np.float32)
        top, factors = np.empty(lanes, np.float32), np.empty(lanes, np.float32)
        part = np.empty_like(q[0])
        for step in range(len(q)):
            end = ends[g, n, step]
            scores(q[step], k, end, weights)
            _hide(visible[g, :, step], samples, heads, end, weights)
            largest(weights, end, top)
            exponentials(weights, top, end, power, power.view(np.int32))
            reciprocal_sums(weights, end, power, factors)
            # The weights are scaled, not the output: that rounds much as the published code does.
            _scale(factors, end, weights)
            if kept[g] > KEEP_ALL:
                _drop(bits[starts[g, n, step] :], kept[g], end, weights)
            weighted(v, weights, end, part, q[step])  # the query was read: its place takes the output
            q[step] *= scales[g]
            rows[0, g, n, step, :count] = top[:count]
            rows[1, g, n, step, :count] = factors[:count]
        _give(q, first, count, out[g])


@compiled
def backward(
    inputs: tuple[Array, Array, Array],
    visible: Array,
    ends: Array,
    shape: tuple[int, int, int],
    random: tuple[Array, Array, Array],
    scales: Array,
    tasks: tuple[int, int],
    out: Array,
    rows: Array,
    gradient: Array,
    found: tuple[Array, Array, Array],
) -> None:
    """Write the gradients of q, k and v into ``found``; the rest as `forward` has it, and the output's gradient."""
    batch, heads, block = shape
    queries, keys, values = inputs
    bits, starts, kept = random
    width = queries.shape[2] // (batch * heads)
    for task in range(tasks[0], tasks[1]):
        g, n = task // ends.shape[1], task % ends.shape[1]
        samples = (n * block, min((n + 1) * block, batch))
        first, count = samples[0] * heads, (samples[1] - samples[0]) * heads
        lanes = -(-count // LANE_GROUP) * LANE_GROUP
        q, o = _taken(queries[g], width, first, count, lanes), _taken(out[g], width, first, count, lanes)
        k, v = _taken(keys[g], width, first, count, lanes), _taken(values[g], width, first, count, lanes)
        h = _taken(gradient[g], width, first, count, lanes)
        dk, dv, dq = np.zeros_like(k), np.zeros_like(v), np.empty_like(q)
        weights, used = np.empty((len(k), lanes), np.float32), np.empty((len(k), lanes), np.float32)
        products, power = np.empty((len(k), lanes), np.float32), np.empty(lanes, np.float32)
        carried, top = np.empty((1, lanes), np.float32), np.zeros(lanes, np.float32)
        factors, part = np.ones(lanes, np.float32), np.empty_like(q[0])
        for step in range(len(q)):
            top[:count] = rows[0, g, n, step, :count]
            factors[:count] = rows[1, g, n, step, :count]
            end = ends[g, n, step]
            scores(h[step], o[step : step + 1], 1, carried)
            h[step] *= scales[g]
            scores(q[step], k, end, weights)
            _hide(visible[g, :, step], samples, heads, end, weights)
            exponentials(weights, top, end, power, power.view(np.int32))
            _scale(factors, end, weights)
            used[:end] = weights[:end]
            if kept[g] > KEEP_ALL:
                _drop(bits[starts[g, n, step] :], kept[g], end, used)
            _spread(h[step], used, end, dv)
            scores(h[step], v, end, products)
            _of_scores(used, weights, carried[0], end, products)
            weighted(k, products, end, part, dq[step])
            _spread(q[step], products, end, dk)
        _give(dq, first, count, found[0][g])
        _give(dk, first, count, found[1][g])
        _give(dv, first, count, found[2][g])
