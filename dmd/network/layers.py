"""Weights of the layers of several transformers, stacked."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Affine = tuple[Tensor, Tensor]
"""Weight [G, I, O] and bias [G, 1, O] of ``x @ weight + bias``."""


@dataclass(frozen=True, slots=True)
class BankShape:
    """Shape and dropouts of a bank of transformers."""

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
    """One layer of all members, with the layer norms' gains and offsets and the attention's scale folded in."""

    query: Affine
    keys: Affine
    values: Affine
    out: Affine
    widen: Affine
    """H -> 4H"""
    narrow: Affine
    """4H -> H"""


class StackedLayers(nn.Module):
    """Weights of N layers of G transformers: every tensor is [N, G, ...].

    Parameters
    ----------
    shape : BankShape
    """

    def __init__(self, shape: BankShape) -> None:
        super().__init__()
        stack, width = (shape.layers, shape.members), shape.width
        self.scale = (width // shape.heads) ** -0.5
        self.in_weight = nn.Parameter(torch.empty(*stack, 3 * width, width))
        self.in_bias = nn.Parameter(torch.zeros(*stack, 3 * width))
        self.out_weight = nn.Parameter(torch.empty(*stack, width, width))
        self.out_bias = nn.Parameter(torch.zeros(*stack, width))
        self.widen_weight = nn.Parameter(torch.empty(*stack, 4 * width, width))
        self.widen_bias = nn.Parameter(torch.zeros(*stack, 4 * width))
        self.narrow_weight = nn.Parameter(torch.empty(*stack, width, 4 * width))
        self.narrow_bias = nn.Parameter(torch.zeros(*stack, width))
        self.attention_gain = nn.Parameter(torch.ones(*stack, width))
        self.attention_offset = nn.Parameter(torch.zeros(*stack, width))
        self.feed_gain = nn.Parameter(torch.ones(*stack, width))
        self.feed_offset = nn.Parameter(torch.zeros(*stack, width))
        for weight in (self.in_weight, self.out_weight, self.widen_weight, self.narrow_weight):
            bound = math.sqrt(6 / (weight.shape[-1] + weight.shape[-2]))  # Glorot, for each member and layer
            nn.init.uniform_(weight, -bound, bound)

    def folded(self, members: slice) -> list[Layer]:
        """Return the layers of some members, laid out for ``x @ weight``.

        A norm's affine part goes into the product after it: ``(n g + o) W = n (g W) + o W``.
        """
        into, into_bias = _fold(self.in_weight, self.in_bias, self.attention_gain, self.attention_offset)
        projections = into.unflatten(2, (3, -1)).unbind(2)  # type: ignore[no-untyped-call]
        biases = into_bias.unflatten(2, (3, -1)).unbind(2)  # type: ignore[no-untyped-call]
        products = (
            (projections[0] * self.scale, biases[0] * self.scale),
            (projections[1], biases[1]),
            (projections[2], biases[2]),
            (self.out_weight, self.out_bias),
            _fold(self.widen_weight, self.widen_bias, self.feed_gain, self.feed_offset),
            (self.narrow_weight, self.narrow_bias),
        )
        stacked = [(w[:, members].mT.unbind(), b[:, members, None].unbind()) for w, b in products]
        by_layer = [list(zip(weights, biases, strict=True)) for weights, biases in stacked]
        return [Layer(*layer) for layer in zip(*by_layer, strict=True)]


def _fold(weight: Tensor, bias: Tensor, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    return weight * gain[..., None, :], bias + (weight @ offset[..., None])[..., 0]
