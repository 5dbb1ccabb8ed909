"""One core for arithmetic on small arrays.

Splitting a product of 300 x 27 by 27 x 128 over two cores makes word timing cost eight times the processor time and
saves nothing: the other cores spin while they wait. And how a sum is split decides its last digit: on one core a clip
has the same bytes on a machine of two cores and of sixty.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_inside: ContextVar[bool] = ContextVar("one_core", default=False)


@contextmanager
def one_core() -> Iterator[None]:
    """Let linear algebra and torch use one thread inside the block (or the function it decorates)."""
    torch = sys.modules.get("torch")
    # Inside of another it does the same anew if torch was loaded since and has its own number of threads.
    if _inside.get() and (torch is None or torch.get_num_threads() == 1):
        yield
        return
    import numpy as np
    from scipy import linalg
    from threadpoolctl import ThreadpoolController

    # Looked for each time, a millisecond or two: a library that was loaded since the last time counts too. These two
    # bring a BLAS of their own each and may be needed for the first time inside.
    assert np.__version__ and linalg
    token = _inside.set(True)
    # The BLAS inside torch is part of it and heeds torch alone.
    threads = torch.get_num_threads() if torch else 0
    try:
        with ThreadpoolController().limit(limits=1):
            if torch:
                torch.set_num_threads(1)
            yield
    finally:
        if torch:
            torch.set_num_threads(threads)
        _inside.reset(token)
