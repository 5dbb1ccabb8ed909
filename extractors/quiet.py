"""Keep what native libraries print on file descriptor 2 off the terminal, without losing why they failed.

MediaPipe, TensorFlow Lite and absl write start-up notes to the descriptor itself; no environment variable or
log level reaches them. Python's own `sys.stderr` must go on working, so it is moved to a copy of the terminal's
descriptor while descriptor 2 points into a file.
"""

import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_STDERR = 2
_TAIL_BYTES = 2000
_turn = threading.RLock()


class NativeNotes:
    """What native code wrote while it was kept quiet."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def tail(self) -> str:
        """Return the last of it as one line; empty if nothing was written."""
        end = self._file.seek(0, io.SEEK_END)
        self._file.seek(max(0, end - _TAIL_BYTES))
        return " | ".join(self._file.read().decode("utf-8", "replace").split("\n")).strip(" |")


@contextmanager
def quiet_native_stderr() -> Iterator[NativeNotes]:
    """Hold back what native code writes to descriptor 2 inside the block.

    One block at a time in a process: descriptors belong to the process, so a second thread waits its turn.
    Output of Python code in the block is held back as well. The notes can be read until the block ends, to
    tell why something failed.

    Examples
    --------
    >>> with quiet_native_stderr() as notes:
    ...     _ = os.write(2, b"chatter")
    ...     notes.tail()
    'chatter'
    """
    with _turn, tempfile.TemporaryFile() as file:
        _flush_python_stderr()
        terminal = os.dup(_STDERR)
        try:
            os.dup2(file.fileno(), _STDERR)
            yield NativeNotes(file)
        finally:
            _flush_python_stderr()
            os.dup2(terminal, _STDERR)
            os.close(terminal)


def send_native_stderr_to(log: Path) -> None:
    """Append what native code writes to descriptor 2 to ``log`` from here on; for worker processes.

    `sys.stderr` keeps writing where it wrote before. The reason of a native crash (a failed CHECK, a
    sanitizer) stands in the log afterwards.

    Raises
    ------
    OSError
        If the log cannot be opened.
    """
    with _turn:
        _flush_python_stderr()
        terminal = os.dup(_STDERR)
        with log.open("ab") as file:
            os.dup2(file.fileno(), _STDERR)
        sys.stderr = os.fdopen(terminal, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


def _flush_python_stderr() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
