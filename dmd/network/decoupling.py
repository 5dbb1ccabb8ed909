"""Projection of each modality to the model width, and its decoupling into specific and common features."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from dmd.config import DmdConfig, Name
from dmd.network.presence import Presence
from dmd.output import Decoupled


class Projection(nn.Module):
    """Temporal convolution of one modality, without bias and padding: [B, L, D] -> [B, T, H].

    Under the corrected objective steps that are not real are zero, and a modality that is missing as a whole
    is one learned token in the first step.
    """

    def __init__(self, config: DmdConfig, name: Name) -> None:
        super().__init__()
        fan_in = config.dim(name) * config.kernel(name)
        weight = torch.empty(config.width, config.dim(name), config.kernel(name))
        self.convolution = nn.Parameter(nn.init.uniform_(weight, -(fan_in**-0.5), fan_in**-0.5))
        corrected = config.objective == "corrected"
        self.missing = nn.Parameter(torch.randn(config.width) * config.width**-0.5) if corrected else None

    def forward(self, values: Tensor, presence: Presence | None) -> Tensor:
        """Project ``values`` [shape=(B, L, D)]; ``presence`` is None under the reference objective."""
        projected = convolved(values, self.convolution)
        if presence is None or self.missing is None:
            return projected
        token = presence.attended & ~presence.observed
        projected = torch.where(presence.observed[..., None], projected, 0.0)
        return projected + token[..., None] * self.missing


def convolved(values: Tensor, weight: Tensor) -> Tensor:
    """Return the unpadded convolution over steps: [B, L, D] by [H, D, k] gives [B, L - k + 1, H].

    One product gives every row's share in each of the k windows it stands in; the shares of a window are then
    added. That is twice as quick as a convolution on a CPU.
    """
    width, _, kernel = weight.shape
    shares = values @ weight.permute(1, 2, 0).flatten(1)  # [B, L, k H]
    steps = values.shape[1] - kernel + 1
    windows = [shares[:, i : i + steps, i * width : (i + 1) * width] for i in range(kernel)]
    return torch.stack(windows).sum(dim=0) if kernel > 1 else shares


class Decoupling(nn.Module):
    """Feature decoupling (paper, section 3.1, equations 1-4): x_m -> s_m, c_m, and back.

    s_m = E_m(x_m), c_m = E(x_m) with one shared E; the decoder rebuilds x_m from both, and s_m is encoded
    again from what was rebuilt. Encoders and decoders are 1x1 convolutions, that is linear maps of each step.
    """

    def __init__(self, config: DmdConfig) -> None:
        super().__init__()
        width = config.width
        self.specific = nn.ModuleDict({name: nn.Linear(width, width, bias=False) for name in config.modalities})
        self.common = nn.Linear(width, width, bias=False)
        self.decoder = nn.ModuleDict({name: nn.Linear(2 * width, width, bias=False) for name in config.modalities})
        self.summary = _flat_projections(config)
        # The published model projects s_m too and reads it nowhere: 345,150 parameters on MOSI that never learn.
        self.unread = _flat_projections(config) if config.objective == "reference" else None

    def split(self, projected: Tensor, name: Name) -> tuple[Tensor, Tensor]:
        """Return s_m and c_m of ``projected`` [shape=(B, T, H)]: all that a score needs."""
        return self.specific[name](projected), self.common(projected)

    def forward(self, projected: Tensor, name: Name, observed: Tensor) -> Decoupled:
        """Take one modality apart and put it together again.

        Parameters
        ----------
        projected : Tensor [shape=(B, T, H)]
        name : str
        observed : Tensor [shape=(B, T)], bool
        """
        specific, common = self.split(projected, name)
        rebuilt = self.decoder[name](torch.cat([specific, common], dim=-1))
        again = self.specific[name](rebuilt)
        # The published model flattens channels before steps here, and steps before channels in its heads.
        summary = self.summary[name](common.mT.flatten(1))
        unread = None if self.unread is None else self.unread[name](specific.flatten(1))
        return Decoupled(projected, specific, common, rebuilt, again, summary, observed, unread)


class Undecoupled(nn.Module):
    """The ablation without decoupling: specific and common features both are the projection."""

    def split(self, projected: Tensor, name: Name) -> tuple[Tensor, Tensor]:
        """Return the projection twice."""
        return projected, projected

    def forward(self, projected: Tensor, name: Name, observed: Tensor) -> Decoupled:
        """Return a record in which nothing was taken apart; no loss reads its other fields."""
        summary = functional.normalize(projected.mean(dim=1), dim=-1)
        return Decoupled(projected, projected, projected, projected, projected, summary, observed)


def _flat_projections(config: DmdConfig) -> nn.ModuleDict:
    """Return one linear map a modality from all its steps [B, T H] to [B, H]."""
    width = config.width
    return nn.ModuleDict({name: nn.Linear(width * config.steps(name), width) for name in config.modalities})
