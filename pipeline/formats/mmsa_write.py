"""MMSA feature pickles, written: plain arrays on the word-piece grid, as MMSA reads them.

Row i of `text`, `audio` and `vision` is the same word piece; what a word has is repeated over its pieces. The
rows of [CLS] and [SEP] are zero, and so is the padding to 50. A value that is not known is 0.
"""

import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.aligned import AlignedClip
from pipeline.datasets.schema import MODALITIES
from pipeline.errors import UsageError
from pipeline.files import write_whole

LENGTH = 50
CLS, SEP, UNKNOWN = 101, 102, 100
"""Ids of bert-base-uncased's vocabulary; a row without a word in a clip without a transcript is [UNK]."""
SPLITS = ("train", "valid", "test")
KEYS = {"text": "text", "audio": "audio", "face": "vision"}
NAMES = ("Negative", "Neutral", "Positive")
Rows = NDArray[np.int64]
Splits = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into a pickle."""

    samples: Mapping[str, int]
    """Split -> samples."""
    unlabelled: int
    """Clips left out because they have no number as label."""


def write_mmsa(clips: Iterable[AlignedClip], path: Path, splits: Splits) -> Exported:
    """Write clips as an MMSA pickle.

    Parameters
    ----------
    clips : iterable of AlignedClip
        A segment is a sample, one with more than 48 pieces several; each has the label of its clip.
    path : Path
    splits : mapping
        Clip id -> `train`, `valid` or `test`; clips of another split are left out.

    Raises
    ------
    UsageError
        No clip is left to write.
    StoreError
        The file cannot be written.
    """
    parts: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    unlabelled = 0
    for clip in clips:
        split, label = splits.get(clip.clip_id), _label(clip.info.label)
        if label is None:
            unlabelled += 1
        elif split in parts:
            parts[split] += list(_samples(clip, label))
    everything = [sample for part in parts.values() for sample in part]
    if not everything:
        raise UsageError(
            f"nothing to export: {unlabelled} clips have no number as label, which MMSA needs; label them, or export "
            "with --format parquet"
        )
    content = {split: _stacked(part, everything[0]) for split, part in parts.items()}
    write_whole(path, portable_pickle(content))
    return Exported({split: len(part) for split, part in parts.items()}, unlabelled)


def portable_pickle(content: Any) -> bytes:
    """Return a pickle that every numpy reads: the 1.x name of what rebuilds arrays, which 2.x knows too."""
    found = pickle.dumps(content, protocol=3)
    return found.replace(b"cnumpy._core.multiarray\n_reconstruct\n", b"cnumpy.core.multiarray\n_reconstruct\n")


def piece_samples(clip: AlignedClip) -> Iterator[tuple[Rows, Rows]]:
    """Yield piece ids and the row of each, at most 48 pieces a sample, cut between words where possible."""
    index, ids = clip.pieces.word_index.astype(np.int64), clip.pieces.ids.astype(np.int64)
    if not len(ids):
        index = np.arange(len(clip.words), dtype=np.int64)
        ids = np.full(len(index), UNKNOWN, np.int64)
    for segment in clip.segments:
        first, end = (int(at) for at in np.searchsorted(index, [segment.first_word, segment.end_word]))
        while first < end:
            cut = min(first + LENGTH - 2, end)
            if cut < end:
                start = int(np.searchsorted(index, index[cut]))
                cut = start if start > first else cut
            yield ids[first:cut], index[first:cut]
            first = cut


def _samples(clip: AlignedClip, label: float) -> Iterator[dict[str, Any]]:
    found = list(piece_samples(clip))
    for number, (ids, rows) in enumerate(found):
        bert = np.zeros((3, LENGTH), np.int64)
        bert[0, : len(ids) + 2] = [CLS, *ids, SEP]
        bert[1, : len(ids) + 2] = 1
        words = [clip.words[row].text for row in dict.fromkeys(rows.tolist())]
        sample: dict[str, Any] = {
            "id": clip.clip_id if len(found) == 1 else f"{clip.clip_id}_{number}",
            "raw_text": " ".join(word for word in words if word),
            "text_bert": bert,
            "label": label,
            "length": len(ids) + 2,
        }
        for modality in MODALITIES:
            values = getattr(clip, modality).values
            padded = np.zeros((LENGTH, values.shape[1]), np.float32)
            padded[1 : len(ids) + 1] = values[rows]
            sample[modality] = padded
        yield sample


def _stacked(part: list[dict[str, Any]], like: Mapping[str, Any]) -> dict[str, Any]:
    labels = np.array([sample["label"] for sample in part], np.float32)
    polarity = np.sign(labels).astype(np.int64) + 1
    lengths = [int(sample["length"]) for sample in part]
    arrays = {key: np.zeros((0, *like[name].shape), np.float32) for name, key in KEYS.items()}
    if part:
        arrays = {key: np.stack([sample[name] for sample in part]) for name, key in KEYS.items()}
    bert = np.stack([s["text_bert"] for s in part]) if part else np.zeros((0, 3, LENGTH), np.int64)
    return {
        "raw_text": [sample["raw_text"] for sample in part],
        "id": [sample["id"] for sample in part],
        **arrays,
        "text_bert": bert,
        "annotations": [NAMES[int(at)] for at in polarity],
        "classification_labels": polarity.astype(np.float32),
        "regression_labels": labels,
        "audio_lengths": lengths,
        "vision_lengths": lengths,
    }


def _label(text: str | None) -> float | None:
    try:
        value = float(text) if text else float("nan")
    except ValueError:
        return None
    return value if np.isfinite(value) else None
