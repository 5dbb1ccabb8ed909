"""The same model on a GPU; where there is none these tests say so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dmd.runs.checkpoint import load_run
from dmd.system import DmdSystem
from dmd.training import train_run
from pipeline.datasets.collate import to_device
from tests.dmd.batches import random_batch, small_config
from tests.dmd.quick import quick
from tests.dmd.synthetic import Recipe, make_dataset

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")]
AGREE = 2e-4
"""Single precision sums in another order."""


@pytest.mark.parametrize("changes", [{}, {"aligned": False}, {"objective": "reference"}], ids=str)
def test_forward_and_backward_agree_with_the_cpu_and_never_make_the_host_wait(changes: dict[str, Any]) -> None:
    torch.manual_seed(0)
    system = DmdSystem(small_config(**changes)).eval()
    batch = random_batch(system.config, [12, 7, 3, 9], seed=1)
    _, terms = system.step_losses(batch)
    torch.autograd.backward(terms.total)
    expected = {name: p.grad for name, p in system.named_parameters()}
    system.zero_grad()
    system.to("cuda")
    moved = to_device(batch, torch.device("cuda"))
    for attempt in range(2):  # the first pass sets up libraries
        system.zero_grad()
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error" if attempt else "default")
        try:
            _, terms_there = system.step_losses(moved)
            torch.autograd.backward(terms_there.total)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(terms_there.total.cpu(), terms.total, rtol=AGREE, atol=AGREE)
    for name, parameter in system.named_parameters():
        mine, other = parameter.grad, expected[name]
        if other is not None and mine is not None:
            torch.testing.assert_close(mine.cpu(), other, rtol=1e-3, atol=AGREE, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.parametrize("objective", ["corrected", "reference"])
def test_a_whole_training_on_a_gpu_scores_alike_on_both_devices(tmp_path: Path, objective: str) -> None:
    data = make_dataset(Recipe(clips=32))
    train_run(data, tmp_path / "run", quick(device="cuda", objective=objective, epochs=3))
    rows = np.arange(len(data))
    there, here = (load_run(tmp_path / "run", device).predict(data, rows) for device in ("cuda", "cpu"))
    np.testing.assert_allclose(there, here, atol=1e-3)
