"""A bound of memory around what reads a stranger's file with a library that takes what the file claims.

HDF5 and Parquet say in a few bytes how large what follows becomes, and their libraries ask for that much. What the
files declare is checked before; a file can lie to that, so that this bound stands behind it.
"""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UsageError

ROOM_BYTES = 2 << 30
"""Beyond what the process holds already and the bytes that the file has on the disk."""


@contextmanager
def bounded_memory(path: Path, room_bytes: int = ROOM_BYTES) -> Iterator[None]:
    """Refuse a file whose reading takes much more memory than it has bytes (Linux; elsewhere nothing is bounded).

    The bound is one of the process: other threads have to do with the same room meanwhile.

    Raises
    ------
    UsageError
        The memory did not suffice.
    """
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = _held_bytes() + disk_bytes(path) + room_bytes
    for limit in (soft, hard):
        bound = bound if limit == resource.RLIM_INFINITY else min(bound, limit)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))
    try:
        yield
    except MemoryError:
        raise UsageError(
            f"{path}: refused: reading it takes {room_bytes >> 20} MB of memory beyond its size, as that of a file "
            "does that was made to fill the memory; if it is a real one, have it written in parts"
        ) from None
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def disk_bytes(path: Path) -> int:
    """Return the bytes that a file, or the files of a folder, take on the disk; holes are none."""
    files = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]
    return sum(min(file.stat().st_size, file.stat().st_blocks * 512) for file in files)


def _held_bytes() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0
