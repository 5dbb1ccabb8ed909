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
    """Return a random CPU tensor of 0 (dropped) and 1 (kept).

    Sixteen random bits decide over each value, so the probability is met to 2^-17. The bits are those of
    numpy's SFC64, seeded by one draw of torch's generator: saving and restoring torch's random state repeats
    the masks. A mask costs a fifth of torch's own, which draws 32 bits and one double a value.
    """
    count = math.prod(shape)
    stream = np.random.SFC64(int(torch.randint(torch.iinfo(torch.int64).max, ())))
    bits = torch.from_numpy(stream.random_raw((count + 3) // 4).view(np.int16))[:count]
    mask = torch.empty(count, dtype=dtype)
    return torch.ge(bits, _dropped(probability) - _LEVELS // 2, out=mask).view(tuple(shape))


def scale(probability: float) -> float:
    """Return what kept values are multiplied by, exact for the probability that `kept` really has."""
    return _LEVELS / (_LEVELS - _dropped(probability))


def _dropped(probability: float) -> int:
    """Return how many of the 2^16 values of the random bits drop."""
    return round(probability * _LEVELS)
