"""Ctrl-C ends a command at once, with everything that is finished kept.

Prefect's embedded server stands in the terminal's process group and gets the Ctrl-C, too; its client then waits
for a server that is gone. Nothing needs that goodbye: stores and runs are written whole by rename, and workers die
with their owner. So the handler says what happened, ends the children, and leaves.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

INTERRUPTED = 130
MESSAGE = "dmd: stopped; what is finished is kept, the same command goes on from there"
_cleanups: list[Callable[[], object]] = []


def end_at_once_on_interrupt() -> None:
    """Take over SIGINT; for the main thread of a command."""
    signal.signal(signal.SIGINT, _end)


@contextlib.contextmanager
def cleaned_up(cleanup: Callable[[], object]) -> Iterator[None]:
    """Run ``cleanup`` also when the command is interrupted inside the block."""
    _cleanups.append(cleanup)
    try:
        yield
    finally:
        _cleanups.remove(cleanup)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(f"\n{MESSAGE}", file=sys.stderr, flush=True)
    for child in _children():
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGTERM)
    for cleanup in _cleanups:
        with contextlib.suppress(Exception):
            cleanup()
    os._exit(INTERRUPTED)


def _children() -> list[int]:
    """Return this process's children (Linux; elsewhere none are known, and they get the terminal's Ctrl-C)."""
    found: list[int] = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(pid) for pid in thread.read_text().split()]
    return found
