"""What it costs to score a batch with DMD on one CPU thread.

Random features in the shape of a published data set, no BERT. With --reference DIR, a checkout of the published
code is measured in turn with ours, on the same weights and inputs; `ratio` is published over ours, and
`largest_difference` what their scores differ by.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from dmd.config import PRESETS, preset
from dmd.system import DmdSystem
from tests.benchmarks._numbers import at_least_one
from tests.benchmarks._published import Published, alternately, arrays


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--preset", choices=[*PRESETS], default="mosi_aligned")
    parser.add_argument("--batch", type=at_least_one, default=64)
    parser.add_argument("--repeats", type=at_least_one, default=10)
    parser.add_argument("--reference", type=Path, help="a checkout of the published code")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    system = DmdSystem(preset(options.preset, objective="reference"))
    inputs = arrays(system.config, options.batch)[:3]
    measured = {"ours": lambda: system.score(*inputs)}
    if options.reference is not None:
        published = Published(options.reference, system, options.preset.split("_")[0])
        measured["published"] = lambda: published.score(*inputs)
    costs = {name: median(found) for name, found in alternately(measured, options.repeats, time.process_time).items()}
    figures: dict[str, Any] = {
        "cpu_s_per_batch": costs["ours"],
        "stages": _stages(system, lambda: system.score(*inputs), options.repeats),
        "batch": options.batch,
        "device": "cpu, 1 thread",
        "dropout": "none: evaluation",
        "preset": options.preset,
        "torch": torch.__version__,
    }
    if "published" in costs:
        figures |= {"reference_cpu_s_per_batch": costs["published"], "ratio": costs["published"] / costs["ours"]}
        figures["largest_difference"] = float((published.score(*inputs) - system.score(*inputs)).abs().max())
    return figures


def _stages(system: DmdSystem, score: Callable[[], Tensor], repeats: int) -> dict[str, float]:
    """Return what the parts of scoring a batch cost, CPU seconds, the median of some batches."""
    model, found = system.dmd, defaultdict[str, list[float]](list)
    parts = {"projection": (model, "_project"), "decoupling": (model.decoupling, "split"),
             "common_transformers": (model, "_common"), "specific_transformers": (model.heterogeneous, "forward"),
             "fusion": (model.fusion, "forward")}  # fmt: skip

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            began = time.process_time()
            result = work(*arguments)
            found[name][-1] += time.process_time() - began
            return result

        return run

    with ExitStack() as patches:
        for name, (owner, method) in parts.items():
            patches.enter_context(patch.object(owner, method, timed(name, getattr(owner, method))))
        for _ in range(repeats + 1):
            for name in parts:
                found[name].append(0.0)
            score()
    return {name: median(costs[1:]) for name, costs in found.items()}
