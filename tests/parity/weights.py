"""Weights of a golden case from its seed (numpy alone; runs on Python 3.8 too, where the published code runs)."""

import hashlib

import numpy as np


def value(seed, name, shape):  # type: ignore[no-untyped-def]
    """Return the float32 tensor of one published parameter or buffer.

    A uniform stream in [-1, 1), keyed by seed and name, shaped and scaled by what the tensor is: matrices by
    the root of their fan-in, embedding tables to 0.1, gains around 1, biases to 0.1; rounded to half precision
    so that it is exact everywhere. ``name`` is the published name after ``dmd.``, ``homo.`` or ``hetero.``.
    """
    shape = tuple(int(size) for size in shape)
    if name.endswith(".version"):
        return np.full(shape, 2, np.float32)
    if name.endswith("._float_tensor"):
        return np.zeros(shape, np.float32)
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    stream = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "little")))
    uniform = 2 * stream.random(int(np.prod(shape))) - 1
    if len(shape) < 2:
        scaled = 1 + 0.2 * uniform if name.endswith(".weight") else 0.1 * uniform
    elif "embeddings." in name:
        scaled = 0.1 * uniform
    else:
        scaled = uniform / np.sqrt(np.prod(shape[1:]))
    return scaled.reshape(shape).astype(np.float16).astype(np.float32)
