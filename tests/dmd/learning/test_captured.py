"""A pass that can be captured: nothing in it looks at a value. Tensors without values show it without a GPU."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dmd.config import Dropouts, TextEncoderConfig
from dmd.learning.captured import CapturedPass
from dmd.system import DmdSystem
from pipeline.batch import Batch, Pieces
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
    there = [tensor.to("meta") for tensor in random_batch(config, [12, 7, 3, 9]).flat()]
    with _Watched() as watched:
        _, terms = system.step_losses(Batch.from_flat(there))
        torch.autograd.backward(terms.total)
    assert not watched.asked
    assert terms.total.device.type == "meta" and any(p.grad is not None for p in system.parameters())


@pytest.mark.parametrize("fine_tuned", [True, False])
def test_with_bert_inside_nothing_asks_for_a_value_either(fine_tuned: bool) -> None:
    system = _with_bert(fine_tuned).to("meta").train()
    batch = _batch_of_pieces(14)
    with _Watched() as watched:
        _, terms = system.step_losses(batch.like([tensor.to("meta") for tensor in batch.flat()]))
        torch.autograd.backward(terms.total)
    assert not watched.asked and terms.total.device.type == "meta"


def test_without_a_gpu_a_pass_runs_as_it_is() -> None:
    seen: list[Batch] = []
    batch = random_batch(small_config(), [12, 7])

    def run(given: Batch, share: torch.Tensor) -> torch.Tensor:
        seen.append(given)
        return torch.ones(3) * share

    assert CapturedPass(run, [], torch.device("cpu"))(batch, 0.5).tolist() == [0.5, 0.5, 0.5]
    assert seen == [batch]


SINGLE = [[2], [2], [2], [3], [2], [3], [3]]
SEVERAL = [[2, 2, 3], [2, 3, 3], [2, 2, 3, 3], [3, 3, 2], [2]]
"""Sizes of the batches of each optimizer step."""


class _Recorder:
    """Replays as a graph does: the same work on the same memory; a GPU may refuse."""

    def __init__(self, parameters: list[torch.nn.Parameter], refuses: bool = False) -> None:
        self.parameters, self.refuses, self.recorded, self.replayed = parameters, refuses, 0, 0

    def record(self, run: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, Callable[[], None]]:
        if self.refuses:
            raise RuntimeError("not permitted when stream is capturing")
        self.recorded += 1
        report = run().clone()
        gradients = [parameter.grad for parameter in self.parameters]

        def replay() -> None:
            self.replayed += 1
            held = [parameter.grad for parameter in self.parameters]
            for parameter in self.parameters:
                parameter.grad = None
            report.copy_(run())
            for parameter, gradient, before in zip(self.parameters, gradients, held, strict=True):
                if gradient is not None and parameter.grad is not None:
                    gradient.copy_(parameter.grad)
                parameter.grad = before

        return report, replay


@pytest.mark.parametrize("inside", [False, True], ids=["features", "bert"])
@pytest.mark.parametrize("keeps_zeros", [False, True], ids=["dropped", "zeroed"])
@pytest.mark.parametrize(
    "windows", [[[2], [2], [2], [3], [2], [3], [3]], [[2, 2, 3], [2, 3, 3], [2, 2, 3, 3], [3, 3, 2], [2]]]
)
def test_a_training_of_replayed_passes_is_the_training(
    windows: list[list[int]], keeps_zeros: bool, inside: bool
) -> None:
    """Windows of several batches, shapes in turn, gradients left as zeros or dropped: the weights are the same."""
    found = []
    for recording in (False, True):
        torch.manual_seed(3)
        system = _with_bert(True) if inside else DmdSystem(small_config())
        parameters = [*system.parameters()]
        # Adam would blow up last digits of gradients near zero, which longer padding of word pieces moves.
        optimizer = torch.optim.SGD(parameters, lr=0.1) if inside else torch.optim.AdamW(parameters, lr=1e-2)
        recorder = _Recorder(parameters) if recording else None
        captured = CapturedPass(_pass_of(system), parameters, torch.device("cpu"), recorder, longest=32)
        reports, seed = [], 0
        for window in windows:
            optimizer.zero_grad(set_to_none=not keeps_zeros)
            for size in window:
                seed += 1
                batch = _batch_of_pieces(14, size, seed) if inside else random_batch(system.config, [7] * size, seed)
                reports.append(captured(batch, size / sum(window)).clone())
                torch.nn.utils.clip_grad_value_(parameters, 0.6)
            optimizer.step()
        if recorder:
            assert (recorder.recorded, recorder.replayed) == (2, len(reports) - 2)
        found.append([*reports, *(parameter.detach() for parameter in parameters)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4 if inside else 0)


def test_a_device_that_refuses_runs_everything_as_it_is_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    system = DmdSystem(small_config())
    parameters = [*system.parameters()]
    captured = CapturedPass(_pass_of(system), parameters, torch.device("cpu"), _Recorder(parameters, refuses=True))
    for seed in range(4):
        captured(random_batch(system.config, [7, 7], seed=seed))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    system.zero_grad()
    total = captured(random_batch(system.config, [7, 7], seed=9))
    assert float(total) > 0 and any(parameter.grad is not None for parameter in parameters)


def _pass_of(system: DmdSystem) -> Callable[[Batch, torch.Tensor], torch.Tensor]:
    def run(batch: Batch, share: torch.Tensor) -> torch.Tensor:
        _, terms = system.step_losses(batch)
        torch.autograd.backward(terms.total * share)
        return terms.total.detach()

    return run


def _with_bert(fine_tuned: bool) -> DmdSystem:
    shape = TextEncoderConfig(hidden_size=8, layers=2, heads=2, intermediate_size=16, vocabulary=40, positions=32,
                              dropout=0.0, fine_tuned=fine_tuned)  # fmt: skip
    return DmdSystem(small_config(text_dim=8, text_encoder=shape))


def _batch_of_pieces(count: int, size: int = 2, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 40, (size, count), generator=generator)
    index = torch.full((size, count), -1)
    index[:, 1:-1] = torch.arange(count - 2).clamp(max=11)
    rest = random_batch(small_config(), [12] * size, seed)
    return Batch(Pieces(ids, torch.ones_like(ids, dtype=torch.bool), index, 12), rest.audio, rest.face, rest.labels)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_captured_pass_gives_the_losses_and_gradients_of_the_pass() -> None:
    device = torch.device("cuda")
    system = DmdSystem(small_config()).to(device)
    parameters = [*system.parameters()]

    run = _pass_of(system)
    captured = CapturedPass(run, parameters, device)
    share = torch.ones((), device=device)
    for seed, counts in enumerate([[12, 7, 3], [4, 4, 12], [5, 6, 7], [9, 2]]):
        tensors = [tensor.to(device) for tensor in random_batch(system.config, counts, seed=seed).flat()]
        found = []
        for function in (lambda batch: run(batch, share), captured):
            system.zero_grad()
            total = function(Batch.from_flat(tensors)).clone()
            found.append([total, *(p.grad.clone() for p in parameters if p.grad is not None)])
        for one, other in zip(*found, strict=True):
            torch.testing.assert_close(one, other)
