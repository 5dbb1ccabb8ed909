"""The English pronouncing dictionary that ships with PocketSphinx (CMUdict, 134,000 entries)."""

from functools import cached_property
from pathlib import Path

from extractors.acoustics.sphinx_model import model_folder


class PronouncingDictionary:
    """Entries by their name; variants of a word are entries of their own: ``read``, ``read(2)``."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or model_folder() / "cmudict-en-us.dict"

    def lookup(self, entry: str) -> str | None:
        """Return the phones of an entry, joined by blanks; None if there is no such entry."""
        return self._entries.get(entry)

    @cached_property
    def _entries(self) -> dict[str, str]:
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return {entry: phones for entry, _, phones in (line.partition(" ") for line in lines) if phones}
