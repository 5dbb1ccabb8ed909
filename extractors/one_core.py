"""One core for linear algebra on small matrices.

Splitting a product of 300 x 27 by 27 x 128 over two cores makes word timing cost eight times the processor time and
saves nothing: the other cores spin while they wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController


@contextmanager
def one_core() -> Iterator[None]:
    """Let NumPy's linear algebra use one thread inside the block (or the function it decorates)."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    """Found once: looking through the libraries of the process takes milliseconds."""
    assert np.__version__, "NumPy's library must be loaded to be found"
    return ThreadpoolController()
