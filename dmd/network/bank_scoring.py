"""A bank of transformers on one core, without gradients: some samples of one member at a time.

As large products over all members and samples, every sublayer is a pass through memory, and its result is memory
that the system must clear first. Here a member's few samples go through all layers while they lie in the second-level
cache, in the same few buffers. What a product would only be read for is left out: the keys' bias, which moves
all scores of a query alike, is not needed, and the values' bias, which any weights that sum to one pass on, goes
into the bias behind the attention.

Legend: as in `dmd.network.transformer`; `S` samples at a time, `R = T S` rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dmd.network.feedforward import ROWS
from dmd.network.lane_attention import LanePlan, lane_samples
from dmd.network.layers import Layer

Array = NDArray[Any]


def worth_it(x: Tensor) -> bool:
    """Whether a bank's input [G, T, B, H] is to go this way: single precision, one core, no gradient to come."""
    one_core = x.device.type == "cpu" and torch.get_num_threads() == 1
    return one_core and x.dtype == torch.float32 and not torch.is_grad_enabled()


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Inputs of a bank, embedded; ``keys`` is None where members attend to their own sequence."""

    x: Tensor
    """[G, Tq, B, H]"""
    keys: Tensor | None
    """[G, Tk, B, H]"""
    visible: Tensor
    """[G, B or 1, Tq, Tk], bool"""
    pool: Tensor | None
    """[G, B], long: the one step that is read of each sample."""


def run(task: Task, layers: Sequence[Layer], heads: int) -> Tensor:
    """Return the layers' output, normed, [G, Tq, B, H], or [G, 1, B, H] when pooled."""
    members, steps, batch, width = task.x.shape
    found = task.x.new_empty(members, steps if task.pool is None else 1, batch, width)
    plans = [LanePlan(task.visible, batch, heads)]
    if task.pool is not None:
        row = task.pool[:, :, None, None].expand(-1, -1, -1, task.visible.shape[3])
        plans.append(LanePlan(task.visible.expand(-1, batch, -1, -1).gather(2, row), batch, heads))
    for member in range(members):
        own = [_Sublayers.of(layer, member, heads) for layer in layers]
        for first in range(0, batch, lane_samples(heads)):
            part = slice(first, min(first + lane_samples(heads), batch))
            found[member, :, part] = _Rows(task, member, part, plans).through(own)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Sublayers:
    """One layer of one member: weights as tensors, biases [O] as they are used.

    Queries, keys and values are made as columns: their weights are [O, I], and number j of all heads stand together.
    """

    query: Tensor
    query_bias: Tensor
    """[O, 1]"""
    keys: Tensor
    values: Tensor
    out: Tensor
    """[I, O], I ordered as the columns that it reads."""
    after_attention: Array
    widen: Tensor
    widen_bias: Array
    narrow: Tensor
    after_feed: Array

    @classmethod
    def of(cls, layer: Layer, member: int, heads: int) -> "_Sublayers":
        """Return a member's weights of a layer."""
        width = layer.query[0].shape[2]
        columns = torch.arange(width).view(heads, -1).T.flatten()
        (query, q), (keys, _), (values, v), (out, o), (widen, w), (narrow, n) = (
            (weight[member], bias[member, 0])
            for weight, bias in (layer.query, layer.keys, layer.values, layer.out, layer.widen, layer.narrow)
        )
        behind = torch.addmv(o, out.T, v).numpy()
        query, keys, values = (weight.T[columns] for weight in (query, keys, values))
        return cls(query, q[columns, None], keys, values, out[columns], behind, widen, w.numpy(), narrow, n.numpy())


class _Rows:
    """Some samples of one member on their way through the layers."""

    def __init__(self, task: Task, member: int, part: slice, plans: Sequence[LanePlan]) -> None:
        from dmd.network import row_kernels  # numba takes a third of a second to import

        self.kernels = row_kernels
        self.place = member, part.start
        self.x = task.x[member, :, part].contiguous()
        self.normed = torch.empty_like(self.x)
        unmoved = np.zeros(self.x.shape[2], np.float32)
        self._norm(unmoved)
        self.plan, *self.pooled_plan = plans
        self.pool = None if task.pool is None else task.pool[member, part]
        self.source = self.normed
        if task.keys is not None:
            keys = task.keys[member, :, part].contiguous()
            self.source = torch.empty_like(keys)
            row_kernels.shift_and_normalise(_flat(keys).numpy(), unmoved, _flat(self.source).numpy())
        self.keys, self.values = _columns(self.source), _columns(self.source)
        self.query, self.attended = _columns(self.x), _columns(self.x)
        rows = min(ROWS, self.x.shape[0] * self.x.shape[1])
        self.inside = self.x.new_empty(rows, 4 * self.x.shape[2])

    def through(self, layers: Sequence[_Sublayers]) -> Tensor:
        """Return the last layer's output, normed, [T or 1, S, H]."""
        for index, layer in enumerate(layers):
            torch.mm(layer.keys, _flat(self.source).T, out=self.keys)
            torch.mm(layer.values, _flat(self.source).T, out=self.values)
            if self.pool is not None and index == len(layers) - 1:
                self._keep(self.pool)
            torch.addmm(layer.query_bias, layer.query, _flat(self.normed).T, out=self.query)
            self.plan.attend(*self.place, (self.query, self.keys, self.values), self.attended)
            _flat(self.x).addmm_(self.attended.T, layer.out)
            self._norm(layer.after_attention)
            for first in range(0, self.x.shape[0] * self.x.shape[1], ROWS):
                x, normed = (_flat(rows)[first : first + ROWS] for rows in (self.x, self.normed))
                inside = self.inside[: len(x)]
                torch.mm(normed, layer.widen, out=inside)
                self.kernels.shift_and_clip(inside.numpy(), layer.widen_bias)
                x.addmm_(inside, layer.narrow)
            self._norm(layer.after_feed)
        return self.normed

    def _norm(self, shift: Array) -> None:
        self.kernels.shift_and_normalise(_flat(self.x).numpy(), shift, _flat(self.normed).numpy())

    def _keep(self, pool: Tensor) -> None:
        """Go on with one step of each sample."""
        samples = torch.arange(len(pool))
        self.x, self.normed = self.x[pool, samples][None], self.normed[pool, samples][None]
        self.query, self.attended = _columns(self.x), _columns(self.x)
        (self.plan,) = self.pooled_plan


def _flat(x: Tensor) -> Tensor:
    """Return rows [T S, H] of a sequence."""
    return x.view(-1, x.shape[2])


def _columns(x: Tensor) -> Tensor:
    """Return room for as many numbers as a sequence has, [H, T S]."""
    return x.new_empty(x.shape[2], x.shape[0] * x.shape[1])
