"""Several small transformers of one shape, run as one.

DMD is twelve transformers of four layers whose tensors are small: run one by one they cost as much in calls as
in arithmetic. A bank stacks their weights, so that one batched product does the same layer of all of them.

Legend: `N` layers, `G` members, `B` batch, `T` steps, `H` width. Sequences lie as [G, T, B, H] inside a bank
(`padded` puts them so), because attention then needs no copies.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from dmd.network.attention import LONG, attend
from dmd.network.bank_scoring import Task, run, worth_it
from dmd.network.dropout import dropout
from dmd.network.feedforward import feed_forward
from dmd.network.layers import Affine, BankShape, Layer, StackedLayers
from dmd.network.norm import layer_norm
from dmd.network.positions import sinusoid_table


class TransformerBank(nn.Module):
    """Pre-norm transformer encoders after MulT (Tsai et al., ACL 2019), G of them side by side.

    A member embeds its input as ``sqrt(H) x + position``, then each of N layers does
    ``x + attention(norm(x), norm(keys))`` and ``x + feed_forward(norm(x))``, then a last norm. Without
    ``keys`` it attends to itself. Given keys are embedded once and stay the same in every layer, and the
    norm before the attention is shared by queries, keys and values, as published.

    Parameters
    ----------
    shape : BankShape
    """

    def __init__(self, shape: BankShape) -> None:
        super().__init__()
        self.shape = shape
        self.layers = StackedLayers(shape)
        self.final_gain = nn.Parameter(torch.ones(shape.members, shape.width))
        self.final_offset = nn.Parameter(torch.zeros(shape.members, shape.width))
        self.register_buffer("position_table", sinusoid_table(shape.positions, shape.width), persistent=False)
        self.position_table: Tensor

    def forward(
        self,
        x: Tensor,
        real: Tensor,
        visible: Tensor,
        *,
        pool: Tensor | None = None,
        members: slice = slice(None),
        published: bool = False,
    ) -> Tensor:
        """Let every member attend to its own sequence.

        Parameters
        ----------
        x : Tensor [shape=(G, T, B, H)]
        real : Tensor [shape=(G, T, B)], bool
            Steps that get a position.
        visible : Tensor [shape=(G, B or 1, T, T)], bool
            Which keys each query step may attend to.
        pool : Tensor [shape=(G, B)], long, optional
            The one step of each sample that is read; the last layer computes no other.
        members : slice
            The members to run, where not all: G is their number.
        published : bool
            See `dmd.network.attention.attend`.

        Returns
        -------
        Tensor [shape=(G, T, B, H), or (G, B, H) when pooled]
        """
        x = self._embed(self._scaled(x, real))
        layers = self.layers.folded(members)
        if worth_it(x) and not (self.training or (published and x.shape[1] > LONG)):
            x = self._affine_part(run(Task(x, None, visible, pool), layers, self.shape.heads), members)
            return x if pool is None else x[:, 0]
        for index, layer in enumerate(layers):
            normed = layer_norm(x)
            keys, values = (_affine(normed, into).view_as(normed) for into in (layer.keys, layer.values))
            if pool is not None and index == len(layers) - 1:
                at = pool[:, None, :, None].expand(-1, -1, -1, x.shape[3])
                x, normed = x.gather(1, at), normed.gather(1, at)
                row = pool[:, :, None, None].expand(-1, -1, -1, visible.shape[3])
                visible = visible.expand(-1, x.shape[2], -1, -1).gather(2, row)
            x = self._layer(x, normed, keys, values, visible, layer, members, published)
        x = self._final(x, members)
        return x if pool is None else x[:, 0]

    def cross(
        self,
        x: Tensor,
        keys: Tensor,
        real: tuple[Tensor, Tensor],
        visible: Tensor,
        *,
        members: slice = slice(None),
        published: bool = False,
    ) -> Tensor:
        """Let every member's query sequence attend to a sequence of another modality.

        Parameters
        ----------
        x, keys : Tensor [shape=(G, Tq, B, H)], [shape=(G, Tk, B, H)]
        real : two Tensors [shape=(G, Tq, B)], [shape=(G, Tk, B)], bool
            Steps of queries and of keys that get a position.
        visible : Tensor [shape=(G, B or 1, Tq, Tk)], bool
            Which keys each query step may attend to.
        members : slice
            The members to run, where not all: G is their number.
        published : bool
            See `dmd.network.attention.attend`.

        Returns
        -------
        Tensor [shape=(G, Tq, B, H)]
        """
        x = self._embed(self._scaled(x, real[0]))
        scaled = self._scaled(keys, real[1])
        # Keys and values are one stream, until dropout makes two of it.
        apart = self.training and self.shape.embed_dropout > 0
        layers = self.layers.folded(members)
        if worth_it(x) and not (self.training or (published and keys.shape[1] > LONG)):
            return self._affine_part(run(Task(x, scaled, visible, None), layers, self.shape.heads), members)
        key_stream = layer_norm(self._embed(scaled))
        value_stream = layer_norm(self._embed(scaled)) if apart else key_stream
        for layer in layers:
            k = _affine(key_stream, layer.keys).view_as(keys)
            v = _affine(value_stream, layer.values).view_as(keys)
            x = self._layer(x, layer_norm(x), k, v, visible, layer, members, published)
        return self._final(x, members)

    def _scaled(self, x: Tensor, real: Tensor) -> Tensor:
        positions = self.position_table[1 : x.shape[1] + 1, None] * real[..., None]
        return torch.add(positions, x, alpha=math.sqrt(self.shape.width))

    def _embed(self, scaled: Tensor) -> Tensor:
        return dropout(scaled, self.shape.embed_dropout, training=self.training)

    def _layer(
        self,
        x: Tensor,
        normed: Tensor,
        k: Tensor,
        v: Tensor,
        visible: Tensor,
        layer: Layer,
        members: slice,
        published: bool,
    ) -> Tensor:
        shape = self.shape
        drops = shape.attention_dropout[members] if self.training else (0.0,) * len(x)
        query = _affine(normed, layer.query).view_as(x)
        attended = attend(query, k, v, visible, heads=shape.heads, dropouts=drops, published=published)
        x = self._joined(x, self._base(x, layer.out[1]).baddbmm_(attended.flatten(1, 2), layer.out[0]))
        base = self._base(x, layer.narrow[1])
        drop = shape.relu_dropout if self.training else 0.0
        return self._joined(
            x, feed_forward(layer_norm(x).flatten(1, 2), base, layer.widen, layer.narrow[0], drop=drop)
        )

    def _base(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return what a sublayer's product is added to, [G, T B, H]: bias and residual, if no dropout parts them."""
        flat = x.flatten(1, 2)
        return bias.expand_as(flat).clone() if self.training and self.shape.residual_dropout else flat + bias

    def _joined(self, x: Tensor, added: Tensor) -> Tensor:
        """Return x plus a sublayer, where ``added`` is the sublayer or already the sum."""
        if self.training and self.shape.residual_dropout:
            return x + dropout(added.view_as(x), self.shape.residual_dropout, training=True)
        return added.view_as(x)

    def _final(self, x: Tensor, members: slice) -> Tensor:
        return self._affine_part(layer_norm(x), members)

    def _affine_part(self, normed: Tensor, members: slice) -> Tensor:
        gain, offset = self.final_gain[members, None, None], self.final_offset[members, None, None]
        return torch.addcmul(offset, normed, gain)


def padded(sequences: Sequence[Tensor], length: int) -> Tensor:
    """Stack G sequences [B, T_g, ...] into [G, length, B, ...], with zeros after their ends."""
    stepped = [x.transpose(0, 1) for x in sequences]
    gaps = [(0, 0) * (x.dim() - 1) + (0, length - x.shape[0]) for x in stepped]
    return torch.stack([functional.pad(x, gap) if gap[-1] else x for x, gap in zip(stepped, gaps, strict=True)])


def _affine(x: Tensor, into: Affine) -> Tensor:
    """Return ``x @ weight + bias`` for each member: [G, T, B, I] gives [G, T B, O]."""
    weight, bias = into
    return torch.baddbmm(bias, x.flatten(1, 2), weight)
