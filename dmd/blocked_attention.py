"""Attention on a CPU: a block of weights that fits the cache at a time, and nothing that no query may see.

Passes over the weights [B K, Tq, Tk] are what attention costs here, so there are few, and they happen in the cache.
With exponentials e, their sums n, dropout mask m and scale s, the output is ``o = s (m e / n) v``. Back, with output
gradient g, ``u = m e`` and ``h = (s / n) g``: ``dv = u^T h``, and of the scores ``u (h v^T) - e (g . o) / n``. The
exponentials are computed again for that (FlashAttention; Dao et al., 2022): quicker than to write a hundred megabytes
a step to memory and read them back. (Forward, n divides the weights and not the output: that rounds as the published
code does, and the difference would reach 1e-5 at the end of twelve transformers.)

Legend: `G` members, `B` batch, `K` heads, `Tq, Tk` query and key steps, `H` width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from dmd.dropout import RandomBits, kept_of, scale

BLOCK = 400_000
"""Most attention weights in a block: 1.6 MB in single precision, a second-level cache."""
STEPS = 64
"""Query steps in a block, at least: fewer of the keys are seen by all of them, but more blocks cost more calls."""
SAFE_SCORE = 60.0
"""exp(+-60) lies well inside single precision, also when thousands of them are added up."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some query steps of some samples of one member, and the first keys, which are all that they see."""

    member: int
    samples: slice
    matrices: slice
    """The samples' heads."""
    steps: slice
    keys: slice

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of its weights, [B K, Tq, Tk]."""
        spans = (self.matrices, self.steps, self.keys)
        rows, steps, keys = (span.stop - span.start for span in spans)
        return rows, steps, keys

    @property
    def weights(self) -> int:
        """How many weights it has."""
        return math.prod(self.shape)

    @property
    def at_queries(self) -> tuple[int, slice, slice]:
        """Index into [G, B K, Tq, ...]."""
        return self.member, self.matrices, self.steps

    @property
    def at_keys(self) -> tuple[int, slice, slice]:
        """Index into [G, B K, Tk, ...]."""
        return self.member, self.matrices, self.keys


def blocked_attend(
    query: Tensor, keys: Tensor, values: Tensor, visible: Tensor, heads: int, dropouts: tuple[float, ...]
) -> Tensor:
    """Return what `dmd.attention.attend` does, with the same arguments."""
    if torch.is_grad_enabled() and query.requires_grad:
        attended: Tensor = _Attention.apply(query, keys, values, visible, heads, dropouts)  # type: ignore[no-untyped-call]
        return attended
    return _forward(query, keys, values, visible, heads, dropouts, _blocks(visible, query.shape[2], heads))[0]


def heads_of(x: Tensor, heads: int) -> Tensor:
    """View [..., T, B, H] as one matrix a sample and head, [..., B K, T, H/K]."""
    steps, samples, width = x.shape[-3:]
    return x.view(*x.shape[:-3], steps, samples * heads, width // heads).transpose(-3, -2)


def _forward(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    visible: Tensor,
    heads: int,
    dropouts: tuple[float, ...],
    blocks: list[Block],
) -> tuple[Tensor, Tensor, list[Tensor | None]]:
    """Return o [G, Tq, B, H], n [G, B K, Tq, 1], and the random bits behind each block's mask."""
    attended = torch.empty_like(query)
    q, k, v, o = (heads_of(x, heads) for x in (query, keys, values, attended))
    sums, drawn = query.new_empty(*q.shape[:3], 1), list[Tensor | None]()
    shown, large = visible.to(query.dtype), _large(query, keys, heads)
    scratch, random = _Scratch(query, blocks), RandomBits() if any(dropouts) else None
    for block in blocks:
        powers = scratch.take(0, block)
        _exponentials(powers, q[block.at_queries], k[block.at_keys], _shown(shown, block), _of(large, block))
        powers.div_(torch.sum(powers, dim=-1, keepdim=True, out=sums[block.at_queries]))
        bits, p = None, dropouts[block.member]
        if random is not None and p:
            bits = random.draw(powers.numel())
            powers.mul_(kept_of(bits, p, out=scratch.take(1, block)))
        drawn.append(bits)
        o[block.at_queries].copy_(torch.bmm(powers, v[block.at_keys]))
    if random is not None:
        o.mul_(_scales(query, dropouts))
    return attended, sums, drawn


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
        blocks = _blocks(visible, query.shape[2], heads)
        attended, sums, drawn = _forward(query, keys, values, visible, heads, dropouts, blocks)
        ctx.save_for_backward(query, keys, values, visible, attended, sums)
        ctx.plan = (heads, dropouts, blocks, drawn)  # type: ignore[attr-defined]
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        query, keys, values, visible, attended, sums = ctx.saved_tensors  # type: ignore[attr-defined]
        heads, dropouts, blocks, drawn = ctx.plan  # type: ignore[attr-defined]
        found = [torch.empty_like(query), torch.zeros_like(keys), torch.zeros_like(values)]
        q, k, v, dq, dk, dv = (heads_of(x, heads) for x in (query, keys, values, *found))
        g = heads_of(gradient.contiguous(), heads)
        carried = (g * heads_of(attended, heads)).sum(dim=-1, keepdim=True).div_(sums)
        h = g * (_scales(query, dropouts) / sums)
        shown, large = visible.to(query.dtype), _large(query, keys, heads)
        scratch = _Scratch(query, blocks)
        for block, bits in zip(blocks, drawn, strict=True):
            at, at_keys = block.at_queries, block.at_keys
            powers = scratch.take(0, block)
            _exponentials(powers, q[at], k[at_keys], _shown(shown, block), _of(large, block))
            used = powers
            if bits is not None:
                used = kept_of(bits, dropouts[block.member], out=scratch.take(1, block)).mul_(powers)
            dv[at_keys].add_(torch.bmm(used.mT, h[at]))
            scores = torch.bmm(h[at], v[at_keys].mT, out=scratch.take(2, block)).mul_(used)
            scores.addcmul_(powers, carried[at], value=-1)
            dq[at].copy_(torch.bmm(scores, k[at_keys]))
            dk[at_keys].add_(torch.bmm(scores.mT, q[at]))
        return (*found, None, None, None)


class _Scratch:
    """Memory for the weights of a block, used for one block after the other: so it stays in the cache."""

    def __init__(self, like: Tensor, blocks: Sequence[Block]) -> None:
        self._size = max(block.weights for block in blocks)
        self._buffers = [like.new_empty(self._size) for _ in range(3)]

    def take(self, number: int, block: Block) -> Tensor:
        """Return one of three buffers, as a block's weights [B K, Tq, Tk]."""
        return self._buffers[number][: block.weights].view(block.shape)


def _exponentials(out: Tensor, q: Tensor, k: Tensor, shown: Tensor, large: Tensor | None) -> None:
    """Write ``exp(q k^T)``, 0 where a key is not shown; where that might overflow, ``exp(q k^T - its largest)``.

    Rows are divided by their sums either way. Minus infinity is kept away from exponentials where it can be: they
    take ten times as long over it as over numbers. What a sample gets does not depend on the others.

    Parameters
    ----------
    out : Tensor [shape=(B K, Tq, Tk)]
    q, k : Tensor [shape=(B K, Tq, H/K)], [shape=(B K, Tk, H/K)]
    shown : Tensor [shape=(B or 1, Tq, Tk)]
        1 where a key may be attended to, else 0.
    large : Tensor [shape=(B,)], optional
        Samples in which that might overflow; None: in none.
    """
    torch.bmm(q, k.mT, out=out)
    if large is None:
        out.exp_()
        out.view(len(shown), -1, *out.shape[1:]).mul_(shown[:, None])
        return
    by_sample = out.view(len(large), -1, *out.shape[1:])
    by_sample.add_(torch.where(shown[:, None] == 0, -torch.inf, 0.0))
    by_sample.sub_(torch.where(large[:, None, None, None], by_sample.amax(dim=-1, keepdim=True), 0.0)).exp_()


def _large(query: Tensor, keys: Tensor, heads: int) -> Tensor | None:
    """Return in which samples a score might leave the range of exponentials, [G, B]; None if in none, as mostly.

    A product of d numbers is at most d times the product of the largest.
    """
    limit = SAFE_SCORE / (query.shape[3] // heads)
    largest = [max(-float(low), float(high)) for low, high in (torch.aminmax(query), torch.aminmax(keys))]
    if largest[0] * largest[1] <= limit:
        return None
    return ~(query.abs().amax(dim=(1, 3)) * keys.abs().amax(dim=(1, 3)) <= limit)


def _of(large: Tensor | None, block: Block) -> Tensor | None:
    return None if large is None else large[block.member, block.samples]


def _scales(like: Tensor, dropouts: Sequence[float]) -> Tensor:
    """Return what each member's kept weights are multiplied by, [G, 1, 1, 1]."""
    return like.new_tensor([scale(p) if p else 1.0 for p in dropouts]).view(-1, 1, 1, 1)


def _shown(shown: Tensor, block: Block) -> Tensor:
    """Return a block's mask, [B or 1, Tq, Tk]; one sample's may stand for all."""
    samples = block.samples if shown.shape[1] > 1 else slice(None)
    return shown[block.member, samples, block.steps, block.keys]


def _blocks(visible: Tensor, batch: int, heads: int) -> list[Block]:
    """Return blocks that together are every query step of every sample of every member once."""
    members, _, steps, _ = visible.shape
    # [Tq, Tk], by any member. Where samples have masks of their own all keys are taken: how many are added up would
    # otherwise depend on the other samples of the batch, and so would the last digit.
    seen = visible.flatten(0, 1).any(dim=0) | (visible.shape[1] > 1)
    count = max(1, min(steps // STEPS, 8))
    blocks = []
    for chunk in torch.arange(steps).tensor_split(count):
        first, end = int(chunk[0]), int(chunk[-1]) + 1
        width = int(seen[first:end].any(dim=0).nonzero().amax()) + 1
        size = max(1, BLOCK // (heads * (end - first) * width))
        blocks += [
            Block(member, slice(a, b), slice(a * heads, b * heads), slice(first, end), slice(0, width))
            for member in range(members)
            for a, b in ((a, min(a + size, batch)) for a in range(0, batch, size))
        ]
    return blocks
