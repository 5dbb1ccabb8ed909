"""What a process must find when it is spawned: a main module it can import, one thread for linear algebra."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@contextlib.contextmanager
def importable_main() -> Iterator[None]:
    """Let a worker start although `__main__` is no importable file (standard input, an embedded interpreter)."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if path is None or Path(path).exists() or getattr(main, "__spec__", None) is not None:
        yield
        return
    del main.__file__
    try:
        yield
    finally:
        main.__file__ = path


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Let a process start with one thread for linear algebra.

    Its libraries look when they are loaded, before any code of ours runs there; and the last bits of a product depend
    on how many threads shared it, so they would depend on the machine's number of cores.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
