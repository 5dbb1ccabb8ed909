"""The containers of a pickle when all of it has been read: freed of what stood in for arrays, and counted."""

from typing import Any

import numpy as np

from pipeline.formats.arrayparts import InFile, Name, PendingArray, PendingDtype

MAX_VALUES = 4_000_000
"""Values a pickle may hold, and instructions that make them: 15 times those of the largest public file. A value
counts as often as it is named: a list that holds another twice, which holds another twice, and so on forty times,
takes some hundred bytes, and whoever walks through it never ends."""


def finished(value: Any) -> Any:
    """Return the value with its arrays in place of the records that stood for them, in every container.

    Raises
    ------
    ValueError
        It holds a record that is no value, or, walked through, more than `MAX_VALUES` values.
    RecursionError
        It nests deeper than the interpreter follows, or holds itself.
    """
    found, count = _finished(value, {})
    if count > MAX_VALUES:
        raise ValueError(f"it unfolds to more than {MAX_VALUES} values")
    return found


def _finished(value: Any, seen: dict[int, tuple[Any, Any, int]]) -> tuple[Any, int]:
    """Return the value, finished, and how many values it is; ``seen`` keeps what was made of each container."""
    if not isinstance(value, dict | list | tuple | PendingArray):
        if isinstance(value, PendingDtype | Name | InFile):
            raise ValueError("it holds something that is no array, number or text")
        return value, 1
    if id(value) in seen:
        _, found, count = seen[id(value)]
        if count == 0:
            raise RecursionError("a container holds itself")
        return found, count
    seen[id(value)] = value, None, 0
    found, count = _contained(value, seen)
    seen[id(value)] = value, found, count
    return found, count


def _contained(value: Any, seen: dict[int, tuple[Any, Any, int]]) -> tuple[Any, int]:
    count = 1
    if isinstance(value, PendingArray):
        found = value.value
        if isinstance(found, np.ndarray) and found.dtype.hasobject:
            for at, item in enumerate(found.flat):
                found.flat[at], more = _finished(item, seen)
                count += more
        return found, count
    if isinstance(value, dict):
        for key in value:
            value[key], more = _finished(value[key], seen)
            count += more
        return value, count
    pairs = [_finished(item, seen) for item in value]
    count += sum(more for _, more in pairs)
    if isinstance(value, list):
        value[:] = [item for item, _ in pairs]
        return value, count
    return tuple(item for item, _ in pairs), count
