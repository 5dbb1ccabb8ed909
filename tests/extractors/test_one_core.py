import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from extractors.alignment.english import EnglishAligner
from extractors.extraction import Extractor
from extractors.one_core import one_core
from pipeline.sources import read_source
from pipeline.stores.clipfile import pack
from tests.benchmarks.extraction import DATA


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_linear_algebra_uses_one_core_inside_and_what_it_had_before_outside() -> None:
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads()
        with one_core():
            assert threads() == {1}
        assert threads() == before


def test_an_aligner_that_fails_gives_the_cores_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        assert threads() == {1}
        raise ValueError("no")

    monkeypatch.setattr("extractors.alignment.english.align", fails)
    aligner = EnglishAligner()
    before = threads()
    with pytest.raises(ValueError, match="no"):
        aligner.place(["word"], np.zeros(16_000, np.float32))
    assert threads() == before


def test_one_core_inside_another_lasts_until_the_outer_ends() -> None:
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads()
        with one_core():
            with one_core():
                pass
            assert threads() == {1} and torch.get_num_threads() == 1
        assert threads() == before


def test_a_clip_has_the_same_bytes_on_one_core_and_on_several() -> None:
    clip = next(each for each in read_source(DATA).clips if each.clip_id == "anna$_$1")
    extractor, found, before = Extractor(), [], torch.get_num_threads()
    try:
        for count in (1, 4):
            torch.set_num_threads(count)
            with threadpool_limits(count):
                found.append(pack(extractor.extract(clip)))
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


FIRST_AND_SECOND = """
import sys
from extractors.extraction import Extractor
from pipeline.stores.clipfile import pack
from pipeline.sources import read_source
from tests.benchmarks.extraction import DATA
clip = next(each for each in read_source(DATA).clips if each.clip_id == "anna$_$1")
extractor = Extractor()
assert "torch" not in sys.modules
assert pack(extractor.extract(clip)) == pack(extractor.extract(clip))
"""


def test_the_first_clip_of_a_process_which_loads_torch_has_the_bytes_of_the_second() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "3"}
    command = [sys.executable, "-W", "ignore", "-c", FIRST_AND_SECOND]
    done = subprocess.run(command, env=environment, cwd=DATA.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
