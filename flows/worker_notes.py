"""Notes: what native code in a worker says before it dies, in a file that has no name and so never stays behind."""

import fcntl
import os
import tempfile
from collections.abc import Callable
from multiprocessing import reduction
from typing import Any

LONGEST = 200
"""Characters of a note that are repeated."""


class WorkerNotes:
    """Where a worker's descriptor 2 goes; its owner reads it, whatever became of the worker.

    Passed to the subprocess as an argument, it arrives there as a number: the descriptor to write to.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="dmd-worker-")
        # The descriptor, and with it the position, is shared with the worker: what is written must go to the end.
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        fcntl.fcntl(self._file, fcntl.F_SETFL, flags | os.O_APPEND)

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[Any]]:
        """Pass the descriptor on, as the pipes of multiprocessing are."""
        return _arrived, (reduction.DupFd(self._file.fileno()),)

    def empty(self) -> None:
        """Forget what earlier workers said."""
        self._file.truncate(0)

    def last(self) -> str:
        """Return the last line, behind a colon; empty if nothing was said."""
        self._file.seek(0)
        lines = self._file.read().decode("utf-8", "replace").split("\n")
        found = [line.strip() for line in lines if line.strip()]
        return f": {found[-1][:LONGEST]}" if found else ""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _arrived(passed: Any) -> int:
    return int(passed.detach())
