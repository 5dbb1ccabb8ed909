"""File and key names from clip ids: safe on every system, and the id can be read back from them."""

import hashlib
import re
from urllib.parse import quote, unquote, unquote_to_bytes

SAFE = " $_-,()+@~"
"""What stays as it is beside letters, digits and dots; `/`, `[` and everything else is written as %XX."""


EMPTY = "%"
"""Stands for an empty id: no quoted text ends in a bare sign."""
LONGEST = 180
"""Bytes of a file's name, which may have 255 with its ending and with what marks it as not finished."""


def name_of(clip_id: str) -> str:
    """Return the name of a clip's file or group, without ending."""
    found = quote(clip_id, safe=SAFE, errors="surrogatepass")
    if not found:
        return EMPTY
    return found if found.strip(".") else found.replace(".", "%2E")


def clip_id_of(name: str) -> str:
    """Return the clip id that `name_of` made this name of."""
    return "" if name == EMPTY else unquote(name, errors="surrogatepass" if _whole(name) else "replace")


def file_name_of(clip_id: str) -> str:
    """Return the name of a clip's file, without ending, short enough for any file system."""
    found = name_of(clip_id)
    if len(found) <= LONGEST:
        return found
    digest = hashlib.sha256(found.encode()).hexdigest()[:16]
    return re.sub("%.?$", "", found[: LONGEST - 17]) + f"~{digest}"


def _whole(name: str) -> bool:
    try:
        unquote_to_bytes(name).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True
