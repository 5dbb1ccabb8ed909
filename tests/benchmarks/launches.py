"""What a GPU would be asked for in a training step: operations that compute, counted without a GPU.

Counted are the operations that reach a device's backend and write values (no views, no allocations); most are one
kernel, some of torch's are two or three, so these are lower bounds of launches, by the same rule for both. Ours run
on tensors without values, the published code (--reference DIR) on a CPU. `syncs` are operations that hand a value to
the host.
On a GPU our forward and backward pass is captured: `launches_captured` is what the host then launches a step.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dmd.config import PRESETS, preset
from dmd.system import DmdSystem
from pipeline.batch import Batch
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
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--objective", choices=["corrected", "reference"], default="reference")
    parser.add_argument("--reference", type=Path, help="a checkout of the published code")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    config = preset(options.preset, objective=options.objective)
    inputs = arrays(config, options.batch)
    tensors = [tensor.to("meta") for tensor in DmdSystem(config).batch(*inputs).flat() or []]
    system = DmdSystem(config).to("meta").train()
    with _Counted() as ours:
        torch.autograd.backward(system.step_losses(Batch.from_flat(tensors))[1].total)
    figures: dict[str, Any] = {
        "operations": sum(ours.computing.values()),
        "syncs": sum(ours.asking.values()),
        "launches_captured": 1,
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
        figures["share"] = figures["operations"] / count
    return figures
