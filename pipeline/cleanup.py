"""What is put right also when a command is ended at once, as an interrupt does (flows/interrupt.py)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_cleanups: list[Callable[[], object]] = []


@contextmanager
def cleaned_up(cleanup: Callable[[], object]) -> Iterator[None]:
    """Have ``cleanup`` called if the command is ended at once inside the block; a block that ends does it itself."""
    _cleanups.append(cleanup)
    try:
        yield
    finally:
        _cleanups.remove(cleanup)


def clean_up() -> None:
    """Do what is open, the innermost first; none of it may keep the command from ending."""
    for cleanup in reversed(_cleanups):
        with suppress(Exception):
            cleanup()
