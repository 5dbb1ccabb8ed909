"""What a training step of DMD costs on one CPU thread: forward, objective, backward, clipping, optimizer.

Random features in the shape of a published data set, no BERT, published dropouts. With --reference DIR, a checkout
of the published code is measured in turn with ours, on the same weights and inputs; `ratio` is published over ours.
The optimizer is Adam in one pass, as `dmd train` has it by default; under the reference objective it uses the loop
whose rounding is the published code's, which costs some 5 % of a step.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import torch

from dmd.config import PRESETS, Dropouts, preset
from dmd.system import DmdSystem
from pipeline.batch import Batch
from tests.benchmarks._numbers import at_least_one
from tests.benchmarks._published import Published, alternately, arrays

STAGES = ("forward", "objective", "backward", "clipping", "optimizer")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--preset", choices=[*PRESETS], default="mosi_aligned")
    parser.add_argument("--batch", type=at_least_one, default=16)
    parser.add_argument("--repeats", type=at_least_one, default=10)
    parser.add_argument("--objective", choices=["corrected", "reference"], default="reference")
    parser.add_argument("--no-dropout", action="store_true", help="all drop probabilities 0")
    parser.add_argument("--reference", type=Path, help="a checkout of the published code")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    changes = {"dropouts": Dropouts()} if options.no_dropout else {}
    system = DmdSystem(preset(options.preset, objective=options.objective, **changes))
    inputs = arrays(system.config, options.batch)
    optimizer = torch.optim.Adam(system.parameters(), lr=1e-4, fused=True)
    batch = system.batch(*inputs)

    def step() -> None:
        optimizer.zero_grad()
        system.step_losses(batch)[1].total.backward()
        torch.nn.utils.clip_grad_value_(system.parameters(), 0.6)
        optimizer.step()

    measured = {"ours": step}
    if options.reference is not None:
        torch.manual_seed(0)  # the same weights, where ours are those of the reference objective
        source = DmdSystem(preset(options.preset, objective="reference", **changes))
        published = Published(options.reference, source, options.preset.split("_")[0])
        measured["published"] = lambda: published.train_step(*inputs)
    costs = {name: median(found) for name, found in alternately(measured, options.repeats, time.process_time).items()}
    figures: dict[str, Any] = {
        "cpu_s_per_step": costs["ours"],
        "stages": _stages(system, batch, optimizer, options.repeats),
        "batch": options.batch,
        "device": "cpu, 1 thread",
        "dropout": "none" if options.no_dropout else "published",
        "preset": options.preset,
        "objective": options.objective,
        "torch": torch.__version__,
    }
    if "published" in costs:
        figures |= {"reference_cpu_s_per_step": costs["published"], "ratio": costs["published"] / costs["ours"]}
    return figures


def _stages(system: DmdSystem, batch: Batch, optimizer: torch.optim.Optimizer, repeats: int) -> dict[str, float]:
    """Return what each part of a step costs, CPU seconds, the median of some steps."""
    found: dict[str, list[float]] = {}
    for _ in range(repeats + 1):
        optimizer.zero_grad()
        at = [time.process_time()]
        output = system(batch)
        at.append(time.process_time())
        assert batch.labels is not None
        total = system.objective(output, batch.labels, system.homo, system.hetero).total
        at.append(time.process_time())
        total.backward()  # type: ignore[no-untyped-call]
        at.append(time.process_time())
        torch.nn.utils.clip_grad_value_(system.parameters(), 0.6)
        at.append(time.process_time())
        optimizer.step()
        at.append(time.process_time())
        for name, (before, after) in zip(STAGES, pairwise(at), strict=True):
            found.setdefault(name, []).append(after - before)
    return {name: median(costs[1:]) for name, costs in found.items()}
