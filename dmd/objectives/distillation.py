"""Graph distillation: how much each modality learns from each other one."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from dmd.config import GRAPH_ORDER, Name, Representation
from dmd.output import DistillationTerms, Edges, Vertex

ALPHA = 1 / 8
"""Scale of the edges before their softmax."""
REGULARISER_WEIGHT = 10.0
REPRESENTATION_WEIGHT = 10.0
TEMPERATURE = 0.25
"""Of the prior's softmax."""

HOMO_PRIOR: frozenset[tuple[Name, Name]] = frozenset({("face", "text"), ("audio", "text")})
"""Pairs (student, teacher) that the prior favours: the paper's L->V and L->A."""
HETERO_PRIOR: frozenset[tuple[Name, Name]] = HOMO_PRIOR | {("audio", "face")}
"""And V->A."""


class GraphDistillation(nn.Module):
    """A graph-distillation unit (paper, section 3.2, equations 5-8).

    Vertices are modalities with a logit and a representation, ``z_m = [W_l logit_m; W_r repr_m]``. Each ordered
    pair (j, k) is an edge along which student j learns from teacher k (the figure's arrow is drawn k -> j):
    ``w_jk = softmax over all edges of ALPHA W_e [z_j; z_k]``.

    Effect of both units on three views of CMU-MOSI's words (five folds, five seeds; docs/measurements.md): MAE of a
    seed 0.901 with, 0.906 without (-0.005, 95 % interval -0.013 to 0.003: no difference), of the seeds' mean
    prediction 0.865 and 0.873 (-0.008, -0.017 to -0.000). Either unit alone: no difference.

    Parameters
    ----------
    vertices : sequence of str
        Modalities, in graph order.
    classes : int
        C
    width : int
        R, of the representations.
    size : int
        Of each half of z (published: 64 homogeneous, 32 heterogeneous).
    prior : set of (student, teacher)
        Edges that are favoured beforehand.
    """

    def __init__(
        self, vertices: Sequence[Name], classes: int, width: int, size: int, prior: frozenset[tuple[Name, Name]]
    ) -> None:
        super().__init__()
        self.vertices = tuple(name for name in GRAPH_ORDER if name in vertices)
        self.pairs = [(j, k) for j in self.vertices for k in self.vertices if k != j]
        self.logit_map = nn.Linear(classes, size)
        self.representation_map = nn.Linear(width, size)
        self.edge = nn.Linear(4 * size, 1)
        favoured = torch.tensor([float(pair in prior) for pair in self.pairs], dtype=torch.float64)
        # Rounded to single precision, as published, whatever precision the model then runs in.
        rounded = torch.softmax(favoured / TEMPERATURE, dim=0).to(torch.float32)
        self.register_buffer("prior", rounded, persistent=False)
        self.prior: Tensor

    def forward(self, graph: Mapping[Name, Vertex]) -> Edges:
        """Return the weight of each edge in each sample."""
        z = {
            name: torch.cat([self.logit_map(vertex.logits), self.representation_map(vertex.representation)], dim=-1)
            for name, vertex in graph.items()
        }
        # W_e [z_j; z_k] = W_student z_j + W_teacher z_k: three products of each kind serve all edges.
        halves = torch.stack([z[name] for name in self.vertices]) @ self.edge.weight.view(2, -1).T  # [M, B, 2]
        place = {name: index for index, name in enumerate(self.vertices)}
        raw = torch.stack([halves[place[j], :, 0] + halves[place[k], :, 1] for j, k in self.pairs], dim=1)
        raw = raw + self.edge.bias
        return Edges(weights=torch.softmax(raw * ALPHA, dim=1), raw=raw)

    def losses(
        self,
        graph: Mapping[Name, Vertex],
        edges: Edges,
        present: Mapping[Name, Tensor] | None,
        representation: Representation,
        *,
        weighted: bool = True,
    ) -> DistillationTerms:
        """Return the unit's three loss terms.

        ``regulariser = 10 sum (mean edge - prior)^2``; ``logits = sum over edges of
        mean((w + prior) |logit_j - logit_k|)`` with a teacher that gets no gradient; ``representation`` the same
        with 10 times the distance of the representations: their L1 distance for "together", the part of their
        cosine above 0 for "apart".

        Parameters
        ----------
        graph : mapping of modality to Vertex
        edges : Edges
        present : mapping of modality to Tensor [shape=(B,)], bool, or None
            An edge counts only in samples that have both ends; None: all do.
        representation : "off", "apart" or "together"
        weighted : bool
            False: "apart" uses the mean distance and the mean weight of an edge instead of each sample's, as
            published.
        """
        regulariser = REGULARISER_WEIGHT * (edges.weights.mean(dim=0) - self.prior).square().sum()
        weights = edges.weights + self.prior  # [B, E]
        if present is not None:
            both = torch.stack([present[j] & present[k] for j, k in self.pairs], dim=1)
            weights = weights * both
        logits = torch.stack(
            [(graph[j].logits - graph[k].logits.detach()).abs().sum(dim=1) for j, k in self.pairs], dim=1
        )
        distance = self._representation_distance(graph, representation)
        if not weighted and representation == "apart":
            distance = distance.mean(dim=0, keepdim=True)
        return DistillationTerms(
            regulariser=regulariser,
            logits=(weights * logits).mean(dim=0).sum(),
            representation=REPRESENTATION_WEIGHT * (weights * distance).mean(dim=0).sum(),
        )

    def _representation_distance(self, graph: Mapping[Name, Vertex], representation: Representation) -> Tensor:
        """Return [B, E]; zeros when the term is off."""
        ends = [(graph[j].representation, graph[k].representation.detach()) for j, k in self.pairs]
        if representation == "apart":
            return torch.stack([cosine(student, teacher).clamp(min=0) for student, teacher in ends], dim=1)
        if representation == "together":
            return torch.stack([(student - teacher).abs().sum(dim=1) for student, teacher in ends], dim=1)
        return torch.zeros_like(torch.stack([student[:, 0] for student, _ in ends], dim=1))


def cosine(x: Tensor, y: Tensor, dim: int = 1) -> Tensor:
    """Return the cosine as torch's cosine-embedding loss has it: 1e-12 is added to both squared norms.

    Reduces ``dim``. The plain loss refuses more than two dimensions since torch 1.10.
    """
    product = (x * y).sum(dim)
    squares = ((x * x).sum(dim) + 1e-12) * ((y * y).sum(dim) + 1e-12)
    return product / squares.sqrt()


def unit(kind: str, vertices: Sequence[Name], classes: int, width: int) -> GraphDistillation:
    """Return a unit of the published size: "homo" for common features, "hetero" for specific ones."""
    if kind == "homo":
        return GraphDistillation(vertices, classes, width, 64, HOMO_PRIOR)
    return GraphDistillation(vertices, classes, 2 * width, 32, HETERO_PRIOR)
