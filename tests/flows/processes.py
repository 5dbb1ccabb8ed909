"""Looking at processes: which ones belong to a test, and whether they have ended (Linux)."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def ended(pid: int, within_s: float = 10.0) -> bool:
    """Whether a process is gone, or a zombie, within some time."""
    return _soon(lambda: not _alive(pid), within_s)


def naming(mark: str | Path) -> list[int]:
    """Return the living processes, but this one, that have ``mark`` in their command line or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(str(mark)) in known and pid != os.getpid() and _alive(pid):
            found.append(pid)
    return found


def none_naming(mark: str | Path, within_s: float = 15.0) -> bool:
    """Whether all processes with ``mark`` end within some time."""
    return _soon(lambda: not naming(mark), within_s)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _soon(true: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return true()
