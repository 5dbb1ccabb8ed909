"""Manifests: .csv and .jsonl tables that name clips, one a row."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.clip import Clip
from pipeline.clips.listing import Listing, ListingBuilder
from pipeline.clips.mediafiles import Folder
from pipeline.clips.speakers import said_by
from pipeline.clips.transcripts import cut_transcript, read_transcript, sidecars
from pipeline.errors import TranscriptError, UsageError
from pipeline.language_names import language_tag
from pipeline.untrusted.tables import Row, Table, number, read_table, rename_columns, require_column
from pipeline.words import Transcript, plain_transcript

COLUMNS = (
    "path",
    "id",
    "text",
    "label",
    "split",
    "speaker",
    "video_id",
    "clip_id",
    "start_s",
    "end_s",
    "language",
)
"""Columns that count; only `path` must be there, and it may be empty where there is a text."""


def read_manifest(path: Path, columns: Mapping[str, str], language: str) -> Listing:
    """Return the clips that a manifest names.

    Paths are relative to the manifest's folder. The id is the column `id`, else `video_id$_$clip_id`, else the
    path without its suffix (with ``@start-end`` behind it where one file has several rows), else ``row_N``.

    Parameters
    ----------
    path : Path
    columns : our name -> the manifest's name
    language : language of rows that name none

    Raises
    ------
    UsageError
        If the manifest cannot be read, lacks a column, is empty, or a path leaves its folder.
    """
    table = rename_columns(read_table(path), columns, COLUMNS)
    require_column(table, "path")
    if not table.rows:
        raise UsageError(f"{os.fspath(path)!r}: names no clip; add a row a clip below its header")
    reader = _ManifestReader(table, language)
    for count, row in enumerate(table.rows, start=1):
        reader.read(count, row)
    return reader.found.listing()


class _ManifestReader:
    """Turns the rows of one manifest into clips."""

    def __init__(self, table: Table, language: str) -> None:
        self.found = ListingBuilder()
        self._folder = Folder(table.path.absolute().parent)
        self._source = table.path
        self._language = language
        self._beside: tuple[Path, str | None, Transcript | None] | None = None
        self._rows_of = Counter(row.get("path") for row in table.rows)

    def read(self, count: int, row: Row) -> None:
        """Take in one row."""
        clip_id = self._clip_id(count, row)
        media = self._media(row)
        error = row.error or (None if media is None else self._folder.why_not(media))
        if error is None and media is None and row.get("text") is None:
            error = "has neither a path nor a text; fill in one of them"
        if error is None:
            try:
                self.found.add(self._clip(clip_id, media, row))
            except (TranscriptError, ValueError) as problem:
                error = str(problem)
        if error is not None:
            self.found.refuse(clip_id, media, f"{os.fspath(self._source)!r}, line {row.line}: {error}")

    def _clip_id(self, count: int, row: Row) -> str:
        stated, video_id, part = row.get("id"), row.get("video_id"), row.get("clip_id")
        if stated is not None:
            return stated
        if video_id is not None and part is not None:
            return f"{video_id}$_${part}"
        path = row.get("path")
        if path is None:
            return f"row_{count}"
        segment = f"@{row.get('start_s') or 0}-{row.get('end_s') or 'end'}" if self._rows_of[path] > 1 else ""
        return f"{self._relative(path)}{segment}"

    def _relative(self, path: str) -> str:
        full = Path(os.path.normpath(self._folder.path / path))
        inside = full.relative_to(self._folder.path) if full.is_relative_to(self._folder.path) else Path(full.name)
        return inside.with_suffix("").as_posix() if inside.name else path

    def _media(self, row: Row) -> Path | None:
        text = row.get("path")
        if text is None:
            return None
        path = self._folder.path / text
        if "\0" in text or not self._folder.holds(path):
            raise UsageError(
                f"{os.fspath(self._source)!r}, line {row.line}: the path {text!r} leaves the manifest's folder; put "
                "the manifest into a folder above all its clips"
            )
        return path

    def _clip(self, clip_id: str, media: Path | None, row: Row) -> Clip:
        start_s, end_s = number(row, "start_s"), number(row, "end_s")
        _check_segment(start_s, end_s)
        stated = stated_language(row)
        transcript = self._transcript(media, row, stated)
        language = stated or self._language
        if transcript is not None:
            # before the cut: a speaker who is silent in this segment must not get the words of the others
            transcript = said_by(transcript, row.get("speaker"))
            if row.get("text") is None and (start_s or end_s is not None):
                transcript = cut_transcript(transcript, start_s or 0.0, end_s)
            transcript, language = in_language_of(row, transcript, language)
        return Clip(
            clip_id=clip_id,
            path=media,
            transcript=transcript,
            start_s=start_s,
            end_s=end_s,
            label=row.get("label"),
            split=row.get("split"),
            speaker=row.get("speaker"),
            video_id=row.get("video_id"),
            language=language,
        )

    def _transcript(self, media: Path | None, row: Row, stated: str | None) -> Transcript | None:
        text = row.get("text")
        if text is not None:
            return plain_transcript(text, stated or self._language)
        if media is None:
            return None
        if self._beside is None or self._beside[:2] != (media, stated):  # many rows may cut one recording
            self._beside = (media, stated, beside(self._folder, media, self._language, stated))
        return self._beside[2]


def stated_language(row: Row) -> str | None:
    """Return the tag of the language that a row states; None where it states none."""
    stated = row.get("language")
    return language_tag(stated) if stated else None


def in_language_of(row: Row, transcript: Transcript, language: str) -> tuple[Transcript | None, str]:
    """Return a row's transcript, None if it has no words, and its language: what the row states wins over a file."""
    language = stated_language(row) or transcript.language or language
    return (replace(transcript, language=language) if transcript.words else None), language


def beside(folder: Folder, media: Path, language: str, stated: str | None = None) -> Transcript | None:
    """Return the transcript that stands beside a media file, None if there is none.

    Of several files the first that has words counts (`sidecars`): an empty one hides no other.

    Parameters
    ----------
    folder : Folder
    media : Path
    language : str
        Of a transcript that states none.
    stated : str or None
        What is known of this clip: goes before what the file states.

    Raises
    ------
    TranscriptError
        If the transcript cannot be read or parsed, or is a link that leaves the folder.
    """
    for path in sidecars(media, folder.names(media.parent)):
        if not folder.holds(path):
            raise TranscriptError(
                f"transcript {os.fspath(path)!r}: its link leaves the folder; put the file itself there"
            )
        transcript = read_transcript(path, stated or language, certain=stated is not None)
        if transcript.words:
            return transcript
    return None


def _check_segment(start_s: float | None, end_s: float | None) -> None:
    first_s, last_s = start_s or 0.0, float("inf") if end_s is None else end_s
    if not 0.0 <= first_s < last_s:
        raise ValueError(f"[{start_s}, {end_s}) s is not a stretch of time; give 0 <= start_s < end_s")
