"""Where each published parameter lives in our model.

l, v, a are language, vision and audio. Published names follow commit 516d4e1 of the authors' code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from dmd.config import Name

if TYPE_CHECKING:
    from dmd.system import DmdSystem

LETTERS: Mapping[Name, str] = {"text": "l", "face": "v", "audio": "a"}
"""Published letter of a modality, in the published order of modules and results."""

_LAYER = (
    ("self_attn.in_proj_weight", "in_weight"),
    ("self_attn.in_proj_bias", "in_bias"),
    ("self_attn.out_proj.weight", "out_weight"),
    ("self_attn.out_proj.bias", "out_bias"),
    ("fc1.weight", "widen_weight"),
    ("fc1.bias", "widen_bias"),
    ("fc2.weight", "narrow_weight"),
    ("fc2.bias", "narrow_bias"),
    ("layer_norms.0.weight", "attention_gain"),
    ("layer_norms.0.bias", "attention_offset"),
    ("layer_norms.1.weight", "feed_gain"),
    ("layer_norms.1.bias", "feed_offset"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One published parameter and the (part of the) tensor of ours that holds it."""

    published: str
    ours: str
    index: tuple[int, ...] = ()
    """Layer and member inside a bank's stacked tensor; () for a whole tensor."""
    pointwise: bool = False
    """A published 1x1 convolution [out, in, 1] that is a linear map [out, in] here."""

    def take(self, tensor: Tensor) -> Tensor:
        """Return the published tensor out of ours."""
        part = tensor[self.index] if self.index else tensor
        return part.unsqueeze(-1) if self.pointwise else part

    def put(self, tensor: Tensor, published: Tensor) -> None:
        """Write the published tensor into ours."""
        part = tensor[self.index] if self.index else tensor
        part.copy_(published.squeeze(-1) if self.pointwise else published)


def places(system: "DmdSystem") -> list[Place]:
    """Return the place of every published parameter, in the published order."""
    return [*_text_model(system), *_branches(system), *_heads(), *_units()]


def _text_model(system: "DmdSystem") -> Iterator[Place]:
    encoder = system.dmd.text_encoder
    if encoder is not None:
        for name, _ in encoder.bert.named_parameters():
            yield Place(f"dmd.text_model.model.{name}", f"dmd.text_encoder.bert.{name}")


def _branches(system: "DmdSystem") -> Iterator[Place]:
    config = system.config
    for name in ("text", "audio", "face"):
        yield Place(f"dmd.proj_{LETTERS[name]}.weight", f"dmd.projection.{name}.convolution")
    for name, m in LETTERS.items():
        yield Place(f"dmd.encoder_s_{m}.weight", f"dmd.decoupling.specific.{name}.weight", pointwise=True)
    yield Place("dmd.encoder_c.weight", "dmd.decoupling.common.weight", pointwise=True)
    for name, m in LETTERS.items():
        yield Place(f"dmd.decoder_{m}.weight", f"dmd.decoupling.decoder.{name}.weight", pointwise=True)
    for published, ours in (("proj_cosine", "unread"), ("align_c", "summary")):
        for name, m in LETTERS.items():
            yield from _linear(f"dmd.{published}_{m}", f"dmd.decoupling.{ours}.{name}")
    for member, name in enumerate(config.vertices):
        published = f"dmd.self_attentions_c_{LETTERS[name]}"
        yield from _transformer(published, "dmd.common_transformer", member, config.levels)
    yield from _residual_head("dmd", "_c", "dmd.common_head")
    yield from _crossmodal(system)


def _crossmodal(system: "DmdSystem") -> Iterator[Place]:
    config, branch = system.config, system.dmd.heterogeneous
    for query in ("text", "audio", "face"):
        for member, (q, k) in enumerate(branch.pairs):
            if q == query:
                published = f"dmd.trans_{LETTERS[q]}_with_{LETTERS[k]}"
                yield from _transformer(published, "dmd.heterogeneous.cross", member, config.levels)
    for name in ("text", "audio", "face"):
        member = config.vertices.index(name)
        published = f"dmd.trans_{LETTERS[name]}_mem"
        yield from _transformer(published, "dmd.heterogeneous.memory", member, config.memory_levels)


def _heads() -> Iterator[Place]:
    for suffix, ours in (("low", "homo_head"), ("high", "hetero_head")):
        for name, m in LETTERS.items():
            yield from _residual_head("dmd", f"_{m}_{suffix}", f"dmd.{ours}.{name}")
    for name, m in LETTERS.items():
        yield from _linear(f"dmd.weight_{m}", f"dmd.fusion.specific.{name}")
    yield from _linear("dmd.weight_c", "dmd.fusion.common")
    yield from _residual_head("dmd", "", "dmd.fusion.head")


def _units() -> Iterator[Place]:
    for kind in ("homo", "hetero"):
        yield from _linear(f"{kind}.W_logit", f"{kind}.logit_map")
        yield from _linear(f"{kind}.W_repr", f"{kind}.representation_map")
        yield from _linear(f"{kind}.W_edge", f"{kind}.edge")


def _linear(published: str, ours: str) -> Iterator[Place]:
    for part in ("weight", "bias"):
        yield Place(f"{published}.{part}", f"{ours}.{part}")


def _residual_head(prefix: str, suffix: str, ours: str) -> Iterator[Place]:
    for published, part in (("proj1", "enter"), ("proj2", "leave"), ("out_layer", "score")):
        yield from _linear(f"{prefix}.{published}{suffix}", f"{ours}.{part}")


def _transformer(published: str, bank: str, member: int, layers: int) -> Iterator[Place]:
    for layer in range(layers):
        for theirs, ours in _LAYER:
            yield Place(f"{published}.layers.{layer}.{theirs}", f"{bank}.layers.{ours}", (layer, member))
    yield Place(f"{published}.layer_norm.weight", f"{bank}.final_gain", (member,))
    yield Place(f"{published}.layer_norm.bias", f"{bank}.final_offset", (member,))
