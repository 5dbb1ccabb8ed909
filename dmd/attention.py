"""Scaled dot-product attention of a bank of transformers.

Legend: `G` members, `B` batch, `K` heads, `Tq, Tk` query and key steps, `H` width. Sequences lie as
[G, T, B, H] here, so that the heads of all samples are one batch of matrices without a copy.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from dmd.dropout import kept, scale

BLOCK = 400_000
"""Attention weights worked on at a time on a CPU, so that they stay in its second-level cache (1.6 MB)."""


def attend(
    query: Tensor, keys: Tensor, values: Tensor, bias: Tensor, *, heads: int, dropouts: Sequence[float]
) -> Tensor:
    """Return ``dropout(softmax(q k^T + bias)) v``, head by head.

    Parameters
    ----------
    query : Tensor [shape=(G, Tq, B, H)]
        With the scale of the dot product already in it.
    keys, values : Tensor [shape=(G, Tk, B, H)]
    bias : Tensor [shape=(G, B or 1, Tq, Tk)]
        0 where a key may be attended to, -inf where not.
    heads : int
        K
    dropouts : sequence of float, G of them
        Drop probability of each member's weights.

    Returns
    -------
    Tensor [shape=(G, Tq, B, H)]
    """
    if query.device.type == "cpu":
        attended: Tensor = _Blocked.apply(query, keys, values, bias, heads, tuple(dropouts))  # type: ignore[no-untyped-call]
        return attended
    return plain_attend(query, keys, values, bias, heads=heads, dropouts=dropouts)


def plain_attend(
    query: Tensor, keys: Tensor, values: Tensor, bias: Tensor, *, heads: int, dropouts: Sequence[float]
) -> Tensor:
    """Return what `attend` returns, by the formula, all members at once."""
    q, k, v = (_heads(x, heads) for x in (query, keys, values))  # [G, B K, T, H/K]
    scores = q @ k.mT
    scores = scores.view(len(q), -1, heads, *scores.shape[2:]) + bias[:, :, None]
    weights = torch.softmax(scores, dim=-1).flatten(1, 2)
    if any(dropouts):
        weights = torch.stack(
            [torch.nn.functional.dropout(w, p) for w, p in zip(weights.unbind(), dropouts, strict=True)]
        )
    return (weights @ v).transpose(1, 2).reshape(query.shape)


class _Blocked(torch.autograd.Function):
    """The same on a CPU, a block of samples of one member at a time.

    Passes over the weights [B K, Tq, Tk] are what attention costs here, so there are few. With weights w,
    mask m, scale s, ``u = m w``, ``o = s u v`` and the output's gradient g:
    ``dv = s u^T g``, ``dw = s m (g v^T)``, and of the scores ``w (dw - sum_k w dw) = u (s g v^T) - w (g . o)``.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        bias: Tensor,
        heads: int,
        dropouts: tuple[float],
    ) -> Tensor:
        attended = torch.empty_like(query)
        saved: list[tuple[Tensor, Tensor]] = []
        for member, samples in _blocks(query, keys, heads):
            q, k, v = (_heads(x[member, :, samples], heads) for x in (query, keys, values))
            scores = torch.bmm(q, k.mT)
            allowed = bias[member] if bias.shape[1] == 1 else bias[member, samples]
            scores.view(-1, heads, *scores.shape[1:]).add_(allowed[:, None])
            weights = torch.softmax(scores, dim=-1)
            p = dropouts[member]
            used = weights * kept(weights.shape, p, weights.dtype) if p else weights
            _heads(attended[member, :, samples], heads).copy_(torch.bmm(used, v * scale(p) if p else v))
            saved.append((weights, used))
        ctx.save_for_backward(query, keys, values, attended)
        ctx.saved, ctx.heads, ctx.dropouts = saved, heads, dropouts  # type: ignore[attr-defined]
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        query, keys, values, attended = ctx.saved_tensors  # type: ignore[attr-defined]
        heads: int = ctx.heads  # type: ignore[attr-defined]
        found = [torch.empty_like(x) for x in (query, keys, values)]
        for (member, samples), (weights, used) in zip(_blocks(query, keys, heads), ctx.saved, strict=True):  # type: ignore[attr-defined]
            place = (member, slice(None), samples)
            q, k, v, g, o = (_heads(x[place], heads) for x in (query, keys, values, gradient, attended))
            p = ctx.dropouts[member]  # type: ignore[attr-defined]
            scaled = g * scale(p) if p else g
            carried = (g * o).sum(dim=-1, keepdim=True)
            scores = torch.bmm(scaled, v.mT).mul_(used).addcmul_(weights, carried, value=-1)
            products = (torch.bmm(scores, k), torch.bmm(scores.mT, q), torch.bmm(used.mT, scaled))
            for whole, part in zip(found, products, strict=True):
                _heads(whole[place], heads).copy_(part)
        return (*found, None, None, None)


def _heads(x: Tensor, heads: int) -> Tensor:
    """View [..., T, B, H] as one matrix a sample and head, [..., B K, T, H/K]."""
    steps, samples, width = x.shape[-3:]
    return x.view(*x.shape[:-3], steps, samples * heads, width // heads).transpose(-3, -2)


def _blocks(query: Tensor, keys: Tensor, heads: int) -> Iterator[tuple[int, slice]]:
    """Yield (member, samples) that together are every sample of every member once."""
    members, steps, batch, _ = query.shape
    size = max(1, BLOCK // (heads * steps * keys.shape[1]))
    for member in range(members):
        for first in range(0, batch, size):
            yield member, slice(first, min(first + size, batch))
