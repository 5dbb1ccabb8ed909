"""Sources: whatever names clips (a file, a folder, a dataset folder, a manifest) becomes a list of clips."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pipeline.clip import Clip
from pipeline.clips.labelcsv import LABEL_FILE, read_label_folder
from pipeline.clips.listing import Listing, ListingBuilder, SourceProblem
from pipeline.clips.manifest import beside, read_manifest
from pipeline.clips.mediafiles import Folder
from pipeline.errors import TranscriptError, UsageError
from pipeline.language_names import language_tag

__all__ = ["Listing", "SourceProblem", "read_source"]

MANIFEST_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")


def read_source(source: Path, *, columns: Mapping[str, str] | None = None, language: str = "en") -> Listing:
    """Return the clips that SOURCE names; nothing is decoded.

    Parameters
    ----------
    source : Path
        A media file; a folder, searched recursively; an MMSA-FET dataset folder (with `label.csv`); or a
        manifest (.csv, .jsonl).
    columns : mapping or None
        Our column name -> the name that the manifest or `label.csv` uses.
    language : str
        Tag (``de``) or name (``german``) for clips whose source states none.

    Raises
    ------
    UsageError
        If there is no such source, no clip in it, or a manifest that cannot be used.
    """
    renames = {} if columns is None else columns
    language = language_tag(language)
    try:
        mode = source.stat().st_mode
    except (OSError, ValueError) as error:
        raise UsageError(_unreachable(source, error)) from None
    if stat.S_ISDIR(mode):
        if (source / LABEL_FILE).is_file():
            return read_label_folder(source, renames, language)
        _no_columns(renames, source)
        return _read_folder(source, language)
    if not stat.S_ISREG(mode):
        raise UsageError(f"{os.fspath(source)!r}: is a pipe or a device; give a file or a folder")
    if source.suffix.lower() not in MANIFEST_SUFFIXES:
        _no_columns(renames, source)
        return _read_file(source, language)
    if source.name == LABEL_FILE and (source.parent / "Raw").is_dir():
        return read_label_folder(source.parent, renames, language)
    return read_manifest(source, renames, language)


def _read_file(source: Path, language: str) -> Listing:
    found = ListingBuilder()
    _add(found, Folder(source.absolute().parent), source.absolute(), source.stem, language)
    return found.listing()


def _read_folder(source: Path, language: str) -> Listing:
    found, folder = ListingBuilder(), Folder(source.absolute())
    for path in folder.media():
        relative = PurePosixPath(path.relative_to(folder.path).as_posix())
        clip_id = os.fspath(relative.with_suffix(""))
        problem = folder.why_not(path)
        if problem is None:
            _add(found, folder, path, clip_id, language)
        else:
            found.refuse(clip_id, path, problem)
    listing = found.listing()
    if not listing.clips and not listing.problems:
        raise UsageError(
            f"{os.fspath(source)!r}: holds no clip (no file named like video or sound); give another folder"
        )
    return listing


def _add(found: ListingBuilder, folder: Folder, path: Path, clip_id: str, language: str) -> None:
    try:
        transcript = beside(folder, path, language)
    except TranscriptError as error:
        found.refuse(clip_id, path, error)
        return
    spoken = language if transcript is None else transcript.language
    found.add(Clip(clip_id, path, transcript, language=spoken))


def _no_columns(renames: Mapping[str, str], source: Path) -> None:
    if renames:
        raise UsageError(f"--columns: {os.fspath(source)!r} is no manifest; leave the option out")


def _unreachable(source: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    kind = "folder or file" if isinstance(error, FileNotFoundError) else "readable folder or file"
    return f"{os.fspath(source)!r}: no such {kind} ({reason}); correct the path"
