"""File and key names from clip ids: safe on every system, and the id can be read back from them."""

from urllib.parse import quote, unquote

SAFE = " $_-,()+@~"
"""What stays as it is beside letters, digits and dots; `/`, `[` and everything else is written as %XX."""


def name_of(clip_id: str) -> str:
    """Return the name of a clip's file or group, without ending."""
    found = quote(clip_id, safe=SAFE)
    return found if found.strip(".") else found.replace(".", "%2E")


def clip_id_of(name: str) -> str:
    """Return the clip id that `name_of` made this name of."""
    return unquote(name)
