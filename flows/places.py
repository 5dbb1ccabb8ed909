"""Folders that a run writes to beside its store: whether they can be written, and how much space is left there."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from flows.settings import STATE_VARIABLE, state_folder

LEAST_FREE_MB = 500
"""Prefect's database takes 5 MB and 2 to 25 KB a clip; below this, a store on the same disk is soon full."""


def place_rows() -> list[dict[str, Any]]:
    """Return one row a folder: where it is, what is free there, and what to do if it cannot serve."""
    home = os.environ.get("PREFECT_HOME")
    state = Path(home) if home else state_folder()
    return [
        _row("state of runs", state, f"set {STATE_VARIABLE} to a folder that is yours"),
        _row("temporary files", Path(tempfile.gettempdir()), "set TMPDIR to a folder that is yours"),
        _row("working folder", Path.cwd(), "go to a folder that is yours"),
    ]


def _row(use: str, folder: Path, remedy: str) -> dict[str, Any]:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free_mb = shutil.disk_usage(there).free // 2**20
    problem = ""
    if not _writable(there):
        problem = f"not writable; {remedy}"
    elif free_mb < LEAST_FREE_MB:
        problem = f"only {free_mb} MB free; free some space, or {remedy}"
    return {"use": use, "folder": str(folder), "free_gb": round(free_mb / 1024, 1), "remedy": problem}


def _writable(folder: Path) -> bool:
    """Whether a file can be made there: permission bits know nothing of file systems mounted for reading only."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
