"""Samples to batches: normalised, padded to the model's lengths, masked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.batch import Batch, Modality, Pieces
from pipeline.dataset import Dataset, PieceRows, Rows
from pipeline.datasets.normaliser import Normaliser
from pipeline.datasets.schema import MODALITIES
from pipeline.errors import UsageError

CLS, SEP = 101, 102
"""Ids of [CLS] and [SEP] in BERT's English vocabularies; public files bring their own."""
MOST_PIECES = 510
"""Pieces that fit BERT's 512 positions beside [CLS] and [SEP]."""
PIECE_BLOCK = 4
"""Sequences of pieces are padded to a multiple of this, so that a sample's length has few values."""


@dataclass(frozen=True, slots=True)
class InputShape:
    """What a model takes in."""

    lengths: Mapping[str, int]
    """Rows of each modality after padding."""
    modalities: tuple[str, ...] = MODALITIES
    """Those the model reads; the others are masked as a whole."""
    pieces: bool = False
    """Text as word pieces for a BERT inside the model."""
    whole_rows: bool = False
    """Keep the values of rows that the source only padded: the published code reads them."""
    special: tuple[int, int] = field(default=(CLS, SEP))
    """Ids of [CLS] and [SEP]."""


class Collator:
    """Makes batches of a dataset's samples.

    Parameters
    ----------
    dataset : Dataset
    normaliser : Normaliser
    shape : InputShape
    targets : ndarray [shape=(n,)], optional
        Float for regression, integer for classification, one a sample.
    sources : mapping, optional
        Modality -> [n] the sample whose rows of it each sample gets instead of its own: how much a model
        relies on a modality shows when it is exchanged between samples.

    Raises
    ------
    UsageError
        The model reads word pieces and the dataset has none.
    """

    def __init__(
        self,
        dataset: Dataset,
        normaliser: Normaliser,
        shape: InputShape,
        targets: NDArray[np.float32] | NDArray[np.int64] | None = None,
        sources: Mapping[str, Rows] | None = None,
    ) -> None:
        if shape.pieces and (dataset.pieces is None or not len(dataset.pieces.ids)):
            raise UsageError(
                f"{dataset.name}: has no word pieces, which the BERT inside this model reads; use features"
            )
        self.dataset = dataset
        self.normaliser = normaliser
        self.shape = shape
        self._targets = targets
        self._sources = sources or {}

    def __call__(self, rows: Rows) -> Batch:
        """Return the batch of these samples, in this order."""
        audio, face = (self._modality(name, self._source(name, rows)) for name in ("audio", "face"))
        said = self._source("text", rows)
        text = self._pieces(said) if self.shape.pieces else self._modality("text", said)
        labels = None if self._targets is None else torch.from_numpy(self._targets[rows].copy())
        return Batch(text, audio, face, labels, torch.from_numpy(rows.astype(np.int64)))

    def piece_length(self, row: int) -> int:
        """Return the padded length of a sample's word pieces: a function of the sample alone."""
        assert self.dataset.pieces is not None
        row = int(self._sources["text"][row]) if "text" in self._sources else row
        return _padded(len(_sequence(self.dataset.pieces, row, self.shape.special)[0]))

    def _source(self, name: str, rows: Rows) -> Rows:
        return self._sources[name][rows] if name in self._sources else rows

    def _modality(self, name: str, rows: Rows) -> Modality:
        part, width = self.dataset.modalities[name], self.normaliser.scalings[name].width
        length = self.shape.lengths[name]
        values = np.zeros((len(rows), length, max(1, width)), np.float32)
        mask = np.zeros((len(rows), length), bool)
        if width == 0 or name not in self.shape.modalities or part.width == 0:
            return Modality(torch.from_numpy(values), torch.from_numpy(mask))
        for at, row in enumerate(rows):
            raw, real = part.sample(int(row))
            if len(raw) > length:
                raise UsageError(
                    f"{self.dataset.name}, clip {self._clip(int(row))!r}: {len(raw)} rows of {name}, the model takes "
                    f"{length}; cut the clip into segments"
                )
            clean = self.normaliser.apply(name, raw, self._speaker(int(row)))
            known = np.isfinite(clean)
            shown = known if self.shape.whole_rows else known & real[:, None]
            values[at, : len(raw)] = np.where(shown, clean, 0.0)
            mask[at, : len(raw)] = known.any(axis=1) & real
        return Modality(torch.from_numpy(values), torch.from_numpy(mask))

    def _clip(self, row: int) -> str:
        return self.dataset.clips[int(self.dataset.samples.clip[row])].clip_id

    def _speaker(self, row: int) -> str | None:
        return self.dataset.clips[int(self.dataset.samples.clip[row])].speaker

    def _pieces(self, rows: Rows) -> Pieces:
        pieces = self.dataset.pieces
        assert pieces is not None
        sequences = [_sequence(pieces, int(row), self.shape.special) for row in rows]
        length = _padded(max(len(ids) for ids, _ in sequences))
        if pieces.word_index is None:
            # One row a piece: the rows are the model's own, whatever the file padded.
            length = self.shape.lengths["text"]
        ids = np.zeros((len(rows), length), np.int64)
        mask = np.zeros((len(rows), length), bool)
        index = np.full((len(rows), length), -1, np.int64)
        for at, (found, words) in enumerate(sequences):
            count = min(len(found), length)
            ids[at, :count], index[at, :count] = found[:count], words[:count]
            if pieces.word_index is None:
                mask[at, :count] = self.dataset.modalities["text"].sample(int(rows[at]))[1][:count]
            else:
                mask[at, :count] = True
        word_index = None if pieces.word_index is None else torch.from_numpy(index)
        return Pieces(torch.from_numpy(ids), torch.from_numpy(mask), word_index, self.shape.lengths["text"])


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Return the batch on a device; on a GPU the copies do not stop the host."""
    if device.type == "cpu":
        return batch

    def move(tensor: Tensor) -> Tensor:
        return tensor.pin_memory().to(device, non_blocking=True)

    def moved(part: Modality) -> Modality:
        return Modality(move(part.values), move(part.mask))

    text: Modality | Pieces
    if isinstance(batch.text, Pieces):
        words = None if batch.text.word_index is None else move(batch.text.word_index)
        text = replace(batch.text, ids=move(batch.text.ids), mask=move(batch.text.mask), word_index=words)
    else:
        text = moved(batch.text)
    labels = None if batch.labels is None else move(batch.labels)
    return Batch(text, moved(batch.audio), moved(batch.face), labels, batch.rows)


def _padded(length: int) -> int:
    return -(-length // PIECE_BLOCK) * PIECE_BLOCK


def _sequence(pieces: PieceRows, row: int, special: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ids of a sample with [CLS] and [SEP], and the row of each piece (-1 for these two).

    Where the pieces do not fit BERT's positions, every word keeps its first pieces, as many as fit.
    """
    first, end = int(pieces.offsets[row]), int(pieces.offsets[row + 1])
    ids = np.asarray(pieces.ids[first:end], np.int64)
    if pieces.word_index is None:
        return ids, np.full(len(ids), -1, np.int64)
    words = np.asarray(pieces.word_index[first:end], np.int64)
    if len(ids) > MOST_PIECES:
        within = np.arange(len(words)) - np.searchsorted(words, words)
        most = max(k for k in range(1, MOST_PIECES + 1) if (within < k).sum() <= MOST_PIECES)
        ids, words = ids[within < most], words[within < most]
    return np.concatenate([[special[0]], ids, [special[1]]]), np.concatenate([[-1], words, [-1]])
