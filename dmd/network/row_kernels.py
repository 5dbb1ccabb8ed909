"""What a transformer does to each row of a sequence between two products, compiled: one pass over it, in the cache.

`pipeline.compiled` says where the compiled code is kept. Sums may be reordered here, so that they fill vectors; how,
is decided when the code is compiled, not by the data.

Legend: `R` rows, `H` width.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

Array = NDArray[Any]
EPSILON = np.float32(1e-5)
"""As in torch's layer norm."""
reordered = partial(compiled, allowed=("contract", "reassoc"))


@reordered
def shift_and_normalise(x: Array, shift: Array, out: Array) -> None:
    """Add ``shift`` [H] to every row of ``x`` [R, H], and write its layer norm, without affine part, to ``out``."""
    width = x.shape[1]
    for r in range(x.shape[0]):
        total = np.float32(0.0)
        for j in range(width):
            value = x[r, j] + shift[j]
            x[r, j] = value
            total += value
        mean = total / np.float32(width)
        squares = np.float32(0.0)
        for j in range(width):
            squares += (x[r, j] - mean) * (x[r, j] - mean)
        scale = np.float32(1.0) / np.sqrt(squares / np.float32(width) + EPSILON)
        for j in range(width):
            out[r, j] = (x[r, j] - mean) * scale


@reordered
def normalise(x: Array, out: Array, scales: Array) -> None:
    """Write the layer norm of every row of ``x`` [R, H] to ``out``, what it was multiplied by to ``scales`` [R]."""
    width = x.shape[1]
    for r in range(x.shape[0]):
        total = np.float32(0.0)
        for j in range(width):
            total += x[r, j]
        mean = total / np.float32(width)
        squares = np.float32(0.0)
        for j in range(width):
            squares += (x[r, j] - mean) * (x[r, j] - mean)
        scales[r] = np.float32(1.0) / np.sqrt(squares / np.float32(width) + EPSILON)
        for j in range(width):
            out[r, j] = (x[r, j] - mean) * scales[r]


@reordered
def normalise_gradient(gradient: Array, normed: Array, scales: Array, out: Array) -> None:
    """Write to ``out`` [R, H] the gradient of what `normalise` was given, from that of what it wrote."""
    width = normed.shape[1]
    for r in range(normed.shape[0]):
        total, along = np.float32(0.0), np.float32(0.0)
        for j in range(width):
            total += gradient[r, j]
            along += gradient[r, j] * normed[r, j]
        mean, slope = total / np.float32(width), along / np.float32(width)
        for j in range(width):
            out[r, j] = (gradient[r, j] - mean - normed[r, j] * slope) * scales[r]


@reordered
def shift_and_clip(x: Array, shift: Array) -> None:
    """Add ``shift`` [H] to every row of ``x`` [R, H], and set what is negative to 0."""
    for r in range(x.shape[0]):
        for j in range(x.shape[1]):
            value = x[r, j] + shift[j]
            x[r, j] = value if value > 0 else np.float32(0.0)


@compiled
def clip_gradient(gradient: Array, clipped: Array, part: Array, shift: Array) -> None:
    """Turn the gradient of what `shift_and_clip` left, both [R, H], into that of what it was given.

    That of its shift, the sum of all rows, is added to ``shift`` [H]; ``part`` [H] is room for a sum of 64.
    """
    for first in range(0, gradient.shape[0], 64):
        part[:] = 0
        for r in range(first, min(first + 64, gradient.shape[0])):
            for j in range(gradient.shape[1]):
                value = gradient[r, j] if clipped[r, j] > 0 else np.float32(0.0)
                gradient[r, j] = value
                part[j] += value
        for j in range(part.shape[0]):
            shift[j] += part[j]
