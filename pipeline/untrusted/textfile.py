"""Text files from strangers: bounded in size, of any usual encoding, and never a pipe or a device."""

import os
import stat
from pathlib import Path

MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Transcripts: word times of a ten-hour recording as WhisperX JSON take about 20 MB."""

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
FALLBACKS = ("utf-8", "cp1252", "latin-1")
"""Tried in order; the last one accepts any bytes."""


class TextFileError(ValueError):
    """A file is not readable as text; says why, not where: callers know what the file is for."""


def read_text(path: Path, max_bytes: int = MAX_TEXT_BYTES) -> str:
    """Return the content of a text file with newlines as they are.

    A byte order mark decides the encoding; without one it is UTF-8, else Windows-1252, else Latin-1.

    Raises
    ------
    TextFileError
        If the file cannot be opened, is no regular file, is longer than ``max_bytes``, or holds binary data.
    """
    return decode(read_bytes(path, max_bytes))


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Return what a regular file holds; raises as `read_text` does."""
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would block for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise TextFileError(f"cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise TextFileError("is no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise TextFileError(f"is longer than {max_bytes // 1024} KiB, the most that is read")
    return data


def decode(data: bytes) -> str:
    """Return bytes as text; see `read_text`.

    Raises
    ------
    TextFileError
        If the data is binary.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            text = data.decode(encoding, errors="replace")
            break
    else:
        text = _decoded(data)
    if "\0" in text:
        raise TextFileError("is binary, not text")
    return text


def _decoded(data: bytes) -> str:
    for encoding in FALLBACKS[:-1]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(FALLBACKS[-1])
