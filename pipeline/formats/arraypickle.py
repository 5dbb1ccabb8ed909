"""Read pickles that hold arrays and builtin containers, without running them and without loading them.

A pickle is a program. This reader interprets its instructions itself and knows no callables at all: the few
numpy names that rebuild arrays stand for rules of `ArrayMachine`, and every other name is refused by that
name. The bytes of large arrays are never read: an array whose data lie in the file in one piece comes back as
a memory map of the pickle, so a 13.7 GB file opens in a few megabytes.

Not read: objects of any class, and pickles compressed as a whole.
"""

import codecs
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import UsageError
from pipeline.formats.arraymachine import MARK, ArrayMachine
from pipeline.formats.arraytree import finished

_KEYS = (str, bytes, int, float, np.generic, type(None))
Instruction = Callable[[ArrayMachine], object]


def read_array_pickle(path: Path) -> Any:
    """Return what a pickle holds: containers, strings, numbers, and arrays (large ones memory-mapped, read-only).

    Parameters
    ----------
    path : Path
        A pickle of any protocol.

    Raises
    ------
    UsageError
        The pickle tries to load anything but arrays (the message says what), or it is damaged or no pickle.
    """
    try:
        with path.open("rb") as stream:
            return _run(ArrayMachine(path, stream))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except (
        struct.error,
        IndexError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        RecursionError,
        ArithmeticError,
    ) as error:
        raise UsageError(
            f"{path}: is damaged or no pickle of arrays ({type(error).__name__}: {error}); download it again"
        ) from None


def _run(machine: ArrayMachine) -> Any:
    while True:
        code = machine.next()
        if code == pickle.STOP:
            return finished(machine.pop())
        instruction = _INSTRUCTIONS.get(code)
        if instruction is None:
            raise UsageError(
                f"{machine.path}: refused: the pickle uses the instruction {code!r}, which no pickle of arrays "
                "needs; such a file can run code"
            )
        instruction(machine)


def _append(machine: ArrayMachine, items: list[Any]) -> None:
    target = machine.top()
    if not isinstance(target, list):
        raise ValueError("items for something that is no list")
    target.extend(items)


def _set(machine: ArrayMachine, items: list[Any]) -> None:
    target = machine.top()
    if not isinstance(target, dict):
        raise ValueError("entries for something that is no dict")
    target.update(_pairs(items))


def _pairs(items: list[Any]) -> dict[Any, Any]:
    # A tuple is hashed by walking through it: one that holds another twice, and so on, for ever.
    if not all(isinstance(key, _KEYS) for key in items[::2]):
        raise ValueError("a key that is neither text nor number")
    return dict(zip(items[::2], items[1::2], strict=True))


def _quoted(line: bytes) -> str:
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
        raise ValueError("a text without its quotes")
    return codecs.escape_decode(line[1:-1])[0].decode("latin1")


def _old_int(line: str) -> int | bool:
    return line == "01" if line in ("00", "01") else int(line)


def _last(machine: ArrayMachine, count: int) -> list[Any]:
    return [machine.pop() for _ in range(count)][::-1]


def _unicode(form: str) -> Instruction:
    return lambda m: m.push(m.take(m.number(form)).decode("utf-8", "surrogatepass"))


def _blob(form: str) -> Instruction:
    return lambda m: m.push(m.blob(m.number(form)))


def _plain_number(form: str) -> Instruction:
    return lambda m: m.push(m.number(form))


def _stack_global(machine: ArrayMachine) -> None:
    module, name = _last(machine, 2)
    machine.load_name(module, name)


_INSTRUCTIONS: dict[bytes, Instruction] = {
    pickle.PROTO: lambda m: m.take(1),
    pickle.FRAME: lambda m: m.take(8),
    pickle.MARK: lambda m: m.push(MARK),
    pickle.POP: lambda m: m.pop(),
    pickle.POP_MARK: lambda m: m.since_mark(),
    pickle.NONE: lambda m: m.push(None),
    pickle.NEWTRUE: lambda m: m.push(True),
    pickle.NEWFALSE: lambda m: m.push(False),
    pickle.BININT: _plain_number("<i"),
    pickle.BININT1: _plain_number("<B"),
    pickle.BININT2: _plain_number("<H"),
    pickle.BINFLOAT: _plain_number(">d"),
    pickle.LONG1: lambda m: m.push(int.from_bytes(m.take(m.number("<B")), "little", signed=True)),
    pickle.INT: lambda m: m.push(_old_int(m.line())),
    pickle.LONG: lambda m: m.push(int(m.line().rstrip("L"))),
    pickle.FLOAT: lambda m: m.push(float(m.line())),
    pickle.STRING: lambda m: m.push(_quoted(m.raw_line())),
    pickle.UNICODE: lambda m: m.push(m.raw_line().decode("raw-unicode-escape")),
    pickle.SHORT_BINUNICODE: _unicode("<B"),
    pickle.BINUNICODE: _unicode("<I"),
    pickle.BINUNICODE8: _unicode("<Q"),
    pickle.SHORT_BINBYTES: _blob("<B"),
    pickle.BINBYTES: _blob("<I"),
    pickle.BINBYTES8: _blob("<Q"),
    pickle.BYTEARRAY8: _blob("<Q"),
    pickle.SHORT_BINSTRING: lambda m: m.push(m.old_string(m.number("<B"))),
    pickle.BINSTRING: lambda m: m.push(m.old_string(m.number("<i"))),
    pickle.EMPTY_LIST: lambda m: m.push([]),
    pickle.EMPTY_DICT: lambda m: m.push({}),
    pickle.EMPTY_TUPLE: lambda m: m.push(()),
    pickle.DICT: lambda m: m.push(_pairs(m.since_mark())),
    pickle.LIST: lambda m: m.push(m.since_mark()),
    pickle.TUPLE: lambda m: m.push(tuple(m.since_mark())),
    pickle.TUPLE1: lambda m: m.push(tuple(_last(m, 1))),
    pickle.TUPLE2: lambda m: m.push(tuple(_last(m, 2))),
    pickle.TUPLE3: lambda m: m.push(tuple(_last(m, 3))),
    pickle.APPEND: lambda m: _append(m, _last(m, 1)),
    pickle.APPENDS: lambda m: _append(m, m.since_mark()),
    pickle.SETITEM: lambda m: _set(m, _last(m, 2)),
    pickle.SETITEMS: lambda m: _set(m, m.since_mark()),
    pickle.PUT: lambda m: m.remember(int(m.line())),
    pickle.GET: lambda m: m.recall(int(m.line())),
    pickle.BINPUT: lambda m: m.remember(m.number("<B")),
    pickle.LONG_BINPUT: lambda m: m.remember(m.number("<I")),
    pickle.MEMOIZE: lambda m: m.remember(),
    pickle.BINGET: lambda m: m.recall(m.number("<B")),
    pickle.LONG_BINGET: lambda m: m.recall(m.number("<I")),
    pickle.GLOBAL: lambda m: m.load_name(m.line(), m.line()),
    pickle.INST: lambda m: m.load_name(m.line(), m.line()),
    pickle.STACK_GLOBAL: _stack_global,
    pickle.REDUCE: lambda m: m.reduce(),
    pickle.BUILD: lambda m: m.build(),
    pickle.READONLY_BUFFER: lambda m: None,
}
