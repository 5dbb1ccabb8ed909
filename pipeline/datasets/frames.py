"""Pandas frames with named columns, and the same as Parquet: one row a word.

Columns: what is known of the clip, the word and its place, then `text.<name>`, `audio.<name>`, `face.<name>`; a value
that is not known is null. A clip without rows does not appear.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.aligned import AlignedClip, ClipInfo, Segment, WordPieces
from pipeline.datasets.schema import MODALITIES
from pipeline.errors import UsageError
from pipeline.track import FeatureTrack, WordFeatures, empty_track
from pipeline.untrusted.jsontext import parse_json
from pipeline.untrusted.parquetfile import read_tables
from pipeline.words import Word

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

WORD = ("text", "start_s", "end_s", "confidence", "rung", "phones", "expected_s")
INFO = ("label", "split", "speaker", "video_id", "language")
MAX_CLIP_ROWS = 1_000_000
"""Ten times the words of a recording of ten hours."""
NOTE = b"dmd"
"""Key of the Parquet metadata that says what made the columns."""


def word_frame(clips: Iterable[AlignedClip]) -> "pd.DataFrame":
    """Return clips as one frame, a row a word.

    Raises
    ------
    UsageError
        There is no row.
    """
    frame: pd.DataFrame = word_table(clips).to_pandas()
    return frame


def native_frame(clip: AlignedClip, modality: str) -> "pd.DataFrame":
    """Return the native track of `audio` or `face` as a frame, indexed by time in seconds; unknown values are NaN."""
    import pandas as pd

    track: FeatureTrack = clip.native[modality]
    values = np.where(track.valid, track.values, np.float32(np.nan))
    return pd.DataFrame(values, columns=list(track.names), index=pd.Index(track.times_s, name="time_s"))


def word_table(clips: Iterable[AlignedClip]) -> "pa.Table":
    """Return clips as an Arrow table, a row a word; raises as `word_frame`."""
    import pyarrow as pa

    parts: list[pa.Table] = []
    note: dict[str, Any] = {}
    for clip in clips:
        if clip.words:
            parts.append(_clip_table(clip))
            note = note or {"recipe": clip.provenance.get("recipe", {})}
    if not parts:
        raise UsageError(
            "nothing to export: no clip has a row; see failures.csv of the store for what failed and why"
        )
    joined = pa.concat_tables(parts)
    return joined.replace_schema_metadata({NOTE: json.dumps(note, sort_keys=True).encode()})


def write_parquet(clips: Iterable[AlignedClip], path: Path) -> int:
    """Write clips as Parquet and return the number of rows; raises as `word_frame`."""
    import io

    import pyarrow.parquet as pq

    from pipeline.files import write_whole

    table = word_table(clips)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    write_whole(path, sink.getvalue())
    return int(table.num_rows)


def read_parquet(path: Path) -> Iterator[AlignedClip]:
    """Yield the clips of a Parquet file that `write_parquet` wrote; native tracks are not in it.

    Raises
    ------
    UsageError
        It is no Parquet file, lacks these columns, or unfolds to much more than its size.
    """
    import pyarrow as pa

    try:
        note: dict[str, Any] | None = None
        for table in _tables_by_clip(path):
            note = parse_json((table.schema.metadata or {}).get(NOTE, b"{}")) if note is None else note
            yield _clip(table, note)
    except (OSError, KeyError, ValueError, TypeError, MemoryError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"{path}: is no table of words ({reason[:300]}); `dmd export --format parquet` writes one"
        ) from None


def _tables_by_clip(path: Path) -> Iterator["pa.Table"]:
    """Yield the rows of each clip, which follow one another."""
    import pyarrow as pa

    kept: pa.Table | None = None
    for part in read_tables(path):
        table = part if kept is None else pa.concat_tables([kept, part])
        ids = table.column("clip_id").to_pylist()
        bounds = [0, *(at for at in range(1, len(ids)) if ids[at] != ids[at - 1])] if ids else [0]
        for first, end in pairwise(bounds):
            yield table.slice(first, end - first)
        kept = table.slice(bounds[-1])
        if kept.num_rows > MAX_CLIP_ROWS:
            raise ValueError(f"clip {str(ids[-1])[:100]!r} has more than {MAX_CLIP_ROWS} words")
    if kept is not None and kept.num_rows:
        yield kept


def _clip_table(clip: AlignedClip) -> "pa.Table":
    import pyarrow as pa

    rows = len(clip.words)
    segment = np.concatenate([np.full(s.end_word - s.first_word, n) for n, s in enumerate(clip.segments)])
    columns: dict[str, Any] = {
        "clip_id": pa.array([_readable(clip.clip_id)] * rows),
        "segment": pa.array(segment, pa.int32()),
    }
    columns |= {name: pa.array([_readable(getattr(word, name)) for word in clip.words]) for name in ("text", "rung")}
    columns |= {
        name: pa.array([float(getattr(word, name)) for word in clip.words], pa.float64())
        for name in WORD
        if name not in ("text", "rung", "phones")
    }
    columns["phones"] = pa.array([word.phones for word in clip.words], pa.int32())
    columns |= {name: pa.array([_readable(getattr(clip.info, name))] * rows, pa.string()) for name in INFO}
    columns["flags"] = pa.array([";".join(clip.flags)] * rows)
    columns["duration_s"] = pa.array([clip.duration_s] * rows, pa.float64())
    bounds = np.searchsorted(clip.pieces.word_index, np.arange(rows + 1))
    pieces = [clip.pieces.ids[a:b].tolist() for a, b in pairwise(bounds)]
    columns["pieces"] = pa.array(pieces, pa.list_(pa.int32()))
    for modality in MODALITIES:
        found: WordFeatures = getattr(clip, modality)
        for at, name in enumerate(found.names):
            columns[f"{modality}.{name}"] = pa.array(found.values[:, at], pa.float32(), mask=~found.valid[:, at])
    return pa.table(columns)


def _readable(text: str | None) -> str | None:
    """Return a text that UTF-8 can write: what a file name holds that is no text stands as an escape."""
    return text and text.encode("utf-8", "backslashreplace").decode()


def _clip(table: "pa.Table", note: dict[str, Any]) -> AlignedClip:
    rows = {name: table.column(name).to_pylist() for name in ("segment", *WORD, *INFO, "pieces")}
    words = tuple(Word(*values) for values in zip(*(rows[name] for name in WORD), strict=True))
    ends = [at for at in range(1, len(words)) if rows["segment"][at] != rows["segment"][at - 1]]
    bounds = [0, *ends, len(words)]
    segments = tuple(
        Segment(a, b, words[a].start_s, max(word.end_s for word in words[a:b])) for a, b in pairwise(bounds)
    )
    ids = [piece for own in rows["pieces"] for piece in own]
    index = [row for row, own in enumerate(rows["pieces"]) for _ in own]
    return AlignedClip(
        clip_id=str(table.column("clip_id")[0].as_py()),
        words=words,
        **{modality: _features(table, modality) for modality in MODALITIES},
        native={"audio": empty_track(()), "face": empty_track(())},
        pieces=WordPieces(np.array(ids, np.int32), np.array(index, np.int32)),
        segments=segments,
        duration_s=float(table.column("duration_s")[0].as_py()),
        flags=tuple(flag for flag in str(table.column("flags")[0].as_py()).split(";") if flag),
        info=ClipInfo(**{name: rows[name][0] for name in INFO}),
        provenance={"imported": "parquet", **note},
    )


def _features(table: "pa.Table", modality: str) -> WordFeatures:
    names = [name for name in table.column_names if name.startswith(f"{modality}.")]
    if not names:
        return WordFeatures(np.zeros((table.num_rows, 0), np.float32), np.zeros((table.num_rows, 0), bool), ())
    values = np.stack([table.column(name).to_numpy(zero_copy_only=False) for name in names], axis=1).astype(
        np.float32
    )
    valid = np.stack([~np.asarray(table.column(n).is_null()) for n in names], axis=1).astype(bool)
    return WordFeatures(np.where(valid, values, np.float32(0)), valid, tuple(n.partition(".")[2] for n in names))
