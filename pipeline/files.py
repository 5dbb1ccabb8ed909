"""Files written whole or not at all, privately, and hashed by content."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import StoreError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
"""Faces and voices are private: what is derived from them is readable by its owner only."""
PARTIAL_PREFIX = ".partial-"
"""A file that a killed process left behind under this name was never finished and may be deleted."""


def write_whole(path: Path, content: bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file by rename: a reader sees the old content or the new one, never a part.

    Parameters
    ----------
    path : Path
    content : bytes, or parts of it
        Parts follow one another.

    Raises
    ------
    StoreError
        The disk is full or not writable; whatever stood at ``path`` before is intact.
    """
    partial = path.with_name(f"{PARTIAL_PREFIX}{os.getpid()}-{path.name}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as stream:
            for part in (content,) if isinstance(content, bytes) else content:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        advice = "free some space" if error.errno == errno.ENOSPC else "check the folder's permissions"
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); {advice} and run the same command again"
        ) from None
    finally:
        partial.unlink(missing_ok=True)  # there only if something went wrong
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename durable: after a power cut the new name is there."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_own(path: Path) -> int:
    """Open a file of ours for locking, made if it is not there; never one that a link leads to elsewhere.

    Raises
    ------
    StoreError
        It is a link or no regular file, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, PRIVATE_FILE)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreError(f"{path}: is a link, which may lead to any file; delete it") from None
        raise StoreError(f"{path}: cannot be written ({error.strerror}); check its folder's permissions") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError(f"{path}: is no regular file; delete it")
    return descriptor


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; a pipe, which would be waited for without end, or a device is refused.

    Raises
    ------
    OSError
        It is no regular file, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def demand_regular(path: Path) -> Path:
    """Return a path that native code is to open; raises as `open_regular`."""
    open_regular(path).close()
    return path


def make_folder(folder: Path) -> Path:
    """Create a private folder (and its parents) unless it is there.

    Raises
    ------
    StoreError
        Something else stands at that path, or the parent is not writable.
    """
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be used as a folder ({error.strerror}); choose another --out") from None
    return folder


def content_sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
