import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info

from extractors.english import EnglishAligner
from extractors.one_core import one_core


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

    monkeypatch.setattr("extractors.english.align", fails)
    aligner = EnglishAligner()
    before = threads()
    with pytest.raises(ValueError, match="no"):
        aligner.place(["word"], np.zeros(16_000, np.float32))
    assert threads() == before
