"""Loading a transformers model without its bars and reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def hushed() -> Iterator[None]:
    """Keep transformers off the terminal; what the user has set is put back."""
    from transformers.utils import logging as transformers_logging

    logging: Any = transformers_logging  # untyped

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
