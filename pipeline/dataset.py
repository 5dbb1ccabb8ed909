"""Dataset: many samples in one form, whether they come from a store or from a public feature file.

A sample is one segment of a clip (an utterance of at most 50 rows in a store, a row of a public file). Values
are raw; what is not known is NaN; rows of samples of different length stand one after another, so that nothing
is padded before a batch is made. Arrays may be memory-mapped.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.aligned import AlignedClip
from pipeline.datasets.schema import MODALITIES, FeatureSchema, clip_schema
from pipeline.errors import SplitError, UsageError
from pipeline.track import WordFeatures

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ModalityRows:
    """All rows of one modality, the samples one after another."""

    values: NDArray[np.float32]
    """[shape=(R, D)] raw; NaN where the value is not known."""
    real: NDArray[np.bool_]
    """[shape=(R,)] False where the file that was read only padded."""
    offsets: NDArray[np.int64]
    """[shape=(n + 1,)] sample i has the rows `[offsets[i], offsets[i + 1])`."""
    present: NDArray[np.bool_]
    """[shape=(n,)] True where the sample has a known value in a real row."""

    @property
    def width(self) -> int:
        """D."""
        return int(self.values.shape[1])

    @property
    def longest(self) -> int:
        """Rows of the longest sample, padding of the file included."""
        return int(np.diff(self.offsets).max(initial=0))

    def sample(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return values [L, D] and real [L] of one sample."""
        first, end = int(self.offsets[index]), int(self.offsets[index + 1])
        return np.asarray(self.values[first:end]), np.asarray(self.real[first:end])


@dataclass(frozen=True, slots=True, eq=False)
class PieceRows:
    """Word pieces of all samples, the samples one after another."""

    ids: NDArray[np.int32]
    """[shape=(P,)] vocabulary ids; with [CLS] and [SEP] only if ``word_index`` is None."""
    word_index: NDArray[np.int32] | None
    """[shape=(P,)] the row of its sample that each piece belongs to; None: row i of the sample is piece i."""
    offsets: NDArray[np.int64]
    """[shape=(n + 1,)]"""


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """What is known of a clip beside its features."""

    clip_id: str
    text: str = ""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Name -> label as written: `label`, and what a public file has beside it (`annotation`, `label_T`, ...)."""
    split: str | None = None
    speaker: str | None = None
    video_id: str | None = None
    content: str | None = None
    """sha256 of the file it was cut from; None for a clip without media."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SampleIndex:
    """Where each of the n samples belongs."""

    clip: Rows
    """[shape=(n,)] index of its clip."""
    segment: Rows
    """[shape=(n,)] which segment of the clip it is, from 0."""
    weight: Rows
    """[shape=(n,)] how many rows it has: its weight in its clip's score."""
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Samples with their clips, labels, groups and splits."""

    name: str
    """What it was read from, as messages and reports call it."""
    clips: tuple[ClipRecord, ...]
    samples: SampleIndex
    modalities: Mapping[str, ModalityRows]
    """`text`, `audio`, `face`."""
    pieces: PieceRows | None
    schema: FeatureSchema
    source_sha256: str | None = None
    """sha256 of the public file it was read from; None for a store."""
    splits_are_published: bool = False
    """The split is part of a published file: groups on two sides are reported, not refused."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """JSON values: what was found and mended while reading."""

    def __len__(self) -> int:
        return len(self.samples.clip)

    @property
    def split_names(self) -> tuple[str, ...]:
        """The splits that any clip is in, sorted."""
        return tuple(sorted({clip.split for clip in self.clips if clip.split}))

    def clip_rows(self, clips: Iterable[int]) -> Rows:
        """Return the samples of these clips, in order."""
        return np.flatnonzero(np.isin(self.samples.clip, np.fromiter(clips, np.int64))).astype(np.int64)

    def clips_in(self, split: str) -> tuple[int, ...]:
        """Return the indices of the clips of a split.

        Raises
        ------
        SplitError
            No clip is in that split; the message names those that exist.
        """
        found = tuple(index for index, clip in enumerate(self.clips) if clip.split == split)
        if not found:
            have = ", ".join(self.split_names) or "none: no clip has a split"
            raise SplitError(f"{self.name}: there is no split {split!r}; there is {have}")
        return found

    def rows_in(self, split: str) -> Rows:
        """Return the samples of a split; raises as `clips_in`."""
        return self.clip_rows(self.clips_in(split))

    def with_splits(self, splits: Sequence[str | None]) -> "Dataset":
        """Return the same data with another split for every clip."""
        clips = tuple(replace(clip, split=split) for clip, split in zip(self.clips, splits, strict=True))
        return replace(self, clips=clips)

    def fingerprint(self) -> str:
        """Return a sha256 of everything training reads: equal exactly if a resumed run sees the same data."""
        digest = hashlib.sha256()
        records = [asdict(clip) for clip in self.clips]
        digest.update(json.dumps([records, self.schema.to_json(), self.source_sha256], sort_keys=True).encode())
        if self.source_sha256 is not None:
            return digest.hexdigest()
        for part in self.modalities.values():
            digest.update(part.offsets.tobytes() + part.real.tobytes())
            for first in range(0, len(part.values), 65536):
                digest.update(np.ascontiguousarray(part.values[first : first + 65536]).data)
        if self.pieces is not None:
            digest.update(self.pieces.ids.tobytes() + self.pieces.offsets.tobytes())
        return digest.hexdigest()


def dataset_from_clips(clips: Iterable[AlignedClip], name: str = "these clips") -> Dataset:
    """Make a dataset of aligned clips: one sample a segment.

    Parameters
    ----------
    clips : iterable of AlignedClip
        All of the same features.
    name : str
        What messages call them.

    Raises
    ------
    UsageError
        There is no clip.
    FeatureMismatchError
        The clips were not all extracted with the same columns and models.
    """
    gathered = _Gathered(name)
    for clip in clips:
        gathered.add(clip)
    if gathered.schema is None:
        raise UsageError(f"{name}: holds no clip; extract some first")
    return gathered.dataset(gathered.schema)


class _Gathered:
    """Segments of clips while they are being collected."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.schema: FeatureSchema | None = None
        self._records: list[ClipRecord] = []
        self._index: list[tuple[int, int, int, float, float]] = []
        self._values: dict[str, list[NDArray[np.float32]]] = {modality: [] for modality in MODALITIES}
        self._ids: list[NDArray[np.int32]] = []
        self._words: list[NDArray[np.int32]] = []

    def add(self, clip: AlignedClip) -> None:
        schema = clip_schema(clip)
        self.schema = self.schema or schema
        self.schema.demand(schema, MODALITIES, f"{self.name}, clip {clip.clip_id!r}")
        at = len(self._records)
        self._records.append(_record(clip))
        for number, segment in enumerate(clip.segments):
            rows = slice(segment.first_word, segment.end_word)
            count = segment.end_word - segment.first_word
            self._index.append((at, number, count, segment.start_s, segment.end_s))
            for modality in MODALITIES:
                self._values[modality].append(_with_holes(getattr(clip, modality), rows))
            first, end = np.searchsorted(clip.pieces.word_index, [segment.first_word, segment.end_word])
            self._ids.append(clip.pieces.ids[first:end])
            self._words.append(clip.pieces.word_index[first:end] - np.int32(segment.first_word))

    def dataset(self, schema: FeatureSchema) -> Dataset:
        clip, segment, weight, start_s, end_s = zip(*self._index, strict=True) if self._index else ((),) * 5
        index = SampleIndex(
            _ints(clip), _ints(segment), _ints(weight), np.array(start_s, float), np.array(end_s, float)
        )
        parts = {m: _modality(self._values.pop(m), len(schema.names[m])) for m in MODALITIES}
        pieces = PieceRows(_joined(self._ids), _joined(self._words), _offsets([len(ids) for ids in self._ids]))
        return Dataset(self.name, tuple(self._records), index, parts, pieces, schema)


def _record(clip: AlignedClip) -> ClipRecord:
    info, content = clip.info, clip.provenance.get("content_sha256")
    return ClipRecord(
        clip_id=clip.clip_id,
        text=" ".join(word.text for word in clip.words if word.text),
        targets={} if info.label is None or not info.label.strip() else {"label": info.label.strip()},
        split=info.split or None,
        speaker=info.speaker or None,
        video_id=info.video_id or None,
        content=content if isinstance(content, str) else None,
        flags=clip.flags,
    )


def _with_holes(features: WordFeatures, rows: slice) -> NDArray[np.float32]:
    return np.where(features.valid[rows], features.values[rows], np.float32(np.nan)).astype(np.float32)


def _modality(values: list[NDArray[np.float32]], width: int) -> ModalityRows:
    offsets = _offsets([len(part) for part in values])
    joined = np.concatenate(values) if values else np.zeros((0, width), np.float32)
    present = np.array([bool(np.isfinite(part).any()) for part in values], bool)
    return ModalityRows(joined, np.ones(len(joined), bool), offsets, present)


def _joined(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)


def _offsets(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _ints(values: Sequence[int]) -> Rows:
    return np.array(values, np.int64)
