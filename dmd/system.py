"""DmdSystem: the model with its two graph-distillation units, what is trained and saved."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from dmd.config import DmdConfig
from dmd.model import DMD
from dmd.objectives.distillation import GraphDistillation, unit
from dmd.objectives.losses import Objective
from dmd.output import DmdOutput, LossTerms
from pipeline.batch import Batch, Modality, Pieces
from pipeline.errors import UsageError


class DmdSystem(nn.Module):
    """A model, and the units that distil between its branches while it is trained.

    Parameters
    ----------
    config : DmdConfig
    """

    def __init__(self, config: DmdConfig) -> None:
        super().__init__()
        self.config = config
        self.dmd = DMD(config)
        graph = config.graph
        self.homo = self._unit("homo") if graph and config.homo_distillation else None
        self.hetero = self._unit("hetero") if graph and config.hetero_distillation else None

        self.objective = Objective(config)

    def _unit(self, kind: str) -> GraphDistillation:
        return unit(kind, self.config.vertices, self.config.classes, self.config.width)

    def forward(self, batch: Batch) -> DmdOutput:
        """Return the model's output with the edges of both units."""
        output: DmdOutput = self.dmd(batch)
        return replace(
            output,
            homo_edges=None if self.homo is None else self.homo(output.homo),
            hetero_edges=None if self.hetero is None else self.hetero(output.hetero),
        )

    def step_losses(self, batch: Batch) -> tuple[DmdOutput, LossTerms]:
        """Return output and loss terms of a labelled batch under the configured objective.

        Raises
        ------
        UsageError
            When the batch has no labels.
        """
        if batch.labels is None:
            raise UsageError("this batch has no labels; training needs them")
        output: DmdOutput = self(batch)
        return output, self.objective(output, batch.labels, self.homo, self.hetero)

    @torch.no_grad()
    def predict(self, batch: Batch) -> Tensor:
        """Return scores [B], or class probabilities [B, C], without dropout and without a graph.

        The branches that only the objective reads are not computed.
        """
        was_training = self.training
        self.eval()
        try:
            logits = self.dmd.score(batch)
        finally:
            self.train(was_training)
        return logits if self.config.task == "regression" else logits.softmax(dim=-1)

    def losses(self, text: Tensor, audio: Tensor, vision: Tensor, labels: Tensor) -> tuple[DmdOutput, LossTerms]:
        """Return output and loss terms of padded arrays under the published objective.

        Parameters
        ----------
        text : Tensor [shape=(B, L, D), or (B, 3, L) with a BERT inside: ids, mask, segments]
        audio, vision : Tensor [shape=(B, L, D)]
        labels : Tensor [shape=(B,)]

        Raises
        ------
        UsageError
            When the system was not built for the reference objective.
        """
        if self.config.objective != "reference":
            raise UsageError(
                "losses() is the published objective: configure objective='reference', or use step_losses()"
            )
        return self.step_losses(self.batch(text, audio, vision, labels))

    def score(self, text: Tensor, audio: Tensor, vision: Tensor) -> Tensor:
        """Return `predict` of padded arrays, in which every row counts as real (arguments as in `losses`)."""
        return self.predict(self.batch(text, audio, vision))

    def batch(self, text: Tensor, audio: Tensor, vision: Tensor, labels: Tensor | None = None) -> Batch:
        """Return padded arrays as a batch in which every row counts as real (arguments as in `losses`)."""
        dtype = self.dmd.fusion.common.weight.dtype
        return Batch(
            text=_pieces(text) if self.dmd.text_encoder is not None else _whole(text, dtype),
            audio=_whole(audio, dtype),
            face=_whole(vision, dtype),
            labels=None if labels is None else labels.reshape(-1).to(dtype),
        )


def _whole(values: Tensor, dtype: torch.dtype) -> Modality:
    """Return a modality in which every row is real."""
    return Modality(values.to(dtype), torch.ones(values.shape[:2], dtype=torch.bool, device=values.device))


def _pieces(text: Tensor) -> Pieces:
    """Return one row a piece from stacked ids, mask and segments [B, 3, L]."""
    ids, mask, segments = text.long().unbind(dim=1)
    return Pieces(ids=ids, mask=mask.bool(), word_index=None, rows=ids.shape[1], segments=segments)
