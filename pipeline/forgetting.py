"""Forgetting: every trace of a clip leaves a store."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.quarantine import read_quarantine, write_quarantine
from pipeline.store import FeatureStore

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, and where the id of the clip still stands."""

    features: bool
    """Whether the store held its features."""
    failures: int
    """Rows of failures.csv that were about it."""
    elsewhere: tuple[Path, ...]
    """Files in the store's folder that are not the store's own and name the clip: pages, tables, exports."""


def forget(store: FeatureStore, clip_id: str) -> Forgotten:
    """Remove a clip's features, its failures and its place in the quarantine.

    A store has no index beside its files. What was made of it elsewhere (pages, score tables, trained runs,
    exports) is not the store's to delete; files of that kind inside its folder are named.

    Raises
    ------
    UsageError
        The store knows nothing of the clip.
    StoreError
        A run is writing to the store, or it cannot be written.
    """
    with store.locked():
        held, failures = read_quarantine(store.path), store.failures()
        rest = [row for row in failures if row.clip_id != clip_id]
        found = clip_id in store
        if not found and len(rest) == len(failures) and clip_id not in held:
            raise UsageError(f"{store.path}: knows no clip {clip_id!r}; give the id as failures.csv or the pages do")
        if found:
            store.remove(clip_id)
        if len(rest) < len(failures):
            store.write_failures(rest)
        if held.pop(clip_id, None) is not None:
            write_quarantine(store.path, held)
        return Forgotten(found, len(failures) - len(rest), tuple(_naming(store.path, clip_id)))


def _naming(folder: Path, clip_id: str) -> list[Path]:
    """Return the files of a folder that hold the id, clips of other ids left out."""
    mark = os.fsencode(clip_id)
    others = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.parent != folder / "clips"]
    return [path for path in others if _holds(path, mark)]


def _holds(path: Path, mark: bytes) -> bool:
    tail = b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if mark in tail + chunk:
                return True
            tail = chunk[-len(mark) :]
    return False
