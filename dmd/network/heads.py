"""Heads: from features to logits, and the fusion of all branches."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from dmd.config import DmdConfig, Name
from dmd.network.dropout import dropout


@dataclass(frozen=True, slots=True, eq=False)
class HeadOutput:
    """What a residual head computes on its way."""

    logits: Tensor
    """[B, C]"""
    hidden: Tensor
    """[B, hidden] after the ReLU, before dropout."""
    features: Tensor
    """[B, width] after the residual."""


class ResidualHead(nn.Module):
    """``W (x + narrow(dropout(relu(widen(x)))))``.

    Parameters
    ----------
    width, hidden, classes : int
        Width of x, of what is inside, and the number of logits C.
    drop : float
        Drop probability of what is inside.
    """

    def __init__(self, width: int, hidden: int, classes: int, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.enter = nn.Linear(width, hidden)
        self.leave = nn.Linear(hidden, width)
        self.score = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> HeadOutput:
        """Score ``x`` [shape=(B, width)]."""
        hidden = functional.relu(self.enter(x))
        features = x + self.leave(dropout(hidden, self.drop, training=self.training))
        return HeadOutput(self.score(features), hidden, features)


class Fusion(nn.Module):
    """Fusion of the heterogeneous features of each modality with the fused common ones (paper, section 3.4).

    A sigmoid of a linear map takes the place of each input. It is not a gate: nothing is multiplied by it.
    """

    def __init__(self, config: DmdConfig) -> None:
        super().__init__()
        width, count = config.width, len(config.modalities)
        self.specific = nn.ModuleDict({name: nn.Linear(2 * width, 2 * width) for name in config.modalities})
        self.common = nn.Linear(count * width, count * width)
        total = 3 * count * width
        self.head = ResidualHead(total, total, config.classes, config.dropouts.output)

    def forward(self, pooled: Mapping[Name, Tensor], common: Tensor) -> Tensor:
        """Return logits [B, C] from [B, 2H] a modality (in graph order) and [B, M H]."""
        parts = [self.specific[name](features) for name, features in pooled.items()]
        head: HeadOutput = self.head(torch.sigmoid(torch.cat([*parts, self.common(common)], dim=-1)))
        return head.logits
