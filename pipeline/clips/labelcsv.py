"""MMSA-FET dataset folders: a label.csv, and media at Raw/<video_id>/<clip_id>.<any>."""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.clip import Clip
from pipeline.clips.listing import Listing, ListingBuilder
from pipeline.clips.manifest import beside, in_language_of, stated_language
from pipeline.clips.mediafiles import Folder, is_media_name, preference
from pipeline.clips.speakers import said_by
from pipeline.errors import TranscriptError, UsageError
from pipeline.untrusted.tables import Row, read_table, rename_columns, require_column
from pipeline.words import plain_transcript

LABEL_FILE = "label.csv"
MEDIA_FOLDER = "Raw"
COLUMNS = (
    "video_id",
    "clip_id",
    "text",
    "label",
    "label_T",
    "label_A",
    "label_V",
    "annotation",
    "mode",
    "split",
    "speaker",
    "language",
)
"""Columns that count; all but the first two may be missing. `mode` is the split. Older files have 7 columns,
newer ones up to 13; what else they hold is left alone."""


def read_label_folder(folder: Path, columns: Mapping[str, str], language: str) -> Listing:
    """Return the clips of an MMSA-FET dataset folder, with ids ``video_id$_$clip_id``.

    Parameters
    ----------
    folder : Path
    columns : our name -> the name in label.csv
    language : language of clips whose row names none

    Raises
    ------
    UsageError
        If label.csv cannot be read, lacks a column, is empty, or an id leaves the folder.
    """
    table = rename_columns(read_table(folder / LABEL_FILE), columns, COLUMNS)
    require_column(table, "video_id")
    require_column(table, "clip_id")
    if not table.rows:
        raise UsageError(f"{os.fspath(table.path)!r}: names no clip; add a row a clip below its header")
    found, inside = ListingBuilder(), Folder(folder.absolute())
    for row in table.rows:
        clip_id = f"{row.get('video_id')}$_${row.get('clip_id')}"
        try:
            found.add(_clip(clip_id, row, inside, language))
        except (TranscriptError, ValueError) as error:
            found.refuse(clip_id, None, f"{os.fspath(table.path)!r}, line {row.line}: {error}")
    return found.listing()


def _clip(clip_id: str, row: Row, folder: Folder, language: str) -> Clip:
    video_id, part = row.get("video_id"), row.get("clip_id")
    if row.error or video_id is None or part is None:
        raise ValueError(row.error or "has no video_id or no clip_id; fill them in")
    stated = stated_language(row)
    media = _media(video_id, part, row, folder)
    text = row.get("text")
    if text is None:
        transcript = beside(folder, media, language, stated)
    else:
        transcript = plain_transcript(text, stated or language)
    language = stated or language
    if transcript is not None:
        transcript, language = in_language_of(row, said_by(transcript, row.get("speaker")), language)
    return Clip(
        clip_id=clip_id,
        path=media,
        transcript=transcript,
        label=row.get("label"),
        split=row.get("mode") or row.get("split"),
        speaker=row.get("speaker"),
        video_id=video_id,
        language=language,
    )


def _media(video_id: str, part: str, row: Row, folder: Folder) -> Path:
    """Return the media file of a row, a video before a sound file.

    Raises
    ------
    UsageError
        If the ids lead out of the folder.
    ValueError
        If there is no such file.
    """
    parent = folder.path / MEDIA_FOLDER / video_id
    plain = all(name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"} for name in (video_id, part))
    if not plain or not folder.holds(parent):
        raise UsageError(
            f"{os.fspath(folder.path / LABEL_FILE)!r}, line {row.line}: the ids {video_id!r}, {part!r} lead out of "
            "the folder; use ids that are plain names"
        )
    names = folder.names(parent).values()
    fitting = sorted((name for name in names if is_media_name(name) and Path(name).stem == part), key=preference)
    if not fitting:
        raise ValueError(f"there is no media file {os.fspath(parent / part)!r}.*; put it there or remove the row")
    media = parent / fitting[0]
    problem = folder.why_not(media)
    if problem is not None:
        raise ValueError(problem)
    return media
