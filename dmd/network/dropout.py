"""Dropout whose masks are cheap on a CPU."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

_LEVELS = 1 << 16


def dropout(x: Tensor, probability: float, *, training: bool) -> Tensor:
    """Zero each value with a probability and scale the others up to keep the mean.

    On a CPU this is `kept` and `scale`; elsewhere it is torch's own.
    """
    if not training or probability == 0.0:
        return x
    if x.device.type != "cpu":
        return nn.functional.dropout(x, probability)
    return x * kept(x.shape, probability, x.dtype).mul_(scale(probability))


def kept(shape: Sequence[int], probability: float, dtype: torch.dtype) -> Tensor:
    """Return a random CPU tensor of 0 (dropped) and 1 (kept)."""
    return kept_of(RandomBits().draw(math.prod(shape)), probability, out=torch.empty(tuple(shape), dtype=dtype))


class RandomBits:
    """Random bits for masks: those of numpy's SFC64, seeded by one draw of torch's generator.

    Saving and restoring torch's random state repeats them. With `kept_of`, a mask costs a fifth of torch's own,
    which draws a double a value.
    """

    def __init__(self) -> None:
        self._stream = np.random.SFC64(int(torch.randint(torch.iinfo(torch.int64).max, ())))

    def draw(self, count: int) -> Tensor:
        """Return 16 random bits for each of ``count`` values, int16."""
        return torch.from_numpy(self._stream.random_raw((count + 3) // 4).view(np.int16))[:count]


def kept_of(bits: Tensor, probability: float, *, out: Tensor) -> Tensor:
    """Write the mask that random bits stand for into ``out``, contiguous; the probability is met to 2^-17."""
    torch.ge(bits, lowest_kept(probability), out=out.view(-1))
    return out


def scale(probability: float) -> float:
    """Return what kept values are multiplied by, exact for the probability that masks really have."""
    return _LEVELS / (_LEVELS - _dropped(probability))


def lowest_kept(probability: float) -> int:
    """Return the number from which on 16 random bits, read as a signed one, keep a value."""
    return _dropped(probability) - _LEVELS // 2


def _dropped(probability: float) -> int:
    """Return how many of the 2^16 values of the random bits drop."""
    return round(probability * _LEVELS)
