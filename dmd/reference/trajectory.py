"""The published training loop."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from dmd.reference.state import to_reference_state
from dmd.system import DmdSystem

Arrays = tuple[Tensor, Tensor, Tensor, Tensor] | Mapping[str, Tensor]
"""text, audio, vision and labels of a batch, in that order or under those names."""

LEARNING_RATE = 1e-4
CLIP = 0.6


def reference_trajectory(
    system: DmdSystem,
    batches: Sequence[Arrays],
    update_epochs: int,
    epochs: int,
    *,
    learning_rate: float = LEARNING_RATE,
    clip: float = CLIP,
) -> Iterator[dict[str, Tensor]]:
    """Train as the published code does; yield `to_reference_state` after each optimizer step.

    Gradients are summed over ``update_epochs`` batches, not averaged, their values clipped to ``clip`` after
    every backward pass; what is left of an epoch that does not divide is thrown away. Adam, no weight decay.
    At each yield `to_reference_gradients` gives the gradients of the step that was just made.

    Parameters
    ----------
    system : DmdSystem
        Under the reference objective; trained in place, in the mode it is in.
    batches : sequence of batches
    update_epochs : int
        Batches between steps.
    epochs : int
    learning_rate, clip : float
        As published.
    """
    optimizer = torch.optim.Adam(system.parameters(), lr=learning_rate)
    for _ in range(epochs):
        for index, batch in enumerate(batches):
            if index % update_epochs == 0:
                optimizer.zero_grad()
            _, terms = system.losses(*_arrays(batch))
            torch.autograd.backward(terms.total)
            torch.nn.utils.clip_grad_value_(system.parameters(), clip)
            if index % update_epochs == update_epochs - 1:
                optimizer.step()
                yield to_reference_state(system)


def _arrays(batch: Arrays) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    if isinstance(batch, Mapping):
        return batch["text"], batch["audio"], batch["vision"], batch["labels"]
    return batch
