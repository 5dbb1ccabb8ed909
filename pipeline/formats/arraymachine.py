"""The stack machine of a pickle, reduced to data: it knows how arrays are rebuilt and no callable at all."""

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import UsageError
from pipeline.formats.arrayparts import ArrayParts, InFile, Name
from pipeline.formats.arraytree import MAX_VALUES

MAPPED_BYTES = 1 << 16
"""Byte strings of at least this size stay in the file."""
MAX_HELD_BYTES = 1 << 30
"""What does not stay in the file: texts, numbers, small arrays, and the arrays of protocols 0 to 2, which write
bytes as text. The largest public file holds 5 MB of it."""
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
        self._parts = ArrayParts(path, self._size)
        self._read = 0
        self._instructions = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    # --- reading

    def take(self, size: int) -> bytes:
        """Return the next bytes; raises EOFError at the end."""
        # Asked before they are read: a damaged length may be larger than the memory there is.
        if not 0 <= size <= self._size - self._stream.tell():
            raise EOFError("it ends in the middle; the file is cut off")
        self._hold(size)
        return self._stream.read(size)

    def _hold(self, size: int) -> None:
        self._read += size
        if self._read > MAX_HELD_BYTES:
            raise ValueError(
                f"it holds more than {MAX_HELD_BYTES >> 20} MB outside of arrays, or in arrays of an old protocol; "
                "write it with protocol 4"
            )

    def number(self, form: str) -> Any:
        """Return the next number of a `struct` format."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def blob(self, size: int) -> "bytes | InFile":
        """Return a byte string, or where it stands in the file if it is large."""
        if size < MAPPED_BYTES:
            return self.take(size)
        at = self._stream.tell()
        if self._size < at + size:
            raise EOFError("it ends inside an array; the file is cut off")
        self._stream.seek(at + size)
        return InFile(at, size)

    def next(self) -> bytes:
        """Return the code of the next instruction; each makes one value at most."""
        self._instructions += 1
        if self._instructions > 3 * MAX_VALUES:  # with those that remember, fetch and put values together
            raise ValueError(f"it is made of more than {MAX_VALUES} values")
        return self.take(1)

    def old_string(self, size: int) -> "str | InFile":
        """Return a Python 2 string: text or the bytes of an array, which nothing tells apart."""
        found = self.blob(size)
        return found.decode("latin1") if isinstance(found, bytes) else found

    def raw_line(self) -> bytes:
        """Return the bytes up to the end of the line."""
        found = self._stream.readline(MAX_HELD_BYTES + 1)
        self._hold(len(found))
        return found.rstrip(b"\n")

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
        self._stack.append(Name(rule))

    def reduce(self) -> None:
        """Apply a rule to its arguments."""
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise ValueError("a call of something that is no array")
        self.push(self._parts.call(name.rule, arguments))

    def build(self) -> None:
        """Give a dtype or an array its state."""
        state, target = self.pop(), self.top()
        self._parts.build(target, state)
