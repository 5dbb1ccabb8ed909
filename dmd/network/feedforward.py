"""The feed-forward half of a transformer layer, for all members of a bank."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn import functional

from dmd.network.dropout import dropout
from dmd.network.layers import Affine

ROWS = 1024
"""Rows worked on at a time on a CPU, so that what is inside (4H wide) stays in its second-level cache."""


def feed_forward(x: Tensor, base: Tensor, widen: Affine, narrow: Tensor, *, drop: float) -> Tensor:
    """Return ``base + dropout(relu(x widen)) narrow``; ``base`` may be overwritten.

    Parameters
    ----------
    x, base : Tensor [shape=(G, R, H)]
    widen : weight [G, H, 4H] and bias [G, 1, 4H]
    narrow : Tensor [shape=(G, 4H, H)]
    drop : float
        Drop probability, 0 outside training.
    """
    weight, bias = widen
    if x.device.type != "cpu" or drop:
        hidden = functional.relu(torch.baddbmm(bias, x, weight), inplace=True)
        return torch.baddbmm(base, dropout(hidden, drop, training=True), narrow)
    if torch.is_grad_enabled() and x.requires_grad:
        found: Tensor = _Blocked.apply(x, base, weight, bias, narrow)  # type: ignore[no-untyped-call]
        return found
    for member, rows in _blocks(x):
        base[member, rows].addmm_(_widened(x[member, rows], weight[member], bias[member]), narrow[member])
    return base


def _widened(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return ``relu(x weight + bias)`` of rows [R, H]."""
    if x.dtype != torch.float32:
        return torch.addmm(bias, x, weight).relu_()
    inside = x @ weight
    _kernels().shift_and_clip(inside.numpy(), bias[0].numpy())
    return inside


def _unclipped(gradient: Tensor, inside: Tensor, bias: Tensor) -> Tensor:
    """Return the gradient before the ReLU from that behind it, [R, 4H]; add the rows' sum to ``bias`` [1, 4H]."""
    if gradient.dtype != torch.float32:
        found: Tensor = torch.ops.aten.threshold_backward(gradient, inside, 0)
        bias.add_(found.sum(dim=0))
        return found
    shift = bias[0].numpy()
    _kernels().clip_gradient(gradient.numpy(), inside.numpy(), np.empty_like(shift), shift)
    return gradient


def _kernels() -> Any:
    # numba takes a third of a second to import: who only reads a command's help does not pay it
    from dmd.network import row_kernels

    return row_kernels


class _Blocked(torch.autograd.Function):
    """The same on a CPU, a block of rows of one member at a time, with its gradients."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, base: Tensor, weight: Tensor, bias: Tensor, narrow: Tensor) -> Tensor:
        hidden = [_widened(x[m, rows], weight[m], bias[m]) for m, rows in _blocks(x)]
        for (member, rows), inside in zip(_blocks(x), hidden, strict=True):
            base[member, rows].addmm_(inside, narrow[member])
        ctx.save_for_backward(x, weight, narrow)
        ctx.hidden = hidden  # type: ignore[attr-defined]
        ctx.mark_dirty(base)
        return base

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, ...]:
        x, weight, narrow = ctx.saved_tensors  # type: ignore[attr-defined]
        dx, dbias = torch.empty_like(x), weight.new_zeros(len(x), 1, weight.shape[2])
        dweight, dnarrow = torch.zeros_like(weight), torch.zeros_like(narrow)
        for (m, rows), inside in zip(_blocks(x), ctx.hidden, strict=True):  # type: ignore[attr-defined]
            g = gradient[m, rows]
            d = _unclipped(g @ narrow[m].T, inside, dbias[m])
            dnarrow[m].addmm_(inside.T, g)
            dweight[m].addmm_(x[m, rows].T, d)
            torch.mm(d, weight[m].T, out=dx[m, rows])
        return dx, gradient, dweight, dbias, dnarrow


def _blocks(x: Tensor) -> Iterator[tuple[int, slice]]:
    """Yield (member, rows) that together are every row of every member once."""
    for member in range(x.shape[0]):
        for first in range(0, x.shape[1], ROWS):
            yield member, slice(first, min(first + ROWS, x.shape[1]))
