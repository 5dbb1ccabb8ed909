"""The large public file that the memory benchmark makes is one that is read."""

from pathlib import Path

import numpy as np

from pipeline.formats.mmsa import read_mmsa
from tests.benchmarks.__main__ import _options
from tests.benchmarks.public_memory import BLOCK, _write


def test_the_file_is_read_as_what_it_stands_for(tmp_path: Path) -> None:
    _write(tmp_path / "x.pkl", "aligned", 0.0)
    data = read_mmsa(tmp_path / "x.pkl")
    assert len(data) == 3 * BLOCK
    assert {name: part.width for name, part in data.modalities.items()} == {"text": 768, "audio": 74, "face": 35}
    assert all(np.isfinite(part.sample(0)[0]).all() for part in data.modalities.values())


def test_what_must_be_named_is_known_before_all_are_run() -> None:
    assert [action.dest for action in _options("text")._actions if action.required] == ["table", "work"]
    assert not [action.dest for action in _options("training")._actions if action.required]
