"""DMD: project, decouple, attend, fuse, score."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dmd.config import DmdConfig, Name
from dmd.network.crossmodal import Heterogeneous, Sequences, bank_shape, self_attention
from dmd.network.decoupling import Decoupling, Projection, Undecoupled
from dmd.network.dropout import dropout
from dmd.network.heads import Fusion, HeadOutput, ResidualHead
from dmd.network.presence import Presence, after_convolution, compacted, modality_dropout
from dmd.network.text_encoder import TextEncoder
from dmd.network.transformer import TransformerBank
from dmd.output import DmdOutput, Vertex
from pipeline.batch import Batch, Modality, Pieces
from pipeline.errors import UsageError


class DMD(nn.Module):
    """Decoupled multimodal distilling (Li, Wang, Cui, CVPR 2023, arXiv 2303.13802).

    Each modality is projected to one width and decoupled into specific features s_m and common features c_m.
    The common features of all modalities meet in self-attention transformers, the specific ones in
    cross-modal transformers; the last real step of each goes into the fusion that gives the score. Heads on
    each modality's common (homogeneous) and specific (heterogeneous) features give the logits between which
    the graph-distillation units distil; they take no part in the score.

    What differs between the objectives, and why, is told in `dmd.objectives.losses`.

    Parameters
    ----------
    config : DmdConfig
    """

    def __init__(self, config: DmdConfig) -> None:
        super().__init__()
        self.config = config
        width, names, classes, drop = config.width, config.modalities, config.classes, config.dropouts.output
        self.text_encoder = None
        if config.text_encoder is not None and "text" in names:
            self.text_encoder = TextEncoder(config.text_encoder, pooler=config.objective == "reference")
        self.projection = nn.ModuleDict({name: Projection(config, name) for name in names})
        self.decoupling = Decoupling(config) if config.decoupling else Undecoupled()
        self.homo_head = nn.ModuleDict(
            {name: ResidualHead(width * config.steps(name), width, classes, drop) for name in names}
        )
        self.common_transformer = TransformerBank(
            bank_shape(config, tuple(config.dropouts.attention(name) for name in config.vertices))
        )
        self.common_head = ResidualHead(width * len(names), width * len(names), classes, drop)
        self.heterogeneous = Heterogeneous(config)
        self.hetero_head = nn.ModuleDict({name: ResidualHead(2 * width, 2 * width, classes, drop) for name in names})
        self.fusion = Fusion(config)

    def forward(self, batch: Batch) -> DmdOutput:
        """Return the scores of a batch and everything the objective reads."""
        projected, presence = self._project(batch)
        decoupled = {
            name: self.decoupling(x, name, self._observed(x, name, presence)) for name, x in projected.items()
        }
        common = {name: parts.common for name, parts in decoupled.items()}
        specific = {name: parts.specific for name, parts in decoupled.items()}

        common_pooled = self._common(common, presence)
        pooled = self.heterogeneous(self._sequences(specific, presence))

        homo = {name: self.homo_head[name](common[name].flatten(1)) for name in self.config.vertices}
        hetero = {name: self.hetero_head[name](pooled[name]) for name in self.config.vertices}
        joint: HeadOutput = self.common_head(common_pooled)
        return DmdOutput(
            logits=self._shaped(self.fusion(pooled, common_pooled)),
            common_logits=joint.logits,
            decoupled=decoupled,
            # The published choice: what is inside the homogeneous head, what comes out of the heterogeneous one.
            homo={name: Vertex(head.logits, head.hidden) for name, head in homo.items()},
            hetero={name: Vertex(head.logits, head.features) for name, head in hetero.items()},
            pooled=pooled,
            common_pooled=common_pooled,
            present={name: parts.observed.any(dim=1) for name, parts in decoupled.items()},
        )

    def score(self, batch: Batch) -> Tensor:
        """Return the logits alone, without the branches that only the objective reads.

        Returns
        -------
        Tensor [shape=(B,) for regression, (B, C) for classification]
        """
        projected, presence = self._project(batch)
        parts = {name: self.decoupling.split(x, name) for name, x in projected.items()}
        common_pooled = self._common({name: common for name, (_, common) in parts.items()}, presence)
        specific = {name: specific for name, (specific, _) in parts.items()}
        pooled = self.heterogeneous(self._sequences(specific, presence))
        return self._shaped(self.fusion(pooled, common_pooled))

    def _project(self, batch: Batch) -> tuple[dict[Name, Tensor], dict[Name, Presence] | None]:
        """Return each modality at the model width, [B, T, H], and which of its steps are real."""
        rows = self._rows(batch)
        if self.config.objective == "reference":
            values = {name: self._fixed_length(modality.values, name) for name, modality in rows.items()}
            presence = None
        else:
            if self.training and self.config.modality_dropout:
                rows = modality_dropout(rows, self.config.modality_dropout)
            rows = compacted(rows, self.config)
            values = {name: modality.values for name, modality in rows.items()}
            presence = {name: after_convolution(rows[name].mask, self.config.kernel(name)) for name in rows}
        if "text" in values:
            values["text"] = dropout(values["text"], self.config.dropouts.text, training=self.training)
        projected = {
            name: self.projection[name](x, None if presence is None else presence[name]) for name, x in values.items()
        }
        return projected, presence

    def _rows(self, batch: Batch) -> dict[Name, Modality]:
        """Return the rows of the modalities the model reads; word pieces go through BERT here."""
        found: Mapping[Name, Modality | Pieces] = {"text": batch.text, "audio": batch.audio, "face": batch.face}
        rows = {}
        for name in self.config.modalities:
            modality = found[name]
            if isinstance(modality, Pieces) != (name == "text" and self.text_encoder is not None):
                raise UsageError(
                    f"{name}: {type(modality).__name__} do not fit text_encoder={self.config.text_encoder}"
                )
            if isinstance(modality, Pieces):
                assert self.text_encoder is not None
                modality = self.text_encoder(modality)
            rows[name] = modality
        return rows

    def _fixed_length(self, values: Tensor, name: Name) -> Tensor:
        missing = self.config.length(name) - values.shape[1]
        if missing < 0:
            raise UsageError(
                f"{name}: {values.shape[1]} rows, but the model was built for {self.config.length(name)}"
            )
        return nn.functional.pad(values, (0, 0, 0, missing)) if missing else values

    def _common(self, common: Mapping[Name, Tensor], presence: Mapping[Name, Presence] | None) -> Tensor:
        sequences = self._sequences(common, presence)
        read = self_attention(self.common_transformer, sequences, self.config.vertices)
        return torch.cat([read[name] for name in self.config.vertices], dim=-1)

    def _sequences(self, values: Mapping[Name, Tensor], presence: Mapping[Name, Presence] | None) -> Sequences:
        return Sequences(values, presence, self.config.aligned)

    def _observed(self, x: Tensor, name: Name, presence: Mapping[Name, Presence] | None) -> Tensor:
        if presence is None:
            return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        return presence[name].observed

    def _shaped(self, logits: Tensor) -> Tensor:
        return logits[:, 0] if self.config.task == "regression" else logits
