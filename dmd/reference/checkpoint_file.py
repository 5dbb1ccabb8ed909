"""The file of a checkpoint of the published code: read as tensors and nothing else."""

import io
import pickle
import pickletools
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from pipeline.errors import UsageError
from pipeline.untrusted.memory_bound import bounded_memory

MAX_PICKLE_BYTES = 16 << 20
"""Of names, shapes and places; the published model's takes 60 KB."""
_LOADS = re.compile(r"GLOBAL (\S+)")
_DAMAGED = (
    pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError, ValueError,
    LookupError, TypeError, AttributeError, AssertionError,
)  # fmt: skip
"""What torch's reader and the library under it raise for files that are none of theirs, or damaged."""
_ADVICE = ("Weights only load failed", "Check the documentation", "Please file an issue")


def load_tensors(path: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a plain state dict.

    Raises
    ------
    UsageError
        There is no such file, it is no state dict of tensors, would run code, or unfolds to more than it holds.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: is no regular file; give the .pth")
    _refuse_bomb(path)
    try:
        with warnings.catch_warnings(), bounded_memory(path):
            warnings.simplefilter("ignore")  # about a pickle protocol: it is read or refused below
            _refuse_endless_keys(path)
            found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except MemoryError:
        raise UsageError(f"{path}: refused: it declares more than it holds") from None
    except _DAMAGED as error:
        raise UsageError(f"{path}: {_refusal(error)}") from None
    plain = isinstance(found, Mapping) and all(
        isinstance(name, str)
        and isinstance(value, Tensor)
        and value.layout == torch.strided
        and not value.is_quantized
        for name, value in found.items()
    )
    if not plain:
        raise UsageError(f"{path}: not a plain state dict of tensors, as the published code writes it")
    for name, value in found.items():
        if value.numel() * value.element_size() > value.untyped_storage().nbytes():
            raise UsageError(f"{path}: refused: {str(name)[:100]!r} is larger than what the file holds of it")
    return dict(found)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _refuse_bomb(path: Path) -> None:
    """Refuse an archive that says it holds more than its own size: torch compresses nothing, and loads it all."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        if path.is_file() and _first_bytes(path) == b"PK\x03\x04":  # torch's reader might make something of it
            raise UsageError(
                f"{path}: not a checkpoint that can be read safely (a damaged archive); copy the .pth again, whole"
            ) from None
        return  # torch's older format, or no checkpoint at all: it says which
    size = path.stat().st_size
    held = sum(entry.file_size for entry in entries)
    if held > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise UsageError(
            f"{path}: refused: it is compressed ({size} bytes that become {held}), which no checkpoint of torch is; "
            "save it again with torch.save"
        )


def _refusal(error: Exception) -> str:
    """Say why torch read nothing, without its advice to read the file with all that it may run."""
    name = _LOADS.search(str(error))
    if name is not None:
        return (
            f"refused: the checkpoint tries to load {name[1]}, which is no tensor; nothing of it was run; use the "
            "file only if you know who made it, and have it saved as a plain state dict"
        )
    told = [part for part in map(str.strip, str(error).split("\n\n")) if part and not part.startswith(_ADVICE)]
    reason = " ".join(told[0].split()) if told else type(error).__name__
    return f"not a checkpoint that can be read safely ({reason}); copy the .pth again, whole"


def _refuse_endless_keys(path: Path) -> None:
    """Refuse a tuple that is used twice: as a key, one that holds another twice, and so on, is hashed for ever.

    torch's own reader takes any key; what it saves of tensors names no tuple again.
    """
    for stream in _pickles(path):
        tuples: set[Any] = set()
        count, made = 0, False
        try:
            for code, argument, _ in pickletools.genops(stream):
                name = code.name
                if name.endswith("GET") and argument in tuples:
                    raise UsageError(f"{path}: refused: it names a tuple again and again, which no checkpoint does")
                if name.endswith("PUT") or name == "MEMOIZE":
                    tuples |= {count if argument is None else argument} if made else set()
                    count += 1
                made = name.startswith("TUPLE")
        except (ValueError, MemoryError):
            return  # no pickle, or a damaged one: torch says which


def _pickles(path: Path) -> Iterator[BinaryIO]:
    """Yield the pickles of a checkpoint: that of an archive, or, in torch's older format, four in a row."""
    if not path.is_file():
        return
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.file_size > MAX_PICKLE_BYTES and entry.filename.endswith(".pkl"):
                    raise UsageError(f"{path}: refused: it names more than any model has tensors")
                if entry.filename.endswith(".pkl"):
                    yield io.BytesIO(archive.read(entry))
        return
    with path.open("rb") as stream:
        for _ in range(4):
            yield stream
