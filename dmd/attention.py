"""Scaled dot-product attention of a bank of transformers.

Legend: `G` members, `B` batch, `K` heads, `Tq, Tk` query and key steps, `H` width. Sequences lie as
[G, T, B, H] here, so that the heads of all samples are one batch of matrices without a copy.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dmd.blocked_attention import blocked_attend, heads_of


def attend(
    query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, *, heads: int, dropouts: Sequence[float]
) -> Tensor:
    """Return ``dropout(softmax(q k^T)) v`` over the visible keys, head by head.

    Parameters
    ----------
    query : Tensor [shape=(G, Tq, B, H)]
        With the scale of the dot product already in it.
    keys, values : Tensor [shape=(G, Tk, B, H)]
    visible : Tensor [shape=(G, B or 1, Tq, Tk)], bool
        Which keys each query may attend to; at least one.
    heads : int
        K
    dropouts : sequence of float, G of them
        Drop probability of each member's weights.

    Returns
    -------
    Tensor [shape=(G, Tq, B, H)]
    """
    if query.device.type == "cpu" and query.dtype in (torch.float32, torch.float64):
        return blocked_attend(query, keys, values, visible, heads, tuple(dropouts))
    return plain_attend(query, keys, values, visible, heads=heads, dropouts=dropouts)


def plain_attend(
    query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, *, heads: int, dropouts: Sequence[float]
) -> Tensor:
    """Return what `attend` returns, by the formula, all members at once."""
    q, k, v = (heads_of(x, heads) for x in (query, keys, values))  # [G, B K, T, H/K]
    scores = q @ k.mT
    scores = scores.view(len(q), -1, heads, *scores.shape[2:]).masked_fill(~visible[:, :, None], -torch.inf)
    weights = torch.softmax(scores, dim=-1).flatten(1, 2)
    if any(dropouts):
        weights = torch.stack(
            [torch.nn.functional.dropout(w, p) for w, p in zip(weights.unbind(), dropouts, strict=True)]
        )
    return (weights @ v).transpose(1, 2).reshape(query.shape)
