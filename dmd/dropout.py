"""Dropout whose masks are cheap on a CPU."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_LEVELS = 1 << 16


def dropout(x: Tensor, probability: float, *, training: bool) -> Tensor:
    """Zero each value with a probability and scale the others up to keep the mean.

    On a CPU, 16 random bits decide over each value, so the probability is met to 2^-17 and a mask costs a
    quarter of torch's own; the scale is exact for the probability that is used. Elsewhere this is torch's.
    """
    if not training or probability == 0.0:
        return x
    if x.device.type != "cpu":
        return torch.nn.functional.dropout(x, probability)
    return x * keep_mask(x.shape, probability, x.dtype)


def keep_mask(shape: Sequence[int], probability: float, dtype: torch.dtype) -> Tensor:
    """Return a CPU tensor of 0 (dropped) and ``1 / (1 - probability)`` (kept)."""
    dropped = round(probability * _LEVELS)
    count = math.prod(shape)
    words = torch.empty((count + 3) // 4, dtype=torch.int64)
    words.random_(torch.iinfo(torch.int64).min, None)  # all 64 bits of each word
    kept = words.view(torch.int16)[:count] >= dropped - _LEVELS // 2
    return kept.view(shape).to(dtype).mul_(_LEVELS / (_LEVELS - dropped))


class MemberDropout(nn.Module):
    """Dropout of a stack of G tensors, each with a probability of its own.

    Parameters
    ----------
    probabilities : sequence of float in [0, 1)
    """

    def __init__(self, probabilities: Sequence[float]) -> None:
        super().__init__()
        self.probabilities = tuple(probabilities)
        self.register_buffer("kept", 1.0 - torch.tensor(self.probabilities), persistent=False)
        self.kept: Tensor

    def forward(self, x: Tensor, members: slice = slice(None)) -> Tensor:
        """Drop values of ``x`` [shape=(G, ...)], where G may be some of the members."""
        probabilities = self.probabilities[members]
        if not self.training or not any(probabilities):
            return x
        if x.device.type != "cpu":
            kept = self.kept[members].view(-1, *[1] * (x.dim() - 1))
            return x * ((torch.rand_like(x) < kept) / kept)
        masks = [
            keep_mask(member.shape, p, x.dtype) if p else torch.ones_like(member)
            for member, p in zip(x.detach(), probabilities, strict=True)
        ]
        return x * torch.stack(masks)
