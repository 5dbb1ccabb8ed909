"""Batch: what a model sees of some samples, as padded tensors with masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

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

    def flat(self) -> list[Tensor] | None:
        """Return its features, masks and labels in a fixed order, for `from_flat`; None with word pieces."""
        if not isinstance(self.text, Modality):
            return None
        parts = [tensor for part in (self.text, self.audio, self.face) for tensor in (part.values, part.mask)]
        return parts if self.labels is None else [*parts, self.labels]

    @classmethod
    def from_flat(cls, tensors: Sequence[Tensor], rows: Tensor | None = None) -> Self:
        """Return the batch that `flat` took apart, or one of other tensors in that order."""
        text, audio, face = (Modality(tensors[at], tensors[at + 1]) for at in (0, 2, 4))
        return cls(text, audio, face, tensors[6] if len(tensors) > 6 else None, rows)
