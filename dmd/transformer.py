"""Several small transformers of one shape, run as one.

DMD is twelve transformers of four layers whose tensors are small: run one by one they cost as much in calls as
in arithmetic. A bank stacks their weights, so that one batched product does the same layer of all of them.

Legend: `N` layers, `G` members, `B` batch, `Tq, Tk` query and key steps, `H` width, `K` heads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from dmd.attention import attend
from dmd.dropout import MemberDropout, dropout
from dmd.positions import sinusoid_table


@dataclass(frozen=True, slots=True)
class BankShape:
    """Shape and dropouts of a bank."""

    width: int
    """H"""
    heads: int
    """K"""
    layers: int
    """N"""
    attention_dropout: tuple[float, ...]
    """One probability a member (G of them)."""
    embed_dropout: float = 0.0
    relu_dropout: float = 0.0
    residual_dropout: float = 0.0
    positions: int = 512
    """Longest sequence."""

    @property
    def members(self) -> int:
        """G, the number of transformers."""
        return len(self.attention_dropout)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Weights of one layer of all members, with the layer norms' gains folded in."""

    query: tuple[Tensor, Tensor]
    """Weight [G, H, H] and bias [G, 1, H]; the scale of the dot product is in them."""
    keys_values: tuple[Tensor, Tensor]
    """[G, H, 2H], [G, 1, 2H]"""
    out: tuple[Tensor, Tensor]
    """[G, H, H], [G, 1, H]"""
    widen: tuple[Tensor, Tensor]
    """[G, H, 4H], [G, 1, 4H]"""
    narrow: tuple[Tensor, Tensor]
    """[G, 4H, H], [G, 1, H]"""


class TransformerBank(nn.Module):
    """Pre-norm transformer encoders after MulT (Tsai et al., ACL 2019), G of them side by side.

    A member embeds its input as ``sqrt(H) x + position``, then each of N layers does
    ``x + attention(norm(x), norm(keys))`` and ``x + feed_forward(norm(x))``, then a last norm. Without
    ``keys`` it attends to itself. Given keys are embedded once and stay the same in every layer, and the
    norm before the attention is shared by queries, keys and values, as published.

    A layer norm's gain and offset are folded into the product that follows it: ``(n g + o) W = n (g W) + o W``.

    Parameters
    ----------
    shape : BankShape
    """

    def __init__(self, shape: BankShape) -> None:
        super().__init__()
        self.shape = shape
        layers, members, width = shape.layers, shape.members, shape.width
        self.in_weight = nn.Parameter(torch.empty(layers, members, 3 * width, width))
        self.in_bias = nn.Parameter(torch.zeros(layers, members, 3 * width))
        self.out_weight = nn.Parameter(torch.empty(layers, members, width, width))
        self.out_bias = nn.Parameter(torch.zeros(layers, members, width))
        self.widen_weight = nn.Parameter(torch.empty(layers, members, 4 * width, width))
        self.widen_bias = nn.Parameter(torch.zeros(layers, members, 4 * width))
        self.narrow_weight = nn.Parameter(torch.empty(layers, members, width, 4 * width))
        self.narrow_bias = nn.Parameter(torch.zeros(layers, members, width))
        self.attention_gain = nn.Parameter(torch.ones(layers, members, width))
        self.attention_offset = nn.Parameter(torch.zeros(layers, members, width))
        self.feed_gain = nn.Parameter(torch.ones(layers, members, width))
        self.feed_offset = nn.Parameter(torch.zeros(layers, members, width))
        self.final_gain = nn.Parameter(torch.ones(members, width))
        self.final_offset = nn.Parameter(torch.zeros(members, width))
        self.register_buffer("position_table", sinusoid_table(shape.positions, width), persistent=False)
        self.position_table: Tensor
        self.drop_weights = MemberDropout(shape.attention_dropout)
        for weight in (self.in_weight, self.out_weight, self.widen_weight, self.narrow_weight):
            bound = math.sqrt(6 / (weight.shape[-1] + weight.shape[-2]))  # Glorot, for each member and layer
            nn.init.uniform_(weight, -bound, bound)

    def forward(
        self, x: Tensor, real: Tensor, bias: Tensor, *, pool: Tensor | None = None, members: slice = slice(None)
    ) -> Tensor:
        """Let every member attend to its own sequence.

        Parameters
        ----------
        x : Tensor [shape=(G, B, T, H)]
        real : Tensor [shape=(G, B, T)], bool
            Steps that get a position.
        bias : Tensor [shape=(G, B or 1, T, T)]
            0 where a key may be attended to, -inf where not.
        pool : Tensor [shape=(G, B)], long, optional
            The one step of each sample that is read; the last layer computes no other.
        members : slice
            The members to run, where not all: G is their number.

        Returns
        -------
        Tensor [shape=(G, B, T, H), or (G, B, H) when pooled]
        """
        x = self._embed(x, real)
        layers = self._layers(members)
        for index, layer in enumerate(layers):
            normed = functional.layer_norm(x, x.shape[-1:])
            keys, values = self._keys_values(normed, normed, layer)
            if pool is not None and index == len(layers) - 1:
                x, normed, bias = _at(x, pool), _at(normed, pool), _at(bias.expand(-1, x.shape[1], -1, -1), pool)
            x = self._layer(x, normed, keys, values, bias, layer, members)
        x = self._final(x, members)
        return x if pool is None else x[:, :, 0]

    def cross(
        self,
        x: Tensor,
        keys: Tensor,
        real: Tensor,
        keys_real: Tensor,
        bias: Tensor,
        *,
        members: slice = slice(None),
    ) -> Tensor:
        """Let every member's query sequence attend to a sequence of another modality.

        Parameters
        ----------
        x, keys : Tensor [shape=(G, B, Tq, H)], [shape=(G, B, Tk, H)]
        real, keys_real : Tensor [shape=(G, B, Tq)], [shape=(G, B, Tk)], bool
            Steps that get a position.
        bias : Tensor [shape=(G, B or 1, Tq, Tk)]
            0 where a key may be attended to, -inf where not.
        members : slice
            The members to run, where not all: G is their number.

        Returns
        -------
        Tensor [shape=(G, B, Tq, H)]
        """
        x = self._embed(x, real)
        key_stream, value_stream = self._embed_keys(keys, keys_real)
        for layer in self._layers(members):
            normed = functional.layer_norm(x, x.shape[-1:])
            k, v = self._keys_values(key_stream, value_stream, layer)
            x = self._layer(x, normed, k, v, bias, layer, members)
        return self._final(x, members)

    def _scaled(self, x: Tensor, real: Tensor) -> Tensor:
        positions = self.position_table[1 : x.shape[2] + 1] * real[..., None]
        return torch.add(positions, x, alpha=math.sqrt(self.shape.width))

    def _embed(self, x: Tensor, real: Tensor) -> Tensor:
        return dropout(self._scaled(x, real), self.shape.embed_dropout, training=self.training)

    def _embed_keys(self, keys: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return the normed streams of keys and of values: one and the same unless dropout parts them."""
        scaled = self._scaled(keys, real)
        if not self.training or self.shape.embed_dropout == 0.0:
            normed = functional.layer_norm(scaled, scaled.shape[-1:])
            return normed, normed
        first, second = (
            functional.layer_norm(dropout(scaled, self.shape.embed_dropout, training=True), scaled.shape[-1:])
            for _ in range(2)
        )
        return first, second

    def _layers(self, members: slice) -> list[Layer]:
        """Return the layers' weights, folded and laid out for ``x @ weight``."""
        width = self.shape.width
        scale = (width // self.shape.heads) ** -0.5
        into, into_bias = _fold(self.in_weight, self.in_bias, self.attention_gain, self.attention_offset)
        query, keys_values = into[:, :, :width], into[:, :, width:]
        query_bias, keys_values_bias = into_bias[:, :, :width], into_bias[:, :, width:]
        products = (
            (query * scale, query_bias * scale),
            (keys_values, keys_values_bias),
            (self.out_weight, self.out_bias),
            _fold(self.widen_weight, self.widen_bias, self.feed_gain, self.feed_offset),
            (self.narrow_weight, self.narrow_bias),
        )
        stacked = [(w[:, members].mT.unbind(), b[:, members, None].unbind()) for w, b in products]
        by_layer = [list(zip(weights, biases, strict=True)) for weights, biases in stacked]
        return [Layer(*layer) for layer in zip(*by_layer, strict=True)]

    def _keys_values(self, keys: Tensor, values: Tensor, layer: Layer) -> tuple[Tensor, Tensor]:
        weight, bias = layer.keys_values
        if keys is values:
            first, second = _affine(keys, weight, bias).chunk(2, dim=-1)
            return first, second
        width = self.shape.width
        return (
            _affine(keys, weight[..., :width], bias[..., :width]),
            _affine(values, weight[..., width:], bias[..., width:]),
        )

    def _layer(
        self, x: Tensor, normed: Tensor, k: Tensor, v: Tensor, bias: Tensor, layer: Layer, members: slice
    ) -> Tensor:
        shape = self.shape
        query = _affine(normed, *layer.query)
        weighted = attend(query, k, v, bias, heads=shape.heads, drop=partial(self.drop_weights, members=members))
        attended = _affine(weighted, *layer.out)
        x = x + dropout(attended, shape.residual_dropout, training=self.training)
        hidden = functional.relu(_affine(functional.layer_norm(x, x.shape[-1:]), *layer.widen))
        hidden = dropout(hidden, shape.relu_dropout, training=self.training)
        return x + dropout(_affine(hidden, *layer.narrow), shape.residual_dropout, training=self.training)

    def _final(self, x: Tensor, members: slice) -> Tensor:
        normed = functional.layer_norm(x, x.shape[-1:])
        gain, offset = self.final_gain[members, None, None], self.final_offset[members, None, None]
        return torch.addcmul(offset, normed, gain)


def _fold(weight: Tensor, bias: Tensor, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """Return weight and bias that do a norm's affine part and the product after it in one."""
    return weight * gain[..., None, :], bias + (weight @ offset[..., None])[..., 0]


def _affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return ``x @ weight + bias`` for each member: [G, B, T, I] by [G, I, O] gives [G, B, T, O]."""
    members, batch, steps, _ = x.shape
    product = torch.baddbmm(bias, x.reshape(members, batch * steps, -1), weight)
    return product.view(members, batch, steps, -1)


def _at(x: Tensor, step: Tensor) -> Tensor:
    """Return one step of each sample: [G, B, T, H] at [G, B] gives [G, B, 1, H]."""
    return x.gather(2, step[..., None, None].expand(-1, -1, 1, x.shape[3]))


def padded(sequences: Sequence[Tensor], length: int) -> Tensor:
    """Stack [B, T_g, H] sequences into [G, B, length, H], with zeros after their ends."""
    return torch.stack([functional.pad(x, (0, 0, 0, length - x.shape[1])) for x in sequences])
