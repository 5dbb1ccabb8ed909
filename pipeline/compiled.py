"""Compiled: a function over arrays becomes machine code of this processor, by numba.

numba keeps the code where it keeps that of every package, beside the file or in the user's cache folder; without
either it is compiled once a process. Importing this module imports numba, a third of a second: who may not need a
compiled function imports its module where it is called.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function, allowed: tuple[str, ...] = ("contract",)) -> Function:
    """Compile for this processor; by default products and sums may be fused, and nothing may be reordered.

    Parameters
    ----------
    function : callable
    allowed : tuple of str
        Liberties with floating point, as LLVM names them; none: what NumPy computes, to the last bit.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": {*allowed}, "error_model": "numpy"}
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # neither this folder nor a cache of the user's can be written
        return cast(Function, numba.njit(**options)(function))
