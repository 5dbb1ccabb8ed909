from pathlib import Path

import pytest
import torch

from dmd.training import train_run
from pipeline.dataset import Dataset
from tests.dmd.quick import quick
from tests.dmd.synthetic import Recipe, make_dataset


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Tensors here are small: more threads wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return make_dataset(Recipe(clips=32))


@pytest.fixture(scope="module")
def whole(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    train_run(data, out, quick(seeds=2))
    return out
