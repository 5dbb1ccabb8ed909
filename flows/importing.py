"""Import: files of other tools as a store. What a file does not say (native tracks) is not there."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.aligned import AlignedClip, ClipInfo, WordPieces
from pipeline.datasets.schema import MODALITIES
from pipeline.errors import UsageError
from pipeline.segments import cut
from pipeline.store import FeatureStore
from pipeline.track import WordFeatures, empty_track
from pipeline.untrusted.memory_bound import bounded_memory
from pipeline.words import Transcript, Word

Report = dict[str, Any]
NO_PIECES = WordPieces(np.zeros(0, np.int32), np.zeros(0, np.int32))
NO_TRACKS = {"audio": empty_track(()), "face": empty_track(())}


def import_file(source: Path, out: Path) -> Report:
    """Read an MMSA pickle, a folder of .csd, Parquet, WhisperX JSON or a TextGrid into a store.

    Returns
    -------
    dict
        `format`, `out` and `clips`.

    Raises
    ------
    UsageError
        There is no such file, it is of none of these formats, or holds no clip.
    StoreError
        The store cannot be written.
    """
    if not source.exists():
        raise UsageError(f"{source}: no such file or folder; correct the path")
    kind = "csd" if source.is_dir() else KINDS.get(source.suffix.lower(), "")
    if kind not in READERS:
        raise UsageError(f"{source}: is no {', '.join(KINDS)} file and no folder of .csd files")
    new = not out.exists()
    store = FeatureStore(out, create=True)
    count = 0
    try:
        with store.locked():
            for clip in READERS[kind](source):
                store.write(clip)
                count += 1
    finally:
        if new and not count:  # what cannot be read leaves nothing
            shutil.rmtree(out, ignore_errors=True)
    if not count:
        raise UsageError(f"{source}: holds no clip; export or convert it again")
    return {"format": kind, "out": str(out), "clips": count}


def _mmsa(source: Path) -> Iterator[AlignedClip]:
    """Yield the samples of an aligned pickle: a row a word piece, as the file has them."""
    from pipeline.formats.mmsa import read_mmsa

    data = read_mmsa(source)
    lengths = {m: np.diff(part.offsets) for m, part in data.modalities.items()}
    if len({tuple(found) for found in lengths.values()}) > 1:
        raise UsageError(
            f"{source}: text, audio and vision have different lengths (an unaligned file), and a store has one row a "
            f"word; train on the file as it is: `dmd train {source} --out RUN`"
        )
    vocabulary = _vocabulary()
    for at, record in enumerate(data.clips):
        parts = {m: part.sample(at) for m, part in data.modalities.items()}
        real = parts["text"][1]
        rows = {m: _rows(values[real], data.schema.names[m]) for m, (values, _) in parts.items()}
        first = 0 if data.pieces is None else int(data.pieces.offsets[at])
        ids = np.zeros(0, np.int32) if data.pieces is None else data.pieces.ids[first : first + len(real)][real]
        texts = [vocabulary.get(int(piece), "") for piece in ids] or [""] * int(real.sum())
        words = tuple(Word(text, 0.0, 0.0, 0.0, "untimed") for text in texts)
        info = ClipInfo(record.targets.get("label"), record.split, None, record.video_id)
        pieces = WordPieces(ids.astype(np.int32), np.arange(len(ids), dtype=np.int32))
        recipe = {"models": data.schema.origins, "version": "MMSA"}
        yield AlignedClip(
            record.clip_id,
            words,
            rows["text"],
            rows["audio"],
            rows["face"],
            NO_TRACKS,
            pieces,
            segments=cut(words),
            duration_s=0.0,
            info=info,
            provenance={"imported": "mmsa", "raw_text": record.text, "recipe": recipe},
        )


def _vocabulary() -> dict[int, str]:
    """Return what each word piece of bert-base-uncased's vocabulary says; nothing for [CLS] and its like."""
    from extractors.text import EMBEDDED_MODEL, model_source

    lines = (Path(model_source(EMBEDDED_MODEL)) / "vocab.txt").read_text("utf-8").splitlines()
    return {at: line.removeprefix("##") for at, line in enumerate(lines) if not line.startswith("[")}


def _rows(values: Any, names: tuple[str, ...]) -> WordFeatures:
    """Return rows whose unknown values are NaN."""
    valid = np.isfinite(values)
    return WordFeatures(np.where(valid, values, 0.0).astype(np.float32), valid, names)


def _csd(source: Path) -> Iterator[AlignedClip]:
    """Yield the clips of a folder of sequences on one grid: `words.csd`, and the modalities that are there."""
    from pipeline.formats.csd import read_csd

    found = {s.name: s for s in (read_csd(path) for path in sorted(source.glob("*.csd")))}
    if "words" not in found:
        raise UsageError(
            f"{source}: has no words.csd, which gives the rows; its sequences: {', '.join(found) or 'none'}"
        )
    with bounded_memory(source):
        for clip_id in found["words"].entries:
            yield _sequence_clip(source, found, clip_id)


def _sequence_clip(source: Path, found: Any, clip_id: str) -> AlignedClip:
    from pipeline.formats.csd import PAUSE

    said = found["words"].entries[clip_id]
    if said.features.shape != (len(said.intervals), 1):
        raise UsageError(f"{source}, clip {clip_id!r}: words of shape {said.features.shape}; a row holds one word")
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
             for value in said.features.reshape(-1)]  # fmt: skip
    words = tuple(
        Word("" if text == PAUSE else text, float(start), float(end), 1.0, "pause" if text == PAUSE else "given")
        for text, (start, end) in zip(texts, said.intervals, strict=True)
    )
    rows = {m: _sequence_rows(source, found, m, clip_id, said) for m in MODALITIES}
    return AlignedClip(
        clip_id,
        words,
        rows["text"],
        rows["audio"],
        rows["face"],
        NO_TRACKS,
        NO_PIECES,
        segments=cut(words),
        duration_s=float(said.intervals[:, 1].max(initial=0.0)),
        info=ClipInfo(_sequence_label(found, clip_id)),
        provenance={"imported": "csd"},
    )


def _sequence_label(found: Any, clip_id: str) -> str | None:
    label = found["labels"].entries.get(clip_id) if "labels" in found else None
    if label is None or label.features.dtype.kind not in "fiub" or not label.features.size:
        return None
    return f"{float(label.features.reshape(-1)[0]):g}"


def _sequence_rows(source: Path, found: Any, modality: str, clip_id: str, words: Any) -> WordFeatures:
    count = len(words.intervals)
    if modality not in found:
        return WordFeatures(np.zeros((count, 0), np.float32), np.zeros((count, 0), bool), ())
    names = tuple(found[modality].metadata.get("dimension names") or ())
    entry = found[modality].entries.get(clip_id)
    width = len(names) if entry is None else entry.features.shape[1]
    names = names if len(names) == width else tuple(f"{modality}_{at:03d}" for at in range(width))
    if entry is None:
        return WordFeatures(np.zeros((count, width), np.float32), np.zeros((count, width), bool), names)
    if entry.intervals.shape != words.intervals.shape or not np.allclose(entry.intervals, words.intervals, atol=1e-3):
        raise UsageError(
            f"{source}, clip {clip_id!r}: the rows of {modality} are not those of words; align the sequences first "
            "(the SDK's `dataset.align('words')`)"
        )
    values = np.asarray(entry.features, np.float32)
    valid = np.isfinite(values) if entry.valid is None else entry.valid & np.isfinite(values)
    return WordFeatures(np.where(valid, values, np.float32(0)), valid, names)


def _parquet(source: Path) -> Iterable[AlignedClip]:
    from pipeline.datasets.frames import read_parquet

    return read_parquet(source)


def _whisperx(source: Path) -> Iterator[AlignedClip]:
    from pipeline.formats.whisperx import read_whisperx

    return _transcribed(source, read_whisperx(source))


def _textgrid(source: Path) -> Iterator[AlignedClip]:
    from pipeline.formats.textgrid import read_textgrid

    return _transcribed(source, read_textgrid(source))


def _transcribed(source: Path, transcript: Transcript) -> Iterator[AlignedClip]:
    """Yield one clip of words and their embeddings; a word keeps its time where every word has one."""
    from extractors.extraction import Extractor
    from pipeline.clip import Clip
    from pipeline.formats.filenames import clip_id_of

    clip = Extractor().extract(Clip(clip_id_of(source.stem), None, transcript, language=transcript.language))
    times = [(word.start_s, word.end_s) for word in transcript.words]
    if all(start is not None and end is not None for start, end in times):
        words = tuple(
            replace(word, start_s=float(said.start_s or 0), end_s=float(said.end_s or 0), rung="given",
                    confidence=1.0 if said.confidence is None else said.confidence)
            for word, said in zip(clip.words, transcript.words, strict=True)
        )  # fmt: skip
        segments = tuple(
            replace(s, start_s=words[s.first_word].start_s,
                    end_s=max(word.end_s for word in words[s.first_word : s.end_word]))
            for s in clip.segments
        )  # fmt: skip
        clip = replace(clip, words=words, segments=segments, duration_s=max(word.end_s for word in words))
    yield clip


KINDS = {".pkl": "mmsa", ".pickle": "mmsa", ".parquet": "parquet", ".json": "whisperx", ".textgrid": "textgrid"}
READERS: dict[str, Callable[[Path], Iterable[AlignedClip]]] = {
    "mmsa": _mmsa, "csd": _csd, "parquet": _parquet, "whisperx": _whisperx, "textgrid": _textgrid,
}  # fmt: skip
