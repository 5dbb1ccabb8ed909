"""Ctrl-C, or a polite kill, ends a command at once, with everything that is finished kept.

Prefect's embedded server stands in the terminal's process group and gets the Ctrl-C, too; its client then waits
for a server that is gone. Nothing needs that goodbye: stores and runs are written whole by rename, and workers die
with their owner. So the handler says what happened, ends the children, and leaves.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from pipeline.cleanup import clean_up

SIGNALLED = 128
"""With the signal's number, the exit code: 130 after Ctrl-C, 143 after SIGTERM."""
MESSAGE = "dmd: stopped; what is finished is kept, the same command goes on from there"


def end_at_once_on_interrupt() -> None:
    """Take over SIGINT, and SIGTERM, which clusters send before they kill; for the main thread of a command."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(f"\n{MESSAGE}", file=sys.stderr, flush=True)
    for child in _children():
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGTERM)
    clean_up()
    os._exit(SIGNALLED + number)


def _children() -> list[int]:
    """Return this process's children (Linux; elsewhere none are known, and they get the terminal's Ctrl-C)."""
    found: list[int] = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(pid) for pid in thread.read_text().split()]
    return found
