"""Forgetting: every trace of a clip leaves a store.

The store's own files are mended. What else lies in its folder was put there by its owner: tables lose the clip's
rows, pages of ours that name it go (one command makes them again), anything else that names it is said.
"""

import html
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DamagedClipError, UsageError
from pipeline.formats.filenames import name_of
from pipeline.store import FeatureStore
from pipeline.stores.quarantine import read_quarantine, write_quarantine
from pipeline.stores.tablerows import TABLES, without_clip

CHUNK = 1 << 20
PAGE_MARK = b'<meta name="generator" content="dmd">'
"""Stands in the head of every page that `dmd report` writes."""
LEAST_WORDS = 4
"""A shorter text may be anybody's."""
LEAST_LETTERS = 4
"""A shorter id counts only where it is quoted or stands alone in a cell: `7` is in every table."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, and where the clip still stands."""

    features: bool
    """Whether the store held its features."""
    failures: int
    """Rows of failures.csv that were about it."""
    mended: tuple[Path, ...]
    """Tables in the store's folder that lost its rows."""
    deleted: tuple[Path, ...]
    """Pages in the store's folder that named it."""
    elsewhere: tuple[Path, ...]
    """Other files in the store's folder that name it or hold its text: exports, notes."""


def forget(store: FeatureStore, clip_id: str) -> Forgotten:
    """Remove a clip's features, its failures, its place in the quarantine, and what was made of it in the folder.

    A store has no index beside its files. What was made of it elsewhere (pages, score tables, trained runs,
    exports) is not the store's to delete.

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
        marks = _marks(store, clip_id)
        if found:
            store.remove(clip_id)
        if len(rest) < len(failures):
            store.write_failures(rest)
        if held.pop(clip_id, None) is not None:
            write_quarantine(store.path, held)
        others = _not_clips(store.path)
        mended = tuple(path for path in others if path.suffix in TABLES and without_clip(path, clip_id))
        naming = [path for path in others if _names(path, marks)]
        deleted = tuple(path for path in naming if _is_page(path))
        for path in deleted:
            path.unlink()
        left = tuple(path for path in naming if path not in deleted)
        return Forgotten(found, len(failures) - len(rest), mended, deleted, left)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a file with a trace of the clip holds."""

    name: re.Pattern[bytes]
    """The id in any writing, where no other id goes on."""
    file_name: str
    text: bytes
    """The transcript; empty for one that is too short to tell."""


def _marks(store: FeatureStore, clip_id: str) -> _Marks:
    words: list[str] = []
    if clip_id in store:
        with suppress(DamagedClipError):
            words = [word.text for word in store.load(clip_id).words if word.text]
    text = " ".join(words) if len(words) >= LEAST_WORDS else ""
    return _Marks(name_pattern(clip_id), name_of(clip_id), text.encode())


def name_pattern(clip_id: str) -> re.Pattern[bytes]:
    """Return what finds the id of a clip in any writing of it, where no other id goes on."""
    json_id, said = json.dumps(clip_id)[1:-1], repr(clip_id)[1:-1]
    writings = {clip_id, json_id, json.dumps(json_id)[1:-1], html.escape(clip_id), name_of(clip_id)}
    writings |= {said, json.dumps(said)[1:-1], json.dumps(said, ensure_ascii=False)[1:-1]}
    writings -= {""}
    either = b"|".join(re.escape(writing.encode("utf-8", "surrogatepass")) for writing in sorted(writings)) or b"(?!)"
    before, after = (rb"[^\w-]", rb"[^\w-]") if len(clip_id) >= LEAST_LETTERS else (rb"[\"'>]", rb"[\"'<\\]")
    return re.compile(rb"(?:^|" + before + rb")(?:" + either + rb")(?:$|" + after + rb")")


def _not_clips(folder: Path) -> list[Path]:
    """Return the files of a folder, those of other clips and the store's settings left out."""
    own = {folder / "store.json", folder / ".lock", folder / ".writers"}
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in own]
    return [path for path in found if path.parent.parent != folder / "clips"]


def _names(path: Path, marks: _Marks) -> bool:
    if path.stem == marks.file_name or path.name == marks.file_name:
        return True
    overlap = 2 * len(marks.name.pattern) + len(marks.text)
    before = b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            piece = before + chunk
            if marks.name.search(piece) or (marks.text and marks.text in piece):
                return True
            before = piece[-overlap:]
    return False


def _is_page(path: Path) -> bool:
    if path.suffix.lower() not in (".html", ".htm"):
        return False
    with path.open("rb") as stream:
        return PAGE_MARK in stream.read(CHUNK)
