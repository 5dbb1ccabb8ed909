"""Attention on a CPU: the plan for the compiled `dmd.network.lane_kernels`, and its place in torch's graph.

Legend: `G` members, `B` batch, `K` heads, `Tq, Tk` query and key steps, `H` width, `N` blocks of `S` samples.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from dmd.network.dropout import RandomBits, lowest_kept, scale

LANES = 160
"""Lanes a block, about: some vectors in a row for every loop, and keys, values and gradients in the second cache."""
WORTH_A_THREAD = 1_000_000
"""Attention weights, at least, for each thread: some milliseconds of work."""
Array = NDArray[Any]
Plan = tuple[Any, ...]


class Kernels(Protocol):
    """What is used of `dmd.network.lane_kernels`."""

    LANE_GROUP: int
    KEEP_ALL: int
    forward: Callable[..., None]
    backward: Callable[..., None]


def lane_attend(
    query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, heads: int, dropouts: tuple[float, ...]
) -> Tensor:
    """Return what `dmd.network.attention.attend` does, with the same arguments, for single precision on a CPU."""
    if torch.is_grad_enabled() and query.requires_grad:
        attended: Tensor = _Attention.apply(query, keys, values, visible, heads, dropouts)  # type: ignore[no-untyped-call]
        return attended
    return _forward(query, keys, values, visible, heads, dropouts)[0]


class LanePlan:
    """Who sees what, for attention without dropout and gradient, some samples of one member at a time.

    Parameters
    ----------
    visible : Tensor [shape=(G, B or 1, Tq, Tk)], bool
    batch, heads : int
    """

    def __init__(self, visible: Tensor, batch: int, heads: int) -> None:
        self._heads, self._block = heads, lane_samples(heads)
        self._shown, self._ends = _shown(visible, batch, self._block)

    def attend(self, member: int, first: int, inputs: tuple[Tensor, Tensor, Tensor], out: Tensor) -> None:
        """Attend from sample ``first`` on, for no more samples than a block has.

        Parameters
        ----------
        member, first : int
            ``first`` begins a block: it is a multiple of `lane_samples`.
        inputs, out : Tensors [shape=(H, T S)]
            Queries, keys, values and where the result goes, laid out as `dmd.network.scoring_kernels` has it.
        """
        from dmd.network import scoring_kernels  # see `_kernels`

        query, keys, values = (x.numpy() for x in inputs)
        samples = out.shape[1] // self._ends.shape[2]
        part = slice(first, first + samples) if self._shown.shape[1] > 1 else slice(None)
        ends = self._ends[member, first // self._block]
        shown = self._shown[member, part]
        scoring_kernels.attend(query, keys, values, shown, ends, self._heads, samples, out.numpy())


def lane_samples(heads: int) -> int:
    """Return how many samples make a block of about `LANES` lanes, a whole number of the kernels' groups."""
    group = _kernels().LANE_GROUP
    return group * max(1, round(LANES / group / heads))


def _kernels() -> Kernels:
    # numba takes a third of a second to import: who only reads a command's help does not pay it
    from dmd.network import lane_kernels

    return lane_kernels


def _forward(
    query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, heads: int, dropouts: tuple[float, ...]
) -> tuple[Tensor, Plan, Array]:
    """Return o [G, Tq, B, H], the arguments of both kernels, and two numbers a row for the second."""
    kernels = _kernels()
    inputs = tuple(_flat(x) for x in (query, keys, values))
    batch = query.shape[2]
    block = lane_samples(heads)
    shown, ends = _shown(visible, batch, block)
    random = _random(kernels, ends, (batch, heads, block), dropouts)
    scales = np.array([scale(p) if p else 1.0 for p in dropouts], np.float32)
    plan = (inputs, shown, ends, (batch, heads, block), random, scales)
    attended = torch.empty_like(query)
    rows = np.empty((2, *ends.shape, block * heads), np.float32)
    _run(kernels.forward, plan, _flat(attended), rows)
    return attended, plan, rows


def _shown(visible: Tensor, batch: int, block: int) -> tuple[Array, Array]:
    """Return who sees what as an array, and how many keys, from the first, each query step of a block must read."""
    shown: Array = visible.detach().contiguous().numpy()
    return shown, _ends(shown, batch, block)


def _ends(visible: Array, batch: int, block: int) -> Array:
    """Return how many keys, from the first, each query step of a block must read, [G, N, Tq]."""
    if visible.shape[1] > 1:
        visible = np.logical_or.reduceat(visible, np.arange(0, batch, block), axis=1)
    ends: Array = visible.shape[3] - visible[..., ::-1].argmax(axis=3)
    return np.repeat(ends, -(-batch // block) // ends.shape[1], axis=1)


def _random(
    kernels: Kernels, ends: Array, shape: tuple[int, int, int], dropouts: tuple[float, ...]
) -> tuple[Array, Array, Array]:
    """Return random bits, where those of each row begin, and the number from which on a member keeps a weight."""
    batch, heads, block = shape
    kept = np.array([lowest_kept(p) if p else kernels.KEEP_ALL for p in dropouts], np.int16)
    samples = np.minimum(batch - block * np.arange(ends.shape[1]), block)
    lanes = -(-samples * heads // kernels.LANE_GROUP) * kernels.LANE_GROUP
    sizes = ends * lanes[:, None] * (kept > kernels.KEEP_ALL)[:, None, None]
    starts = (np.cumsum(sizes) - sizes.ravel()).reshape(sizes.shape)
    count = int(sizes.sum())
    bits = RandomBits().draw(count).numpy() if count else np.empty(0, np.int16)
    return bits, starts, kept


class _Attention(torch.autograd.Function):
    """`_forward` with its gradients."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        visible: Tensor,
        heads: int,
        dropouts: tuple[float, ...],
    ) -> Tensor:
        attended, plan, rows = _forward(query, keys, values, visible, heads, dropouts)
        ctx.save_for_backward(query, keys, values, attended)
        ctx.plan = (plan[1:], rows)  # type: ignore[attr-defined]
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        query, keys, values, attended = ctx.saved_tensors  # type: ignore[attr-defined]
        plan, rows = ctx.plan  # type: ignore[attr-defined]
        found = [torch.empty_like(x) for x in (query, keys, values)]
        inputs = tuple(_flat(x) for x in (query, keys, values))
        _run(
            _kernels().backward,
            (inputs, *plan),
            _flat(attended),
            rows,
            _flat(gradient),
            tuple(_flat(x) for x in found),
        )
        return (*found, None, None, None)


def _flat(x: Tensor) -> Array:
    """Return [G, T, B, H] as an array [G, T, B H] in the same memory, if it lies in one piece."""
    array: Array = x.detach().contiguous().flatten(2).numpy()
    return array


def _run(kernel: Callable[..., None], plan: Plan, *rest: Any) -> None:
    """Run a kernel over all blocks, on as many threads as torch may use and the work is worth.

    A block is one thread's from beginning to end, so what it computes does not depend on their number.
    """
    ends, (_, heads, block) = plan[2], plan[3]
    count = ends.shape[0] * ends.shape[1]
    threads = min(torch.get_num_threads(), count, max(1, int(ends.sum()) * heads * block // WORTH_A_THREAD))
    bounds = [count * i // threads for i in range(threads + 1)]
    if threads == 1:
        kernel(*plan, (0, count), *rest)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(kernel, *plan, tasks, *rest) for tasks in pairwise(bounds)]:
            done.result()
