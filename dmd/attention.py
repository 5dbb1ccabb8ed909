"""Scaled dot-product attention of a bank of transformers."""

from collections.abc import Callable

import torch
from torch import Tensor


def attend(
    query: Tensor, keys: Tensor, values: Tensor, bias: Tensor, *, heads: int, drop: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return ``drop(softmax(q k^T + bias)) v``, head by head.

    Parameters
    ----------
    query : Tensor [shape=(G, B, Tq, H)]
        With the scale of the dot product already in it.
    keys, values : Tensor [shape=(G, B, Tk, H)]
    bias : Tensor [shape=(G, B or 1, Tq, Tk)]
        0 where a key may be attended to, -inf where not.
    heads : int
        K
    drop : callable
        Dropout of the weights [G, B, K, Tq, Tk].

    Returns
    -------
    Tensor [shape=(G, B, Tq, H)]
    """
    q, k, v = (x.view(*x.shape[:3], heads, -1).transpose(2, 3) for x in (query, keys, values))  # [G, B, K, T, H/K]
    weights = drop(torch.softmax(q @ k.mT + bias[:, :, None], dim=-1))
    attended: Tensor = weights @ v
    return attended.transpose(2, 3).flatten(3)
