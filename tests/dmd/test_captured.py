"""A pass that can be captured: nothing in it looks at a value. Tensors without values show it without a GPU."""

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dmd.captured import CapturedPass
from dmd.config import Dropouts
from dmd.system import DmdSystem
from pipeline.batch import Batch
from tests.dmd.batches import random_batch, small_config, uneven_config

DROPS = Dropouts(text=0.1, attention_text=0.3, attention_audio=0.2, relu=0.1, embed=0.2, residual=0.1, output=0.5)
HOST = {"aten::_local_scalar_dense", "aten::item", "aten::nonzero", "aten::is_nonzero", "aten::equal"}


class _Watched(TorchDispatchMode):
    """Notes what a device could not do without telling the host."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function.name().split(".")[0] in HOST:
            self.asked.add(function.name())
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    "config",
    [
        small_config(dropouts=DROPS, modality_dropout=0.3),
        uneven_config(dropouts=DROPS),
        small_config(dropouts=DROPS, objective="reference"),
        small_config(dropouts=DROPS, task="classification", classes=3, class_weights=(1.0, 2.0, 0.5)),
        small_config(modalities=("text", "face")),
    ],
    ids=["aligned", "unaligned", "reference", "classes", "two"],
)
def test_forward_and_backward_never_ask_for_a_value(config: Any) -> None:
    system = DmdSystem(config).to("meta").train()
    there = [tensor.to("meta") for tensor in random_batch(config, [12, 7, 3, 9]).flat() or []]
    with _Watched() as watched:
        _, terms = system.step_losses(Batch.from_flat(there))
        torch.autograd.backward(terms.total)
    assert not watched.asked
    assert terms.total.device.type == "meta" and any(p.grad is not None for p in system.parameters())


def test_without_a_gpu_a_pass_runs_as_it_is() -> None:
    seen: list[Batch] = []
    batch = random_batch(small_config(), [12, 7])

    def run(given: Batch) -> torch.Tensor:
        seen.append(given)
        return torch.ones(3)

    assert CapturedPass(run, [], torch.device("cpu"))(batch).tolist() == [1, 1, 1]
    assert seen == [batch]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_captured_pass_gives_the_losses_and_gradients_of_the_pass() -> None:
    device = torch.device("cuda")
    system = DmdSystem(small_config()).to(device)
    parameters = [*system.parameters()]

    def run(batch: Batch) -> torch.Tensor:
        _, terms = system.step_losses(batch)
        torch.autograd.backward(terms.total)
        return terms.total.detach()

    captured = CapturedPass(run, parameters, device)
    for seed, counts in enumerate([[12, 7, 3], [4, 4, 12], [5, 6, 7], [9, 2]]):
        tensors = [tensor.to(device) for tensor in random_batch(system.config, counts, seed=seed).flat() or []]
        found = []
        for function in (run, captured):
            system.zero_grad()
            total = function(Batch.from_flat(tensors)).clone()
            found.append([total, *(p.grad.clone() for p in parameters if p.grad is not None)])
        for one, other in zip(*found, strict=True):
            torch.testing.assert_close(one, other)
