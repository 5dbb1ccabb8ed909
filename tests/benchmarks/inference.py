"""What it costs to score a batch with DMD on one CPU thread.

Random features in the shape of a published data set, no BERT. With --reference DIR, a checkout of the published
code is measured in turn with ours, on the same weights and inputs; `ratio` is published over ours, and
`largest_difference` what their scores differ by.
"""

import argparse
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch

from dmd.config import PRESETS, preset
from dmd.system import DmdSystem
from tests.benchmarks._published import Published, alternately, arrays


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--preset", choices=[*PRESETS], default="mosi_aligned")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=10)
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
    figures = {
        "cpu_s_per_batch": costs["ours"],
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
