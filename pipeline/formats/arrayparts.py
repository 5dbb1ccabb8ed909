"""What a pickle of arrays is made of, and the rules that make arrays: none of them makes more than was there."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_DIMENSIONS = 32
_DTYPE = re.compile(r"[|<>=]?[?a-zA-Z]\d{0,9}")
"""Of numbers, text or objects: structured and nested dtypes can be made of a few bytes to hold anything."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name the pickle loaded: a rule of this module, never a callable."""

    rule: str


@dataclass(frozen=True, slots=True)
class InFile:
    """A byte string that stays in the file."""

    offset: int
    size: int


@dataclass(slots=True)
class PendingDtype:
    """A dtype while its BUILD instruction has not come yet."""

    dtype: np.dtype[Any]


@dataclass(slots=True)
class PendingArray:
    """An array while its BUILD instruction has not come yet; containers are freed of it at the end."""

    value: Any = None


class ArrayParts:
    """Rebuilds the arrays of one pickle.

    A few bytes can name a long string again and again, and each array made of it would be a copy. What is copied
    comes off a budget of the file's own size, which a file that names its data once never exceeds.

    Parameters
    ----------
    path : Path
        The pickle: large arrays are views of its one memory map.
    size : int
        Of the file, in bytes.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._left = size
        self._mapped: NDArray[np.uint8] | None = None

    def call(self, rule: str, arguments: tuple[Any, ...]) -> Any:
        """Apply a rule to its arguments; raises ValueError for what makes no array."""
        if rule == "dtype":
            return PendingDtype(_dtype(arguments[0]))
        if rule == "reconstruct":
            return PendingArray()
        if rule == "scalar":
            return self._scalar(arguments[0], arguments[1] if len(arguments) > 1 else b"")
        if rule == "frombuffer":
            data, dtype, shape, order = arguments
            return PendingArray(self._array(data, dtype, shape, order))
        if rule == "latin1" and isinstance(arguments[0], str) and arguments[1] == "latin1":
            return self._encoded(arguments[0])
        raise ValueError(f"a call that makes no array: {rule}")

    def build(self, target: Any, state: Any) -> None:
        """Give a dtype or an array its state; raises ValueError for anything else."""
        if isinstance(target, PendingDtype):
            target.dtype = target.dtype.newbyteorder(state[1]) if state[1] in ("<", ">") else target.dtype
        elif isinstance(target, PendingArray):
            _, shape, dtype, fortran, data = state
            target.value = self._array(data, dtype, shape, "F" if fortran else "C")
        else:
            raise ValueError("a state for something that is no array")

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError("it makes more of its bytes than it has, by naming the same ones again and again")

    def _encoded(self, text: str) -> bytes:
        self._spend(len(text))
        return text.encode("latin1")

    def _array(self, data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
        kind = _plain(dtype)
        _check_shape(shape)
        if kind.hasobject:
            return self._objects(data).reshape(shape, order=order)
        size = math.prod(shape) * kind.itemsize
        length = data.size if isinstance(data, InFile) else len(data)
        if size != length:
            raise ValueError(f"an array of shape {shape} needs {size} bytes and has {length}")
        if isinstance(data, InFile):
            if self._mapped is None:  # one map for all: each map costs a file descriptor
                self._mapped = np.memmap(self._path, np.uint8, "r")
            return self._mapped[data.offset : data.offset + size].view(kind).reshape(shape, order=order)
        if isinstance(data, str):
            data = self._encoded(data)
        return np.frombuffer(data, kind).reshape(shape, order=order)

    def _objects(self, data: Any) -> NDArray[Any]:
        if not isinstance(data, list):
            raise ValueError("an array of objects without its objects")
        self._spend(len(data))
        flat = np.empty(len(data), object)
        for at, item in enumerate(data):  # one by one: numpy would look into lists for more dimensions
            flat[at] = item
        return flat

    def _scalar(self, dtype: Any, data: Any) -> Any:
        kind = _plain(dtype)
        if kind.hasobject:
            raise ValueError("a single number that is an object")
        if isinstance(data, InFile):
            raise ValueError("a single number of many bytes")
        self._spend(kind.itemsize)
        held = self._encoded(data) if isinstance(data, str) else data
        return np.frombuffer(held, kind, count=1)[0]


def _dtype(given: Any) -> np.dtype[Any]:
    if not isinstance(given, str) or not _DTYPE.fullmatch(given):
        raise ValueError("an array of a dtype that is neither numbers nor text")
    return np.dtype(given)


def _plain(dtype: Any) -> np.dtype[Any]:
    if not isinstance(dtype, PendingDtype):
        raise ValueError("an array whose dtype is no dtype")
    return dtype.dtype


def _check_shape(shape: Any) -> None:
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise ValueError("an array whose shape is no shape")
    if not all(type(side) is int and 0 <= side < 1 << 62 for side in shape):
        raise ValueError("an array whose sides are no lengths")
