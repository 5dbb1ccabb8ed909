"""Media files in a folder: which names count, and which paths stay inside."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

VIDEO_SUFFIXES = frozenset(
    (
        ".3g2 .3gp .asf .avi .flv .gif .m2ts .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv"
    ).split()
)
AUDIO_SUFFIXES = frozenset(
    ".wav .flac .mp3 .m4a .aac .ogg .oga .opus .wma .aif .aiff .amr .ac3 .eac3 .au .caf .mka .weba".split()
)


def is_media_name(name: str) -> bool:
    """Tell whether a file of this name is taken for media."""
    return Path(name).suffix.lower() in VIDEO_SUFFIXES | AUDIO_SUFFIXES


def preference(name: str) -> tuple[bool, str]:
    """Return the sorting key that puts a video before a sound file of the same stem."""
    return Path(name).suffix.lower() not in VIDEO_SUFFIXES, name


@dataclass(slots=True)
class Folder:
    """A folder nothing may leave: paths are resolved, links included, and must stay inside."""

    path: Path
    root: Path = field(init=False)
    """The path with its links resolved."""
    _names: dict[Path, Mapping[str, str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.path.resolve()

    def holds(self, path: Path) -> bool:
        """Tell whether a path, with its links resolved, lies inside; a loop of links does not."""
        try:
            return path.resolve().is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError):
            return False

    def names(self, folder: Path) -> Mapping[str, str]:
        """Return the names in a folder by case-folded name, none if it cannot be read; it is read once."""
        if folder not in self._names:
            try:
                found = sorted((path.name for path in folder.iterdir()), reverse=True)
            except (OSError, ValueError):
                found = []
            self._names[folder] = {name.casefold(): name for name in found}
        return self._names[folder]

    def media(self) -> Iterator[Path]:
        """Yield what is named like media in the folder and below, in order; hidden files and folders are left out.

        Folders that are links are not entered; a folder named like media is yielded, not entered.
        """
        for parent, folders, files in os.walk(self.path):
            visible = sorted(name for name in folders if not name.startswith("."))
            named = [name for name in visible if is_media_name(name)]
            folders[:] = [name for name in visible if name not in named]
            found = [name for name in files if is_media_name(name) and not name.startswith(".")]
            for name in sorted([*found, *named], key=preference):
                yield Path(parent, name)

    def why_not(self, path: Path) -> str | None:
        """Return why a path in the folder cannot be a clip, None if it can."""
        name = repr(os.fspath(path))
        if not self.holds(path):
            return f"{name}: its link leaves the folder or runs in a circle; put the file itself there"
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            return f"{name}: cannot be read ({getattr(error, 'strerror', None) or error}); correct or remove it"
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
            return f"{name}: is {kind}, not a file; rename or remove it"
        return None
