"""The stack machine of a pickle, reduced to data: it knows how arrays are rebuilt and no callable at all."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pipeline.errors import UsageError

MAPPED_BYTES = 1 << 16
"""Byte strings of at least this size stay in the file."""
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): "reconstruct",
    ("numpy._core.multiarray", "_reconstruct"): "reconstruct",
    ("numpy.core.multiarray", "scalar"): "scalar",
    ("numpy._core.multiarray", "scalar"): "scalar",
    ("numpy.core.numeric", "_frombuffer"): "frombuffer",
    ("numpy._core.numeric", "_frombuffer"): "frombuffer",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "latin1",
}
"""Names a pickle of arrays needs, and the rule of this module that each stands for. `_frombuffer` is how
protocol 5 writes arrays; `_codecs.encode` is how protocol 2 writes the bytes of one."""
MARK = object()


@dataclass(frozen=True, slots=True)
class _Name:
    """A name the pickle loaded: a rule of this module, never a callable."""

    rule: str


@dataclass(frozen=True, slots=True)
class _InFile:
    """A byte string that stays in the file."""

    offset: int
    size: int


@dataclass(slots=True)
class _Dtype:
    """A dtype while its BUILD instruction has not come yet."""

    dtype: np.dtype[Any]


@dataclass(slots=True)
class _Array:
    """An array while its BUILD instruction has not come yet; containers are freed of it at the end."""

    value: Any = None


class ArrayMachine:
    """Stack, memo and the few rules that make arrays.

    Parameters
    ----------
    path : Path
        The pickle, for messages and memory maps.
    stream : binary file
        Open at its beginning.
    """

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    # --- reading

    def take(self, size: int) -> bytes:
        """Return the next bytes; raises EOFError at the end."""
        # Asked before they are read: a damaged length may be larger than the memory there is.
        if not 0 <= size <= self._size - self._stream.tell():
            raise EOFError("it ends in the middle; the file is cut off")
        return self._stream.read(size)

    def number(self, form: str) -> Any:
        """Return the next number of a `struct` format."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def blob(self, size: int) -> "bytes | _InFile":
        """Return a byte string, or where it stands in the file if it is large."""
        if size < MAPPED_BYTES:
            return self.take(size)
        at = self._stream.tell()
        if self._size < at + size:
            raise EOFError("it ends inside an array; the file is cut off")
        self._stream.seek(at + size)
        return _InFile(at, size)

    def next(self) -> bytes:
        """Return the code of the next instruction."""
        return self.take(1)

    def old_string(self, size: int) -> "str | _InFile":
        """Return a Python 2 string: text or the bytes of an array, which nothing tells apart."""
        found = self.blob(size)
        return found.decode("latin1") if isinstance(found, bytes) else found

    def raw_line(self) -> bytes:
        """Return the bytes up to the end of the line."""
        return self._stream.readline().rstrip(b"\n")

    def line(self) -> str:
        """Return the text up to the end of the line."""
        return self.raw_line().decode("utf-8")

    # --- the stack

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def pop(self) -> Any:
        """Take the last value off the stack."""
        return self._stack.pop()

    def top(self) -> Any:
        """Return the last value."""
        return self._stack[-1]

    def since_mark(self) -> list[Any]:
        """Take all values since the last mark, and the mark."""
        at = len(self._stack) - 1
        while self._stack[at] is not MARK:
            at -= 1
        found = self._stack[at + 1 :]
        del self._stack[at:]
        return found

    def remember(self, key: int | None = None) -> None:
        """Put the last value into the memo."""
        self._memo[len(self._memo) if key is None else key] = self._stack[-1]

    def recall(self, key: int) -> None:
        """Put a value of the memo on the stack."""
        self._stack.append(self._memo[key])

    # --- what would run code

    def load_name(self, module: Any, name: Any) -> None:
        """Put a rule on the stack for a name that arrays need; refuse any other."""
        rule = ALLOWED.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
        if rule is None:
            raise UsageError(
                f"{self.path}: refused: the pickle tries to load {module}.{name}, which is no array; nothing of it "
                "was run; use the file only if you know who made it, and have it written with arrays alone"
            )
        self._stack.append(_Name(rule))

    def reduce(self) -> None:
        """Apply a rule to its arguments."""
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            raise ValueError("a call of something that is no array")
        self.push(self._call(name.rule, arguments))

    def _call(self, rule: str, arguments: tuple[Any, ...]) -> Any:
        if rule == "dtype":
            return _Dtype(np.dtype(arguments[0]))
        if rule == "reconstruct":
            return _Array()
        if rule == "scalar":
            return _scalar(arguments[0], self._loaded(arguments[1]) if len(arguments) > 1 else b"")
        if rule == "frombuffer":
            data, dtype, shape, order = arguments
            return _Array(self._array(data, _plain(dtype), shape, order))
        if rule == "latin1" and isinstance(arguments[0], str) and arguments[1] == "latin1":
            return arguments[0].encode("latin1")
        raise ValueError(f"a call that makes no array: {rule}")

    def build(self) -> None:
        """Give a dtype or an array its state."""
        state, target = self.pop(), self.top()
        if isinstance(target, _Dtype):
            target.dtype = target.dtype.newbyteorder(state[1]) if state[1] in "<>" else target.dtype
        elif isinstance(target, _Array):
            _, shape, dtype, fortran, data = state
            target.value = self._array(data, _plain(dtype), shape, "F" if fortran else "C")
        else:
            raise ValueError("a state for something that is no array")

    def _array(self, data: Any, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any) -> Any:
        if dtype.hasobject:
            if not isinstance(data, list):
                raise ValueError("an array of objects without its objects")
            flat = np.empty(len(data), object)
            flat[:] = data
            return flat.reshape(shape, order=order)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        length = data.size if isinstance(data, _InFile) else len(data)
        if size != length:
            raise ValueError(f"an array of shape {shape} needs {size} bytes and has {length}")
        if isinstance(data, str):
            data = data.encode("latin1")
        if isinstance(data, _InFile):
            return np.memmap(self.path, dtype, "r", data.offset, shape, order)
        return np.frombuffer(data, dtype).reshape(shape, order=order)

    def _loaded(self, data: Any) -> bytes:
        if isinstance(data, _InFile):
            raise ValueError("a single number of many bytes")
        return bytes(data.encode("latin1") if isinstance(data, str) else data)


def _plain(dtype: Any) -> np.dtype[Any]:
    if not isinstance(dtype, _Dtype):
        raise ValueError("an array whose dtype is no dtype")
    return dtype.dtype


def _scalar(dtype: Any, data: bytes) -> Any:
    plain = _plain(dtype)
    if plain.hasobject:
        raise ValueError("a single number that is an object")
    return np.frombuffer(data, plain, count=1)[0]


def finished(value: Any, seen: dict[int, Any]) -> Any:
    """Replace the records of this module by the arrays they hold, in every container."""
    if isinstance(value, _Array):
        found = value.value
        if isinstance(found, np.ndarray) and found.dtype.hasobject:
            for at, item in enumerate(found.flat):
                found.flat[at] = finished(item, seen)
        return found
    if isinstance(value, _Dtype | _Name | _InFile):
        raise ValueError("it holds something that is no array, number or text")
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, dict):
        seen[id(value)] = value
        for key in list(value):
            value[key] = finished(value[key], seen)
    elif isinstance(value, list):
        seen[id(value)] = value
        value[:] = [finished(item, seen) for item in value]
    elif isinstance(value, tuple):
        value = tuple(finished(item, seen) for item in value)
    return value
