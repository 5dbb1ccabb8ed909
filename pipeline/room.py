"""Room: where the arrays of one clip lie; those of hours in a file without a name, so that memory does not grow.

Such a file is unlinked before anything is written to it: nothing of it is left behind, whatever ends the process. Its
pages are mapped, and count as memory as long as they were looked at: whoever goes through an array of rows does it
with `in_blocks`, which lets go of what was read.
"""

import errno
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StoreError
from pipeline.files import PARTIAL_PREFIX

IN_MEMORY_BYTES = 8 << 20
"""Larger arrays lie in files: voice rows of more than six minutes."""
BLOCK_ROWS = 16_384
"""Rows gone through at once: 4 MB of voice rows."""


class Room:
    """Makes arrays; small ones, and all of them without a folder, lie in memory.

    Parameters
    ----------
    folder : Path, optional
        On a disk with room for about 2 MB a minute of sound.
    in_memory_bytes : int
        The largest array that lies in memory.
    """

    def __init__(self, folder: Path | None = None, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._folder = folder
        self._in_memory_bytes = in_memory_bytes

    def zeros(self, shape: tuple[int, ...], dtype: type[np.generic] | type[bool] | type[float]) -> NDArray[Any]:
        """Return an array of zeros.

        Raises
        ------
        StoreError
            The disk is full, or the folder cannot be written.
        """
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self._folder is None or size <= self._in_memory_bytes:
            return np.zeros(shape, dtype)
        try:
            with tempfile.TemporaryFile(prefix=PARTIAL_PREFIX, dir=self._folder) as file:
                # Taken from the disk now: what is missing later, at a write into memory, kills the process.
                os.posix_fallocate(file.fileno(), 0, size)
                pages = mmap.mmap(file.fileno(), size)
        except OSError as error:
            advice = "free some space" if error.errno == errno.ENOSPC else "check the folder's permissions"
            raise StoreError(
                f"{self._folder}: cannot be written ({error.strerror}); {advice} and run the same command again"
            ) from None
        return np.ndarray(shape, dtype, buffer=pages)


IN_MEMORY = Room()
"""All of it in memory."""


class GrowingRows:
    """A matrix that rows are put under.

    Parameters
    ----------
    width : int
    room : Room
    first_rows : int
        How many it holds before it grows, each time to double its size.
    """

    def __init__(self, width: int, room: Room, first_rows: int = 1024) -> None:
        self._room = room
        self._held: NDArray[np.float64] = room.zeros((first_rows, width), np.float64)
        self._known = 0

    def append(self, rows: NDArray[np.float64]) -> None:
        """Put rows under the others."""
        end = self._known + len(rows)
        if end > len(self._held):
            grown = self._room.zeros((max(end, 2 * len(self._held)), self._held.shape[1]), np.float64)
            for part in in_blocks(self.rows, grown[: self._known]):
                grown[part] = self._held[part]
            self._held = grown
        self._held[self._known : end] = rows
        if end // BLOCK_ROWS > self._known // BLOCK_ROWS:
            let_go(self._held)
        self._known = end

    @property
    def rows(self) -> NDArray[np.float64]:
        """The matrix, [shape=(n, width)]."""
        return self._held[: self._known]


def in_blocks(*arrays: NDArray[Any]) -> Iterator[slice]:
    """Yield stretches of the rows of arrays of one length, and let go of each before the next."""
    for start in range(0, len(arrays[0]), BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, len(arrays[0])))
        let_go(*arrays)


def any_of_row(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[T, D] -> [T] whether any flag of a row is set."""
    found = np.zeros(len(flags), bool)
    for part in in_blocks(flags):
        found[part] = flags[part].any(axis=1)
    return found


def picked(values: NDArray[Any], columns: NDArray[np.intp]) -> NDArray[Any]:
    """[T, D], [T] -> [T] the value of one column in each row."""
    found = np.empty(len(values), values.dtype)
    for part in in_blocks(values):
        found[part] = np.take_along_axis(values[part], columns[part, None], axis=1)[:, 0]
    return found


def let_go(*arrays: NDArray[Any]) -> None:
    """Take the pages of arrays out of memory if they lie in a file: they are read again when they are looked at."""
    for array in arrays:
        owner: Any = array
        while isinstance(owner, np.ndarray):
            owner = owner.base
        if isinstance(owner, mmap.mmap):
            owner.madvise(mmap.MADV_DONTNEED)
