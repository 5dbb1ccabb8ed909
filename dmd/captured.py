"""A training pass as a CUDA graph: captured once for a shape of batch, replayed as one launch.

DMD is many small tensors: a pass is some two thousand kernels, and a GPU finishes most of them sooner than the host
launches the next. Replaying a graph costs the host one launch. Nothing in a pass may therefore depend on values: no
host synchronisation, and shapes that are those of the batch (`tests/dmd/test_captured.py` runs the pass on tensors
without values to show it).
"""

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pipeline.batch import Batch

Pass = Callable[[Batch], Tensor]
WARM_UP = 3
"""Passes before the capture: libraries set up their workspaces in them."""
_log = logging.getLogger(__name__)


class CapturedPass:
    """Runs a pass of forward and backward; on a GPU it is captured when the shape of the first batch comes again.

    The gradients of a replayed pass are those of that pass alone: they replace what the parameters held. Other
    shapes (the last batch of an epoch), BERT inside (pieces have many lengths) and a GPU that refuses the capture
    are run as they are; a refusal is logged once.

    Parameters
    ----------
    run : callable
        Takes a batch, does forward and backward, returns a tensor to report; gradients are None before it.
    parameters : sequence of Tensor
    device : torch.device
    """

    def __init__(self, run: Pass, parameters: Sequence[Tensor], device: torch.device) -> None:
        self._run, self._parameters, self._device = run, list(parameters), device
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: list[Tensor] = []
        self._gradients: list[Tensor | None] = []
        self._report = torch.zeros(0)
        self._refused = device.type != "cuda"

    def __call__(self, batch: Batch) -> Tensor:
        """Run the pass; the report is valid until the next call."""
        tensors = batch.flat()
        if self._refused or tensors is None:
            return self._run(batch)
        if self._graph is None and not self._capture(tensors):
            return self._run(batch)
        if [t.shape for t in tensors] != [t.shape for t in self._inputs]:
            return self._run(batch)
        torch._foreach_copy_(self._inputs, tensors)
        assert self._graph is not None
        self._graph.replay()
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            parameter.grad = gradient
        return self._report

    def _capture(self, tensors: Sequence[Tensor]) -> bool:
        self._inputs = [tensor.clone() for tensor in tensors]
        static = Batch.from_flat(self._inputs)
        state = torch.cuda.get_rng_state(self._device)
        try:
            side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
            side.wait_stream(torch.cuda.current_stream(self._device))
            with torch.cuda.stream(side):
                for _ in range(WARM_UP):
                    self._forget()
                    self._run(static)
            torch.cuda.current_stream(self._device).wait_stream(side)
            self._forget()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self._report = self._run(static)
        except RuntimeError as error:
            self._refused = True
            _log.warning("training passes are not captured as a CUDA graph, they run as they are: %s", error)
            return False
        finally:
            # What was drawn to warm up is not part of the training.
            torch.cuda.set_rng_state(state, self._device)
        self._gradients = [parameter.grad for parameter in self._parameters]
        self._graph = graph
        return True

    def _forget(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None
