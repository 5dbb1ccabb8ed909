"""Where a model runs, and what makes its numbers repeatable there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.errors import UsageError

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


def torch_device(name: str) -> torch.device:
    """Return the device of a name: `auto` is the GPU where there is one.

    Raises
    ------
    UsageError
        `cuda` is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise UsageError("--device cuda: torch finds no GPU here; use --device cpu, or install a CUDA build of torch")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and available) else "cpu")


@contextmanager
def repeatable(device: torch.device, threads: int) -> Iterator[None]:
    """Fix threads and algorithms, so that the same seed gives the same weights; leave torch as it was found.

    On a CPU the results are the same to the last bit on any machine with the same torch and instruction set. On a
    GPU the few operations without a repeatable form run as they are.
    """
    before = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    rng = torch.get_rng_state()
    if device.type == "cuda":
        os.environ.setdefault(CUBLAS, ":4096:8")
    try:
        torch.set_num_threads(threads)
        # Not torch.use_deterministic_algorithms: that loads the compiler, more than a second of every command.
        torch.set_deterministic_debug_mode("error" if device.type == "cpu" else "warn")
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_deterministic_debug_mode(before[1])
        torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
        torch.set_rng_state(rng)
