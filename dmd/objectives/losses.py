"""The two objectives: the published one, and the one that mends it.

``reference`` reproduces the published losses, quirks included, for parity. ``corrected``, the default, differs
where the published code does not do what the paper says, or lets padding change a score:

- Padding. Published: no key mask, the last step is read even when it is padding, and a step counts as padding
  when a transformer's first input channel happens to be 0. Corrected: rows are compacted to the left, keys are
  masked, positions come from the mask, the last real step is read (`dmd.network.presence`). Effect: with the padding
  of CMU-MOSI sentences before instead of after the words, a published score moves by 0.76 on average, ours by 0.
- Missing modalities. Published: none. Corrected: a modality that is missing as a whole is one learned token; it
  takes no part in its own task losses, in reconstruction, in the margin loss or in distillation. Reason: one model
  for any part of text, voice and face. Effect: a score for what was there, and says so; no smaller error (MAE without
  the view that matters most 1.32, published with zeros in its place 1.30).
- Causality between sequences of different length. Published: the mask's diagonal moves by the difference of
  the lengths. Corrected: it follows time. Reason: lengths are sampling rates, not times. Effect: between the 50, 375
  and 500 steps of unaligned CMU-MOSI a published step sees 78 % of what comes later than it, ours 0.02 % (the first
  key, which all see); where lengths are equal both masks are one.
- Orthogonality of s_m and c_m. Published: the cosine runs over the batch (a slip of the dimension, which
  current torch refuses). Corrected: over the features of each real step. Effect after training: their mean absolute
  cosine at a step is 0.18, published 0.20.
- Distillation of representations. Published: the heterogeneous unit pushes representations apart, weighted by
  an edge's mean; the homogeneous term is computed and dropped. Corrected: as configured, with each sample's own
  edge weights; off by default, as the paper's equation distils logits. Effect (912
  clips, one seed): MAE 0.896 without, 0.915 pushed apart by each sample's weights (-0.019, -0.043 to 0.004), 0.900
  with both units' pulled together (-0.004, -0.050 to 0.044): no difference, so the simplest stands.
- Steps. Published: gradients of ten batches are summed, clipped after each, and what is left of an epoch is thrown
  away; the validation loss is a mean of batch means, rounded. Corrected: averaged, clipped once, nothing thrown away;
  a mean over clips. Reason: a short last batch weighed more. Effect: 81 steps an epoch of CMU-MOSI instead of 8.

Together, in 5-fold cross-validation on three views of CMU-MOSI's words (1,513 clips of 62 videos, five seeds), at
one rate and with nothing dropped in training: MAE 0.890 corrected, 0.879 with losses and masks as published; +0.010,
95 % interval -0.005 to 0.024; correlation 0.673 in both: no difference. The default, which drops modalities in
training as well: 0.897, +0.017, -0.002 to 0.036: no difference. What is mended is mended for its reason, not for a
better error. docs/measurements.md has the commands.

Both add up the same way: tasks + 0.05 homogeneous unit + 0.05 heterogeneous unit + 0.1 (cycle + reconstruction
+ 0.1 (margin + orthogonality)).
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from dmd.config import DmdConfig, Name
from dmd.objectives.distillation import GraphDistillation
from dmd.objectives.margin import margin_loss
from dmd.objectives.separation import mean_square, orthogonality
from dmd.output import DistillationTerms, DmdOutput, Edges, LossTerms, Vertex

DISTILLATION_WEIGHT = 0.05
DECOUPLING_WEIGHT = 0.1
SEPARATION_WEIGHT = 0.1
"""Of margin and orthogonality, inside the decoupling losses."""


class Objective(nn.Module):
    """The configured objective.

    Parameters
    ----------
    config : DmdConfig
    """

    def __init__(self, config: DmdConfig) -> None:
        super().__init__()
        self.config = config
        self.reference = config.objective == "reference"
        weights = None if config.class_weights is None else torch.tensor(config.class_weights)
        self.register_buffer("class_weights", weights, persistent=False)
        self.class_weights: Tensor | None

    def forward(
        self, output: DmdOutput, labels: Tensor, homo: GraphDistillation | None, hetero: GraphDistillation | None
    ) -> LossTerms:
        """Return the loss terms of a batch.

        Parameters
        ----------
        output : DmdOutput
            With the edges of the units that are given.
        labels : Tensor [shape=(B,)]
            Float for regression, long for classification.
        homo, hetero : GraphDistillation or None
        """
        pairs = output.decoupled if self.config.decoupling else {}
        steps = {name: None if self.reference else parts.observed for name, parts in pairs.items()}
        terms = LossTerms(
            total=output.logits.new_zeros(()),
            task=self._task(output.logits.view(len(labels), -1), labels),
            common_task=self._task(output.common_logits, labels),
            homo_task=self._tasks(output.homo, output, labels),
            hetero_task=self._tasks(output.hetero, output, labels),
            reconstruction={n: mean_square(parts.rebuilt, parts.projected, steps[n]) for n, parts in pairs.items()},
            cycle={n: mean_square(parts.specific, parts.specific_again, steps[n]) for n, parts in pairs.items()},
            orthogonality={n: orthogonality(parts, published=self.reference) for n, parts in pairs.items()},
            margin=self._margin(output, labels) if pairs else output.logits.new_zeros(()),
            homo=self._distil(homo, output.homo, output.homo_edges, output),
            hetero=self._distil(hetero, output.hetero, output.hetero_edges, output),
        )
        return replace(terms, total=self._total(terms))

    def _total(self, terms: LossTerms) -> Tensor:
        total = terms.task + terms.common_task + _sum(terms.homo_task) + _sum(terms.hetero_task)
        if terms.homo is not None:
            used = terms.homo.logits + terms.homo.regulariser
            # The published objective computes the homogeneous representation term and leaves it out.
            used = used if self.reference else used + terms.homo.representation
            total = total + DISTILLATION_WEIGHT * used
        if terms.hetero is not None:
            used = terms.hetero.logits + terms.hetero.representation + terms.hetero.regulariser
            total = total + DISTILLATION_WEIGHT * used
        if terms.reconstruction:
            separation = SEPARATION_WEIGHT * (terms.margin + _sum(terms.orthogonality))
            total = total + DECOUPLING_WEIGHT * (_sum(terms.cycle) + _sum(terms.reconstruction) + separation)
        return total

    def _tasks(self, graph: Mapping[Name, Vertex], output: DmdOutput, labels: Tensor) -> dict[Name, Tensor]:
        counted = {name: None if self.reference else output.present[name] for name in graph}
        return {name: self._task(vertex.logits, labels, counted[name]) for name, vertex in graph.items()}

    def _task(self, logits: Tensor, labels: Tensor, counted: Tensor | None = None) -> Tensor:
        """Return L1 (regression) or cross entropy (classification) over the samples that count, 0 when none does.

        Class weights scale each sample's loss, and the sum of weights divides, as in torch's cross entropy.
        """
        if self.config.task == "regression":
            losses = (logits[:, 0] - labels).abs()
        else:
            losses = functional.cross_entropy(logits, labels, reduction="none")
        if counted is None and self.class_weights is None:
            return losses.mean()
        weights = torch.ones_like(losses) if self.class_weights is None else self.class_weights[labels]
        weights = weights if counted is None else weights * counted
        return (losses * weights).sum() / weights.sum().clamp(min=torch.finfo(weights.dtype).tiny)

    def _margin(self, output: DmdOutput, labels: Tensor) -> Tensor:
        """Return the margin loss between the common features of all samples and modalities.

        A sample's own modalities are always alike, so there is a triplet exactly where two labels differ.
        Where labels lie on the CPU and are all equal, the published loss is a constant without a graph; so is
        this one, and the layers behind it get no gradient. On a device, looking would stop it: they get zeros.
        """
        if labels.device.type == "cpu" and bool((labels == labels[0]).all()):
            return output.logits.new_zeros(())
        names = list(output.decoupled)
        features = torch.cat([output.decoupled[name].summary for name in names])
        own = labels.repeat(len(names))
        distances = (own[:, None] - own).abs()
        if self.config.task == "classification":
            distances = distances != 0
        if self.reference:
            present = torch.ones_like(own, dtype=torch.bool)
        else:
            present = torch.cat([output.present[name] for name in names])
        return margin_loss(features, distances.to(features.dtype), present)

    def _distil(
        self,
        unit: GraphDistillation | None,
        graph: Mapping[Name, Vertex],
        edges: Edges | None,
        output: DmdOutput,
    ) -> DistillationTerms | None:
        if unit is None or edges is None:
            return None
        homo = graph is output.homo
        if self.reference:
            return unit.losses(graph, edges, None, "together" if homo else "apart", weighted=False)
        chosen = self.config.homo_representation if homo else self.config.hetero_representation
        return unit.losses(graph, edges, output.present, chosen)


def _sum(terms: Mapping[Name, Tensor]) -> Tensor:
    return torch.stack(list(terms.values())).sum()
