"""JSON from files that anybody may have written: what cannot be read is a ValueError, whatever is wrong with it."""

import json
from pathlib import Path
from typing import Any

from pipeline.untrusted.textfile import read_bytes

MAX_RECORD_BYTES = 64 << 20
"""Of a record beside arrays: the splits of a million clips take half of it."""


def parse_json(text: str | bytes) -> Any:
    """Return the value that a JSON text stands for.

    Parameters
    ----------
    text : str or bytes
        The whole text; bytes are decoded as the standard says (UTF-8, -16 or -32).

    Returns
    -------
    JSON value
        Objects as dict, arrays as list.

    Raises
    ------
    ValueError
        The text is no JSON, or nests deeper than the interpreter follows. (The standard library raises a
        RecursionError for that, which no reader of files expects: a few thousand brackets would end a run.)
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("arrays or objects nest too deeply") from None


def read_json(path: Path, max_bytes: int = MAX_RECORD_BYTES) -> Any:
    """Return the value that a JSON file stands for.

    Raises
    ------
    ValueError
        The file cannot be opened, is no regular file, is longer than ``max_bytes``, or as `parse_json`.
    """
    return parse_json(read_bytes(path, max_bytes))
