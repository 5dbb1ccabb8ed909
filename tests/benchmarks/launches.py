"""What a GPU would be asked for in a training step: operations that compute, counted without a GPU.

Counted are the operations that reach a device's backend and write values (no views, no allocations); most are one
kernel, some of torch's are two or three, so these are lower bounds of launches, by the same rule for both. Ours run
on tensors without values, the published code (--reference DIR) on a CPU. `syncs` are operations that hand a value to
the host.
On a GPU our forward and backward pass is captured, whatever the objective, with several batches a step and with BERT
inside: `launches_captured` is what the host then launches a pass (batch and share of the loss in, the graph,
gradients added), counted with a graph that does nothing and is one launch. Clipping and the optimizer come on top for
both.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dmd.config import PRESETS, TextEncoderConfig, preset
from dmd.learning.captured import CapturedPass
from dmd.system import DmdSystem
from pipeline.batch import Batch, Pieces
from tests.benchmarks._numbers import at_least_one
from tests.benchmarks._published import Published, arrays

HOST = {"aten::_local_scalar_dense", "aten::nonzero", "aten::is_nonzero", "aten::equal"}
ALLOCATE = {
    "aten::empty",
    "aten::empty_like",
    "aten::empty_strided",
    "aten::new_empty",
    "aten::detach",
    "aten::set_",
    "aten::_unsafe_view",
}


class _Counted(TorchDispatchMode):
    """Counts what computes and what asks."""

    def __init__(self) -> None:
        super().__init__()
        self.computing, self.asking = Counter[str](), Counter[str]()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.name().split(".")[0]
        if name in HOST:
            self.asking[name] += 1
        elif name not in ALLOCATE and not function.is_view:
            self.computing[name] += 1
        return function(*args, **(kwargs or {}))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--preset", choices=[*PRESETS], default="mosi_aligned")
    parser.add_argument("--batch", type=at_least_one, default=16)
    parser.add_argument("--objective", choices=["corrected", "reference"], default="reference")
    parser.add_argument("--inside", action="store_true", help="with a BERT of the size of bert-base inside")
    parser.add_argument("--reference", type=Path, help="a checkout of the published code")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    config = preset(options.preset, objective=options.objective)
    inputs = arrays(config, options.batch)
    batch = DmdSystem(config).batch(*inputs)
    if options.inside:
        shape = TextEncoderConfig(fine_tuned=True)
        config = config.model_copy(update={"text_dim": shape.hidden_size, "text_encoder": shape})
        batch = replace(batch, text=_pieces(options.batch, config.text_length))
    there = batch.like([tensor.to("meta") for tensor in batch.flat()])
    system = DmdSystem(config).to("meta").train()

    def run(given: Batch, share: Tensor) -> Tensor:
        terms = system.step_losses(given)[1]
        torch.autograd.backward(terms.total * share)
        return terms.total.detach()

    with _Counted() as ours:
        run(there, torch.ones((), device="meta"))
    figures: dict[str, Any] = {
        "operations": sum(ours.computing.values()),
        "syncs": sum(ours.asking.values()),
        "launches_captured": _captured(run, system, there),
        "most": dict(ours.computing.most_common(8)),
    }
    if options.reference is not None:
        source = DmdSystem(preset(options.preset, objective="reference"))
        published = Published(options.reference, source, options.preset.split("_")[0])
        text, audio, vision, labels = inputs
        with _Counted() as theirs:
            published.loss(text, audio, vision, labels.view(-1, 1)).backward()  # type: ignore[no-untyped-call]
        count = sum(theirs.computing.values())
        figures |= {"reference_operations": count, "reference_syncs": sum(theirs.asking.values())}
        figures |= {name.replace("operations", "share").replace("launches", "share"): figures[name] / count
                    for name in ("operations", "launches_captured")}  # fmt: skip
    return figures


class _Empty:
    """Graphs that do nothing when they are replayed, and count it."""

    def __init__(self) -> None:
        self.launched = 0

    def record(self, run: Callable[[], Tensor]) -> tuple[Tensor, Callable[[], None]]:
        def replay() -> None:
            self.launched += 1

        return run(), replay


def _captured(run: Callable[[Batch, Tensor], Tensor], system: DmdSystem, batch: Batch) -> int:
    """Return what the host launches in the second batch of an optimizer step, where gradients are added up."""
    graphs = _Empty()
    captured = CapturedPass(run, [*system.parameters()], torch.device("meta"), graphs)
    for _ in range(3):
        captured(batch, 0.5)
    before = graphs.launched
    with _Counted() as found:
        captured(batch, 0.5)
    return sum(found.computing.values()) + graphs.launched - before


def _pieces(size: int, rows: int) -> Pieces:
    """Return sequences of one piece a word."""
    ids = torch.full((size, rows + 2), 5)
    index = torch.cat([torch.tensor([-1]), torch.arange(rows), torch.tensor([-1])]).expand(size, -1).clone()
    return Pieces(ids, torch.ones_like(ids, dtype=torch.bool), index, rows)
