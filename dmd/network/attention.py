"""Scaled dot-product attention of a bank of transformers.

Legend: `G` members, `B` batch, `K` heads, `Tq, Tk` query and key steps, `H` width. Sequences lie as
[G, T, B, H] here, so that the heads of all samples are one batch of matrices without a copy.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dmd.network.lane_attention import lane_attend

LONG = 64
"""Over more keys than this, sums in single precision depend on their order by more than parity allows (1e-5): the
reference objective takes the operations of the published code there, whatever they cost."""


def attend(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    visible: Tensor,
    *,
    heads: int,
    dropouts: Sequence[float],
    published: bool = False,
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
    published : bool
        Round as the published code does, over however many keys.

    Returns
    -------
    Tensor [shape=(G, Tq, B, H)]
    """
    if published and keys.shape[1] > LONG:
        return plain_attend(query, keys, values, visible, heads=heads, dropouts=dropouts)
    if query.device.type == "cpu" and query.dtype == torch.float32:
        return lane_attend(query, keys, values, visible, heads, tuple(dropouts))
    return plain_attend(query, keys, values, visible, heads=heads, dropouts=dropouts)


def plain_attend(
    query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, *, heads: int, dropouts: Sequence[float]
) -> Tensor:
    """Return what `attend` returns, by the formula, all members at once."""
    q, k, v = (_heads_of(x, heads) for x in (query, keys, values))  # [G, B K, T, H/K]
    scores = q @ k.mT
    scores = scores.view(len(q), -1, heads, *scores.shape[2:]).masked_fill(~visible[:, :, None], -torch.inf)
    weights = torch.softmax(scores, dim=-1).flatten(1, 2)
    if any(dropouts):
        weights = torch.stack(
            [torch.nn.functional.dropout(w, p) for w, p in zip(weights.unbind(), dropouts, strict=True)]
        )
    return (weights @ v).transpose(1, 2).reshape(query.shape)


def _heads_of(x: Tensor, heads: int) -> Tensor:
    """View [..., T, B, H] as one matrix a sample and head, [..., B K, T, H/K]."""
    steps, samples, width = x.shape[-3:]
    return x.view(*x.shape[:-3], steps, samples * heads, width // heads).transpose(-3, -2)
