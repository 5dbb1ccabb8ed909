"""The transformers of both branches, and what each may attend to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dmd.config import MODALITIES, DmdConfig, Name
from dmd.network.layers import BankShape
from dmd.network.presence import Presence, visible
from dmd.network.transformer import TransformerBank, padded


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Sequences of each modality with what is known of their steps."""

    values: Mapping[Name, Tensor]
    """[B, T, H] a modality."""
    presence: Mapping[Name, Presence] | None
    """None under the reference objective, which has no masks."""
    aligned: bool

    def real(self, name: Name) -> Tensor:
        """Return which steps get a position, [B, T].

        The published rule, kept under the reference objective, takes a step for padding when the first
        channel of a transformer's input is exactly 0.
        """
        return self.values[name][..., 0] != 0 if self.presence is None else self.presence[name].attended

    def last(self, name: Name) -> Tensor:
        """Return the step that is read, [B]; under the reference objective the last one, padding or not."""
        values = self.values[name]
        if self.presence is None:
            return torch.full(values.shape[:1], values.shape[1] - 1, device=values.device)
        return self.presence[name].last

    def visible(self, query: Name, keys: Name) -> Tensor:
        """Return which keys each query step may attend to, [B or 1, Tq, Tk].

        The published causal mask lets the diagonal move with the difference of the lengths.
        """
        if self.presence is not None:
            return visible(self.presence[query], self.presence[keys], aligned=self.aligned)
        tq, tk = self.values[query].shape[1], self.values[keys].shape[1]
        ones = torch.ones(tq, tk, dtype=torch.bool, device=self.values[query].device)
        return ones.tril(abs(tk - tq))[None]

    def replaced(self, values: Mapping[Name, Tensor]) -> "Sequences":
        """Return other values on the same steps."""
        return Sequences(values, self.presence, self.aligned)


def self_attention(bank: TransformerBank, sequences: Sequences, names: Sequence[Name]) -> dict[Name, Tensor]:
    """Run one transformer a modality over its own sequence; return its last real step, [B, H] each."""
    groups = _groups([sequences.values[name].shape[1] for name in names])
    pooled: dict[Name, Tensor] = {}
    for first, end in groups:
        members = names[first:end]
        length = max(sequences.values[name].shape[1] for name in members)
        read = bank(
            padded([sequences.values[name] for name in members], length),
            padded([sequences.real(name) for name in members], length),
            _visible([sequences.visible(name, name) for name in members], length, length),
            pool=torch.stack([sequences.last(name) for name in members]),
            members=slice(first, end),
            published=sequences.presence is None,
        )
        pooled |= dict(zip(members, read, strict=True))
    return pooled


def cross_attention(
    bank: TransformerBank, sequences: Sequences, pairs: Sequence[tuple[Name, Name]]
) -> dict[tuple[Name, Name], Tensor]:
    """Run one transformer a pair (query modality, key modality); return [B, Tq, H] each."""
    lengths = {name: sequences.values[name].shape[1] for name in sequences.values}
    attended: dict[tuple[Name, Name], Tensor] = {}
    for first, end in _groups([lengths[q] * lengths[k] for q, k in pairs]):
        members = pairs[first:end]
        tq, tk = max(lengths[q] for q, _ in members), max(lengths[k] for _, k in members)
        found = bank.cross(
            padded([sequences.values[q] for q, _ in members], tq),
            padded([sequences.values[k] for _, k in members], tk),
            (
                padded([sequences.real(q) for q, _ in members], tq),
                padded([sequences.real(k) for _, k in members], tk),
            ),
            _visible([sequences.visible(q, k) for q, k in members], tq, tk),
            members=slice(first, end),
            published=sequences.presence is None,
        )
        attended |= {pair: x[: lengths[pair[0]]].transpose(0, 1) for pair, x in zip(members, found, strict=True)}
    return attended


class Heterogeneous(nn.Module):
    """Cross-modal attention among the specific features (paper, section 3.3, equations 9-10).

    For every modality, one transformer a partner whose keys it attends to; what they give stands side by
    side ([B, T, 2H]) and goes through a memory transformer, whose last real step is read. The place of a
    partner that is not there (ablations) is held by the modality's own features.
    """

    def __init__(self, config: DmdConfig) -> None:
        super().__init__()
        self.vertices = config.vertices
        partners = {q: [k for k in MODALITIES if k in config.modalities and k != q] for q in self.vertices}
        self.pairs = [(q, k) for q in self.vertices for k in partners[q]] if config.cross_attention else []
        drops = config.dropouts
        keys_drop = tuple(drops.attention(k) for _, k in self.pairs)
        self.cross = TransformerBank(bank_shape(config, keys_drop)) if self.pairs else None
        memory_drop = (drops.attention_text,) * len(self.vertices)
        self.memory = TransformerBank(bank_shape(config, memory_drop, memory=True))

    def forward(self, specific: Sequences) -> dict[Name, Tensor]:
        """Return [B, 2H] a modality, in graph order."""
        attended = {} if self.cross is None else cross_attention(self.cross, specific, self.pairs)
        sides = {}
        for query in self.vertices:
            found = [attended[pair] for pair in self.pairs if pair[0] == query]
            own = [specific.values[query]] * (2 - len(found))
            sides[query] = torch.cat([*found, *own], dim=-1)
        return self_attention(self.memory, specific.replaced(sides), self.vertices)


def bank_shape(config: DmdConfig, attention_dropout: tuple[float, ...], *, memory: bool = False) -> BankShape:
    """Return the shape of a bank of the model; memory transformers are twice as wide and have 3 layers or more."""
    return BankShape(
        width=config.width * (2 if memory else 1),
        heads=config.heads,
        layers=config.memory_levels if memory else config.levels,
        attention_dropout=attention_dropout,
        embed_dropout=config.dropouts.embed,
        relu_dropout=config.dropouts.relu,
        residual_dropout=config.dropouts.residual,
        positions=max(config.length(name) for name in MODALITIES),
    )


def _groups(costs: Sequence[int]) -> list[tuple[int, int]]:
    """Return ranges of members to run together: all if padding them to one length costs little, else one by one."""
    if max(costs) * len(costs) <= 1.3 * sum(costs):
        return [(0, len(costs))]
    return [(index, index + 1) for index in range(len(costs))]


def _visible(allowed: Sequence[Tensor], tq: int, tk: int) -> Tensor:
    """Stack masks into [G, B or 1, tq, tk]; queries that are only there to fill up see the first key."""
    stacked = torch.stack([nn.functional.pad(x, (0, tk - x.shape[2], 0, tq - x.shape[1])) for x in allowed])
    if any(x.shape[1] < tq for x in allowed):
        stacked[..., 0] |= ~stacked.any(dim=-1)
    return stacked
