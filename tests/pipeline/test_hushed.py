import pytest
from transformers.utils import logging

from pipeline.hushed import hushed


@pytest.mark.parametrize("bars", [True, False])
def test_what_the_user_had_set_is_put_back(bars):
    before = logging.is_progress_bar_enabled(), logging.get_verbosity()
    try:
        (logging.enable_progress_bar if bars else logging.disable_progress_bar)()
        logging.set_verbosity_info()
        with hushed():
            assert not logging.is_progress_bar_enabled()
            assert logging.get_verbosity() == logging.ERROR
        assert (logging.is_progress_bar_enabled(), logging.get_verbosity()) == (bars, logging.INFO)
    finally:
        (logging.enable_progress_bar if before[0] else logging.disable_progress_bar)()
        logging.set_verbosity(before[1])
