"""One clip, one file: safetensors with a JSON record in its header, so that reading it never runs code."""

import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.aligned import AlignedClip, ClipInfo, Segment, WordPieces
from pipeline.errors import DamagedClipError
from pipeline.files import open_regular
from pipeline.room import in_blocks
from pipeline.track import FeatureTrack, WordFeatures
from pipeline.untrusted.jsontext import parse_json
from pipeline.words import Word

MODALITIES = ("text", "audio", "face")
NATIVE = ("audio", "face")
MAX_HEADER_BYTES = 32 << 20
"""A header larger than this is no clip of ours: hours of speech need some megabytes."""
MAX_CLIP_BYTES = 8 << 30
"""A recording of two hours takes 204 MB. A file of holes can be of any length."""
RECORD = "clip"
"""The one key of the safetensors metadata: with several, their order in the file would not be stable."""
Arrays = dict[str, NDArray[Any]]
_SAFETENSORS_NAMES = {"int64": "I64", "float64": "F64", "float32": "F32", "int32": "I32", "bool": "BOOL"}
_DTYPES = list(_SAFETENSORS_NAMES)
"""In the order of the file."""


@dataclass(frozen=True, slots=True)
class ClipHeader:
    """What a clip's file says before its arrays."""

    clip_id: str
    info: ClipInfo
    flags: tuple[str, ...]
    duration_s: float
    words: int
    segments: int
    names: Mapping[str, tuple[str, ...]]
    """Column names of `text`, `audio` and `face` rows."""
    provenance: Mapping[str, Any]


def pack(clip: AlignedClip) -> bytes:
    """Return the bytes of a clip's file: a function of the clip alone."""
    return b"".join(packed(clip))


def packed(clip: AlignedClip) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a clip's file part by part: the arrays of a long one are not copied.

    The layout is that of the safetensors library, which would hold two copies: the wider the type the further in
    front, then by name; the header filled up to a multiple of eight bytes.
    """
    arrays, record = _contents(clip)
    order = sorted(arrays, key=lambda name: (_DTYPES.index(arrays[name].dtype.name), name))
    header: dict[str, Any] = {"__metadata__": {RECORD: record}}
    end = 0
    for name in order:
        begin, end = end, end + arrays[name].nbytes
        dtype, shape = _SAFETENSORS_NAMES[arrays[name].dtype.name], list(arrays[name].shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    for name in order:
        for rows in in_blocks(arrays[name]) if arrays[name].nbytes else ():  # one without elements has no bytes
            yield np.ascontiguousarray(arrays[name][rows]).data.cast("B")


def _contents(clip: AlignedClip) -> tuple[Arrays, str]:
    """Return the arrays of a clip and, as JSON, everything else."""
    arrays: Arrays = {"pieces.ids": clip.pieces.ids, "pieces.word_index": clip.pieces.word_index}
    names: dict[str, tuple[str, ...]] = {}
    for modality in MODALITIES:
        rows: WordFeatures = getattr(clip, modality)
        arrays[f"{modality}.values"], arrays[f"{modality}.valid"] = rows.values, rows.valid
        names[modality] = rows.names
    for modality, track in clip.native.items():
        arrays[f"native.{modality}.values"], arrays[f"native.{modality}.valid"] = track.values, track.valid
        arrays[f"native.{modality}.times_s"] = track.times_s
        names[f"native.{modality}"] = track.names
    record = {
        "clip_id": clip.clip_id,
        "info": asdict(clip.info),
        "flags": list(clip.flags),
        "duration_s": clip.duration_s,
        "words": [_word_row(word) for word in clip.words],
        "segments": [list(_astuple(segment)) for segment in clip.segments],
        "names": names,
        "provenance": dict(clip.provenance),
    }
    return arrays, json.dumps(record, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def read_header(path: Path) -> ClipHeader:
    """Read a clip's record without its arrays.

    Raises
    ------
    DamagedClipError
        The file is damaged or no clip.
    """
    record = _record(path)
    try:
        return ClipHeader(
            clip_id=record["clip_id"],
            info=ClipInfo(**record["info"]),
            flags=tuple(record["flags"]),
            duration_s=float(record["duration_s"]),
            words=len(record["words"]),
            segments=len(record["segments"]),
            names={modality: tuple(record["names"][modality]) for modality in MODALITIES},
            provenance=record["provenance"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from None


def read_clip(path: Path) -> AlignedClip:
    """Read a clip.

    Raises
    ------
    DamagedClipError
        The file is damaged or no clip.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    record = _record(path)
    try:
        arrays: Arrays = load_file(path)
        names = {key: tuple(value) for key, value in record["names"].items()}
        rows = {m: WordFeatures(arrays[f"{m}.values"], arrays[f"{m}.valid"], names[m]) for m in MODALITIES}
        return AlignedClip(
            clip_id=record["clip_id"],
            words=tuple(Word(*row) for row in record["words"]),
            text=rows["text"],
            audio=rows["audio"],
            face=rows["face"],
            native={m: _track(arrays, names, m) for m in NATIVE},
            pieces=WordPieces(arrays["pieces.ids"], arrays["pieces.word_index"]),
            segments=tuple(Segment(*row) for row in record["segments"]),
            duration_s=float(record["duration_s"]),
            flags=tuple(record["flags"]),
            info=ClipInfo(**record["info"]),
            provenance=record["provenance"],
        )
    except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
        raise _damaged(path, error) from None


def _track(arrays: Arrays, names: Mapping[str, tuple[str, ...]], modality: str) -> FeatureTrack:
    key = f"native.{modality}"
    return FeatureTrack(arrays[f"{key}.values"], arrays[f"{key}.times_s"], arrays[f"{key}.valid"], names[key])


def _record(path: Path) -> dict[str, Any]:
    try:
        with open_regular(path) as stream:
            (size,) = struct.unpack("<Q", stream.read(8))
            if size > MAX_HEADER_BYTES:
                raise ValueError(f"header of {size} bytes")
            header = parse_json(stream.read(size))
            held = os.fstat(stream.fileno()).st_size - 8 - size
        if held > MAX_CLIP_BYTES:
            raise ValueError(f"arrays of {held} bytes")
        record = parse_json(header["__metadata__"][RECORD])
        declared = max(
            (array["data_offsets"][1] for name, array in header.items() if name != "__metadata__"), default=0
        )
        if held != declared:
            raise ValueError(f"{held} bytes of arrays where {declared} are declared")
        if not isinstance(record, dict):
            raise ValueError("its record is no object")
        return record
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        struct.error,
    ) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> DamagedClipError:
    return DamagedClipError(
        f"{path}: is damaged or no clip of a store ({error}); delete the file and extract it again"
    )


def _word_row(word: Word) -> list[Any]:
    return [word.text, word.start_s, word.end_s, word.confidence, word.rung, word.phones, word.expected_s]


def _astuple(segment: Segment) -> tuple[int, int, float, float]:
    return (segment.first_word, segment.end_word, segment.start_s, segment.end_s)
