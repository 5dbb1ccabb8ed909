"""What the model returns: typed records, one entry a modality.

`B` batch, `T` steps after the projection, `H` model width, `C` logits a head (1 for regression).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from dmd.config import Name


@dataclass(frozen=True, slots=True, eq=False)
class Decoupled:
    """One modality, taken apart and put together again (paper, section 3.1)."""

    projected: Tensor
    """[B, T, H] the modality after its temporal convolution."""
    specific: Tensor
    """[B, T, H] modality-exclusive features, s_m."""
    common: Tensor
    """[B, T, H] modality-irrelevant features, c_m."""
    rebuilt: Tensor
    """[B, T, H] the decoder's reconstruction of ``projected`` from both."""
    specific_again: Tensor
    """[B, T, H] s_m encoded from ``rebuilt``."""
    summary: Tensor
    """[B, H] the common features of all steps in one vector, compared across modalities by the margin loss."""
    observed: Tensor
    """[B, T] bool, the steps that stand on data: no padding, no learned token."""
    unread: Tensor | None = None
    """[B, H] reference objective: a projection of s_m that the published model computes and never reads."""


@dataclass(frozen=True, slots=True, eq=False)
class Vertex:
    """One modality's place in a distillation graph."""

    logits: Tensor
    """[B, C]"""
    representation: Tensor
    """[B, R]; R is H in the homogeneous graph, 2H in the heterogeneous one."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Weights of a graph-distillation unit."""

    weights: Tensor
    """[B, E] softmax over the E ordered pairs (student, teacher)."""
    raw: Tensor
    """[B, E] before the softmax."""


@dataclass(frozen=True, slots=True, eq=False)
class DmdOutput:
    """Everything the objective reads."""

    logits: Tensor
    """[B] for regression, [B, C] for classification."""
    common_logits: Tensor
    """[B, C] from the fused common features alone."""
    decoupled: Mapping[Name, Decoupled]
    homo: Mapping[Name, Vertex]
    """Graph of the common features."""
    hetero: Mapping[Name, Vertex]
    """Graph of the specific features after cross-modal attention."""
    pooled: Mapping[Name, Tensor]
    """[B, 2H] the memory transformer's last real step."""
    common_pooled: Tensor
    """[B, M H] last real steps of the common transformers, side by side in graph order."""
    present: Mapping[Name, Tensor]
    """[B] bool, whether the sample has the modality at all."""
    homo_edges: Edges | None = None
    hetero_edges: Edges | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DistillationTerms:
    """Losses of one graph-distillation unit, each a scalar."""

    regulariser: Tensor
    logits: Tensor
    representation: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class LossTerms:
    """The terms of an objective, unweighted, and their weighted total; each a scalar."""

    total: Tensor
    task: Tensor
    common_task: Tensor
    homo_task: Mapping[Name, Tensor]
    hetero_task: Mapping[Name, Tensor]
    reconstruction: Mapping[Name, Tensor]
    cycle: Mapping[Name, Tensor]
    orthogonality: Mapping[Name, Tensor]
    margin: Tensor
    homo: DistillationTerms | None
    hetero: DistillationTerms | None

    def named(self) -> dict[str, Tensor]:
        """Return every term under one flat name, detached, for logs."""
        terms = {"total": self.total, "task": self.task, "common_task": self.common_task, "margin": self.margin}
        for group in ("homo_task", "hetero_task", "reconstruction", "cycle", "orthogonality"):
            terms |= {f"{group}_{name}": term for name, term in getattr(self, group).items()}
        for unit, found in (("homo", self.homo), ("hetero", self.hetero)):
            if found is not None:
                terms[f"{unit}_regulariser"] = found.regulariser
                terms[f"{unit}_logits"] = found.logits
                terms[f"{unit}_representation"] = found.representation
        return {name: term.detach() for name, term in terms.items()}
