"""Which steps of a batch are real, where, and what may attend to what.

Under the corrected objective a score depends on the real rows of a sample alone: not on how many rows of
padding stand before, between or after them, not on what values stand in masked places, not on the other
samples of the batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dmd.config import DmdConfig, Name
from pipeline.batch import Modality


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """Steps of one modality after its convolution."""

    observed: Tensor
    """[B, T] bool, the step stands on data."""
    attended: Tensor
    """[B, T] bool, the step may be attended to: observed, or the learned token of a missing modality."""
    present: Tensor
    """[B] bool, the sample has the modality."""

    @property
    def last(self) -> Tensor:
        """[B] long, the last step that is attended."""
        steps = torch.arange(self.attended.shape[1], device=self.attended.device)
        return (self.attended * steps).amax(dim=1)

    @property
    def first_only(self) -> Tensor:
        """[B, T] bool, True at the first step that is attended and nowhere else."""
        return self.attended & (self.attended.cumsum(dim=1) == 1)


def compacted(rows: Mapping[Name, Modality], config: DmdConfig) -> dict[Name, Modality]:
    """Move the real rows of each sample to the left and bring each modality to its fixed length.

    Aligned modalities share their rows: a row is padding where no modality has it, and a row that only some
    have keeps its place in all. Modalities that are not aligned are compacted each on its own. Values in
    masked places become 0.

    Raises
    ------
    ValueError
        When a sample has more real rows than the model's fixed length. Looked at only where the masks lie on
        the CPU: elsewhere looking would stop the device.
    """
    union = torch.stack([rows[name].mask for name in rows]).any(dim=0) if config.aligned else None
    result = {}
    for name, modality in rows.items():
        real = modality.mask if union is None else union
        length = config.length(name)
        if real.device.type == "cpu" and real.shape[1] > length and int(real.sum(dim=1).amax()) > length:
            raise ValueError(f"{name}: a sample has more than {length} real rows; cut it into segments first")
        order = torch.sort(real.to(torch.uint8), dim=1, descending=True, stable=True).indices[:, :length]
        mask = modality.mask.gather(1, order)
        values = modality.values.gather(1, order[..., None].expand(-1, -1, modality.values.shape[2]))
        values = torch.where(mask[..., None], values, 0.0)
        missing = length - values.shape[1]
        if missing:
            values = torch.nn.functional.pad(values, (0, 0, 0, missing))
            mask = torch.nn.functional.pad(mask, (0, missing))
        result[name] = Modality(values, mask)
    return result


def after_convolution(mask: Tensor, kernel: int) -> Presence:
    """Return which steps are real after an unpadded convolution over ``kernel`` rows.

    A step is real if its window begins on a real row. The rows that begin no window (the last ``kernel - 1``
    of the fixed length) are stood for by the last step, so that no real row is without one. The first step
    of a modality that is missing as a whole is its learned token.

    Parameters
    ----------
    mask : Tensor [shape=(B, L)], bool
    """
    steps = mask.shape[1] - kernel + 1
    observed = torch.cat([mask[:, : steps - 1], mask[:, steps - 1 :].any(dim=1, keepdim=True)], dim=1)
    present = observed.any(dim=1)
    token = torch.zeros_like(observed)
    token[:, 0] = ~present
    return Presence(observed, observed | token, present)


def visible(query: Presence, keys: Presence, *, aligned: bool) -> Tensor:
    """Return which keys each query step may attend to.

    Causality follows time. Aligned: key step j is visible to query step t when ``j <= t``. Else both
    sequences span the whole sample, so with n_q and n_k real steps, counted from 1: ``j n_q <= t n_k``. The
    token of a missing modality stands for all times and sees everything. The first real key is visible to
    all, so that no query is left with nothing.

    Returns
    -------
    Tensor [shape=(B, Tq, Tk)]
        Bool; every row has at least one True.
    """
    device = query.attended.device
    times = torch.arange(1, query.attended.shape[1] + 1, device=device)[:, None]
    key_times = torch.arange(1, keys.attended.shape[1] + 1, device=device)
    if aligned:
        causal = (key_times <= times)[None]
    else:
        counts = [presence.attended.sum(dim=1)[:, None, None] for presence in (query, keys)]
        causal = key_times * counts[0] <= times * counts[1]
    causal = causal | ~query.present[:, None, None]
    return (causal & keys.attended[:, None]) | keys.first_only[:, None]


def modality_dropout(rows: Mapping[Name, Modality], probability: float) -> dict[Name, Modality]:
    """Drop whole modalities of samples at random, never the last one a sample has.

    Each present modality goes with the given probability; where that would leave nothing, one of those
    that were present stays, each with equal chance.
    """
    present = torch.stack([modality.mask.any(dim=1) for modality in rows.values()])  # [M, B]
    draw = torch.rand(present.shape, device=present.device)
    kept = present & (draw >= probability)
    # Given that all were dropped, the draws are still exchangeable: the largest is a fair choice.
    spared = torch.where(present, draw, -1.0).argmax(dim=0)
    chosen = torch.nn.functional.one_hot(spared, len(rows)).T.bool()
    kept = kept | (chosen & ~kept.any(dim=0))
    return {
        name: Modality(modality.values, modality.mask & kept[index][:, None])
        for index, (name, modality) in enumerate(rows.items())
    }
