"""Batch: what a model sees of some samples, as padded tensors with masks."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Modality:
    """Normalised features of one modality of B samples."""

    values: Tensor
    """[B, L, D] float; 0.0 where the mask is False."""
    mask: Tensor
    """[B, L] bool, True where the step is real and the modality is present in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Word pieces of B samples, for a BERT inside the model."""

    ids: Tensor
    """[B, P] long, with [CLS] first and [SEP] last; padding id 0."""
    mask: Tensor
    """[B, P] bool, True where a piece is real."""
    word_index: Tensor | None
    """[B, P] long, the row each piece is pooled into, -1 for [CLS], [SEP] and padding; None: one row a piece."""
    rows: int
    """L, the number of rows after pooling."""
    segments: Tensor | None = None
    """[B, P] long, BERT's token types; None: all 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One batch of samples."""

    text: Modality | Pieces
    audio: Modality
    face: Modality
    labels: Tensor | None = None
    """[B] float for regression, long for classification."""
    rows: Tensor | None = None
    """[B] long, the sample's row in its dataset."""

    @property
    def size(self) -> int:
        """B, the number of samples."""
        return int(self.audio.values.shape[0])
