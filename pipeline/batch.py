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

    def flat(self) -> list[Tensor]:
        """Return its features, masks, word pieces and labels in a fixed order, for `like` and `from_flat`."""
        parts = [tensor for part in (self.audio, self.face) for tensor in (part.values, part.mask)]
        if isinstance(self.text, Modality):
            parts = [self.text.values, self.text.mask, *parts]
        else:
            written = (self.text.ids, self.text.mask, self.text.word_index, self.text.segments)
            parts = [*(tensor for tensor in written if tensor is not None), *parts]
        return parts if self.labels is None else [*parts, self.labels]

    def like(self, tensors: Sequence[Tensor]) -> "Batch":
        """Return a batch of the same make of other tensors, in the order of `flat`, without ``rows``."""
        if isinstance(self.text, Modality):
            return Batch.from_flat(tensors)
        given = iter(tensors)
        ids, mask = next(given), next(given)
        index = None if self.text.word_index is None else next(given)
        segments = None if self.text.segments is None else next(given)
        text = Pieces(ids, mask, index, self.text.rows, segments)
        audio, face = (Modality(next(given), next(given)) for _ in range(2))
        return Batch(text, audio, face, next(given, None))

    @classmethod
    def from_flat(cls, tensors: Sequence[Tensor], rows: Tensor | None = None) -> Self:
        """Return the batch of features that `flat` took apart, or one of other tensors in that order."""
        text, audio, face = (Modality(tensors[at], tensors[at + 1]) for at in (0, 2, 4))
        return cls(text, audio, face, tensors[6] if len(tensors) > 6 else None, rows)
