"""Folders and manifests of clips that are clips in name only."""

from pathlib import Path

from pipeline.sources import Listing


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"media")


def manifest(folder: Path, text: str, name: str = "clips.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def ids(listing: Listing) -> list[str]:
    return [clip.clip_id for clip in listing.clips]
