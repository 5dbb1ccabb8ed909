"""Losses that keep the decoupling honest: reconstruction, cycle and orthogonality (paper, equations 1, 2 and 4)."""

from torch import Tensor

from dmd.objectives.distillation import cosine
from dmd.output import Decoupled


def mean_square(x: Tensor, y: Tensor, steps: Tensor | None) -> Tensor:
    """Return the mean squared difference over all elements of the steps that count.

    Parameters
    ----------
    x, y : Tensor [shape=(B, T, H)]
    steps : Tensor [shape=(B, T)], bool, or None
        None: all steps count. With no step at all the loss is 0.
    """
    squares = (x - y).square()
    return squares.mean() if steps is None else mean_over(squares.mean(dim=2), steps)


def orthogonality(parts: Decoupled, *, published: bool) -> Tensor:
    """Return the mean cosine of specific and common features, where it is above 0.

    The paper wants s_m and c_m of a step orthogonal. ``published``: the cosine is taken over the batch
    instead, for each step and channel, as the published code does.
    """
    if published:
        return cosine(parts.specific, parts.common, dim=0).clamp(min=0).mean()
    return mean_over(cosine(parts.specific, parts.common, dim=2).clamp(min=0), parts.observed)


def mean_over(values: Tensor, counted: Tensor) -> Tensor:
    """Return the mean of the values that count, 0 when none does."""
    return (values * counted).sum() / counted.sum().clamp(min=1)
