"""A training pass as a CUDA graph: captured once for a shape of batch, replayed as one launch.

DMD is many small tensors: a pass is some two thousand kernels, and a GPU finishes most of them sooner than the host
launches the next. Replaying a graph costs the host one launch. Nothing in a pass may therefore depend on values: no
host synchronisation, and shapes that are those of the batch (`tests/dmd/learning/test_captured.py` runs the pass on
tensors without values to show it).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad

from pipeline.batch import Batch, Pieces

Pass = Callable[[Batch, Tensor], Tensor]
Shapes = tuple[tuple[int, ...], ...]
WARM_UP = 3
"""Passes before the capture: libraries set up their workspaces in them."""
MOST_GRAPHS = 16
"""Shapes of batch that are captured; others run as they are."""
PIECE_BLOCK = 32
"""Word pieces are padded to a multiple of this, so that batches come in few shapes."""
_log = logging.getLogger(__name__)


class Graphs(Protocol):
    """Records what a pass launches."""

    def record(self, run: Callable[[], Tensor]) -> tuple[Tensor, Callable[[], None]]:
        """Return what the pass returns, and what does all of it again in the same memory.

        Raises
        ------
        RuntimeError
            The pass cannot be recorded.
        """


class CudaGraphs:
    """Graphs on a GPU; they share the memory of what lies between a pass and its gradients."""

    def __init__(self, device: torch.device, parameters: Sequence[Tensor]) -> None:
        self._device, self._parameters = device, parameters
        self._pool: Any = None

    def record(self, run: Callable[[], Tensor]) -> tuple[Tensor, Callable[[], None]]:
        """Warm up, then capture; the random numbers drawn for both are no part of the training."""
        state = torch.cuda.get_rng_state(self._device)
        try:
            side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
            side.wait_stream(torch.cuda.current_stream(self._device))
            with torch.cuda.stream(side):
                for _ in range(WARM_UP):
                    forget(self._parameters)
                    run()
            torch.cuda.current_stream(self._device).wait_stream(side)
            forget(self._parameters)
            graph = torch.cuda.CUDAGraph()
            self._pool = self._pool or torch.cuda.graph_pool_handle()
            # Of this thread alone: another one pins the memory of the coming batches meanwhile.
            with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
                report = run()
        finally:
            torch.cuda.set_rng_state(state, self._device)
        return report, graph.replay


@dataclass(frozen=True, slots=True, eq=False)
class _Recorded:
    """A pass over batches of one shape: where its batch goes in, where gradients and report come out."""

    inputs: list[Tensor]
    gradients: list[Tensor | None]
    report: Tensor
    replay: Callable[[], None]


class CapturedPass:
    """Runs a pass of forward and backward; on a GPU it is captured when a shape of batch comes the second time.

    As with a backward pass, gradients are added to what the parameters hold. A GPU that refuses a capture runs
    everything as it is; that is logged once.

    Parameters
    ----------
    run : callable
        Takes a batch and the share [] of its loss in the step, does forward and backward, returns a tensor to report.
    parameters : sequence of Tensor
    device : torch.device
    graphs : Graphs, optional
        By default those of the GPU; None on a CPU, where nothing is captured.
    longest : int
        Positions of the BERT inside: word pieces are padded to no more.
    """

    def __init__(
        self,
        run: Pass,
        parameters: Sequence[Tensor],
        device: torch.device,
        graphs: Graphs | None = None,
        longest: int = 512,
    ) -> None:
        self._run, self._parameters, self._device = run, list(parameters), device
        self._graphs = graphs or (CudaGraphs(device, self._parameters) if device.type == "cuda" else None)
        self._longest = longest
        self._recorded: dict[Shapes, _Recorded] = {}
        self._seen: set[Shapes] = set()
        self._lent: set[int] = set()

    def __call__(self, batch: Batch, share: float = 1.0) -> Tensor:
        """Run the pass; the report is valid until the next call.

        Parameters
        ----------
        batch : Batch
        share : float
            What the loss is multiplied with before it goes back.
        """
        part = torch.full((), share, device=self._device)
        if self._graphs is None:
            return self._run(batch, part)
        batch = _padded(batch, self._longest)
        shapes = tuple(tuple(tensor.shape) for tensor in batch.flat())
        if shapes not in self._recorded and not self._record(shapes, batch, part):
            return self._run(batch, part)
        return self._replay(self._recorded[shapes], [*batch.flat(), part])

    def _replay(self, recorded: _Recorded, tensors: list[Tensor]) -> Tensor:
        self._keep_own()
        torch._foreach_copy_(recorded.inputs, tensors)
        recorded.replay()
        sums, added = [], []
        for parameter, gradient in zip(self._parameters, recorded.gradients, strict=True):
            if gradient is not None and parameter.grad is not None:
                sums.append(parameter.grad)
                added.append(gradient)
            elif gradient is not None:
                parameter.grad = gradient
        if sums:
            torch._foreach_add_(sums, added)
        return recorded.report

    def _keep_own(self) -> None:
        """Move gradients that lie in memory of a graph, where a replay may write, to memory of their own."""
        held = [(p, p.grad) for p in self._parameters if p.grad is not None and id(p.grad) in self._lent]
        if not held:
            return
        own = [torch.empty_like(gradient) for _, gradient in held]
        torch._foreach_copy_(own, [gradient for _, gradient in held])
        for (parameter, _), gradient in zip(held, own, strict=True):
            parameter.grad = gradient

    def _record(self, shapes: Shapes, batch: Batch, share: Tensor) -> bool:
        """Record a shape that was seen before; tell whether it is recorded now."""
        if shapes not in self._seen or len(self._recorded) == MOST_GRAPHS or self._graphs is None:
            self._seen.add(shapes)
            return False
        inputs = [tensor.clone() for tensor in (*batch.flat(), share)]
        static = batch.like(inputs[:-1])
        held = [parameter.grad for parameter in self._parameters]
        forget(self._parameters)
        try:
            report, replay = self._graphs.record(lambda: self._run(static, inputs[-1]))
            gradients = [parameter.grad for parameter in self._parameters]
            self._recorded[shapes] = _Recorded(inputs, gradients, report, replay)
            self._lent |= {id(gradient) for gradient in gradients if gradient is not None}
        except RuntimeError as error:
            self._graphs = None
            _log.warning("training passes are not captured as a CUDA graph, they run as they are: %s", error)
        finally:
            for parameter, gradient in zip(self._parameters, held, strict=True):
                parameter.grad = gradient
        return shapes in self._recorded


def forget(parameters: Sequence[Tensor]) -> None:
    """Leave parameters without gradients."""
    for parameter in parameters:
        parameter.grad = None


def _padded(batch: Batch, longest: int) -> Batch:
    """Return the batch with its word pieces padded to one of few lengths; where rows are pieces there is one."""
    text = batch.text
    if not isinstance(text, Pieces) or text.word_index is None:
        return batch
    length = text.ids.shape[1]
    more = (0, max(0, min(-(-length // PIECE_BLOCK) * PIECE_BLOCK, longest) - length))
    segments = None if text.segments is None else pad(text.segments, more)
    index = pad(text.word_index, more, value=-1)
    ids, mask = pad(text.ids, more), pad(text.mask, more, value=False)
    return replace(batch, text=replace(text, ids=ids, mask=mask, word_index=index, segments=segments))
