"""Sinusoid positions, counted from 1; row 0 of the table is padding and zero."""

import math

import torch
from torch import Tensor


def sinusoid_table(steps: int, width: int) -> Tensor:
    """Return the position table of tensor2tensor: sines in the first half of the channels, cosines in the second.

    Angles run as ``t * 10000^(-i / (width / 2 - 1))``. The table is made in single precision on purpose: the
    published model holds single precision numbers even where everything else is double.

    Parameters
    ----------
    steps : int
        Largest position.
    width : int, even, at least 4

    Returns
    -------
    Tensor [shape=(steps + 1, width)]
        Float32; row 0 is zero.
    """
    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000) / (half - 1)))
    angles = torch.arange(steps + 1, dtype=torch.float32)[:, None] * rates
    table = torch.cat([angles.sin(), angles.cos()], dim=1)
    table[0] = 0.0
    return table
