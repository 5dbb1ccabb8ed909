"""Published weights into a system, and out of it."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from dmd.config import DmdConfig
from dmd.reference.checkpoint_file import load_tensors
from dmd.reference.names import places
from dmd.system import DmdSystem
from pipeline.errors import FeatureMismatchError

_NOT_PARAMETERS = (".version", "._float_tensor", ".embeddings.position_ids")
"""Ends of names of published buffers: a constant, one that is never initialised, one of old `transformers`."""
_PREFIXES = ("dmd.", "homo.", "hetero.")


def system_from_reference(state: Mapping[str, Tensor] | Path, config: DmdConfig) -> DmdSystem:
    """Return a system with published weights.

    Parameters
    ----------
    state : mapping or Path
        Published tensors under ``dmd.*``, ``homo.*``, ``hetero.*``, or the bare state dict of the model alone,
        or a ``.pth`` file of either. Published checkpoints never hold the distillation kernels: a kernel of
        which nothing is given keeps its fresh weights (only training reads it). Buffers are ignored, the
        uninitialised ones too.
    config : DmdConfig
        As `config_from_reference` gives it. Under the corrected objective what the published model never
        reads is left out, and the tokens of missing modalities keep their fresh weights.

    Raises
    ------
    FeatureMismatchError
        When tensors are missing, left over, or of another shape; the message names them.
    UsageError
        When the file is not a state dict of tensors.
    """
    found = published_tensors(state)
    system = DmdSystem(config)
    held = dict(system.named_parameters())
    expected = {place.published: place for place in places(system)}
    readable = {name: place for name, place in expected.items() if place.ours in held}
    missing = [name for name in readable if name not in found and not _absent_kernel(name, found)]
    foreign = [name for name in found if name not in expected]
    wrong = [
        f"{name} {tuple(found[name].shape)} instead of {tuple(place.take(held[place.ours]).shape)}"
        for name, place in readable.items()
        if name in found and found[name].shape != place.take(held[place.ours]).shape
    ]
    if missing or foreign or wrong:
        raise FeatureMismatchError(f"published weights do not fit: {_listed(missing, foreign, wrong)}")
    with torch.no_grad():
        for name, place in readable.items():
            if name in found:
                place.put(held[place.ours], found[name])
    return system


def published_tensors(state: Mapping[str, Tensor] | Path) -> dict[str, Tensor]:
    """Return the parameters of a published state under their full names (``dmd.*``), without its buffers.

    Raises
    ------
    UsageError
        When the file is not a state dict of tensors.
    """
    found = load_tensors(state) if isinstance(state, Path) else state
    bare = not any(name.startswith(_PREFIXES) for name in found)
    named = {f"dmd.{name}" if bare else name: tensor for name, tensor in found.items()}
    return {name: tensor for name, tensor in named.items() if not name.endswith(_NOT_PARAMETERS)}


def to_reference_state(system: DmdSystem) -> dict[str, Tensor]:
    """Return every published parameter, in the published order, detached copies."""
    held = dict(system.named_parameters())
    return {
        place.published: place.take(held[place.ours]).detach().clone()
        for place in places(system)
        if place.ours in held
    }


def to_reference_gradients(system: DmdSystem) -> dict[str, Tensor | None]:
    """Return the gradient of every published parameter, None where none has arrived."""
    held = dict(system.named_parameters())
    gradients: dict[str, Tensor | None] = {}
    for place in places(system):
        if place.ours in held:
            gradient = held[place.ours].grad
            gradients[place.published] = None if gradient is None else place.take(gradient).clone()
    return gradients


def _absent_kernel(name: str, found: Mapping[str, Tensor]) -> bool:
    prefix = name.split(".")[0] + "."
    return prefix != "dmd." and not any(other.startswith(prefix) for other in found)


def _listed(missing: list[str], foreign: list[str], wrong: list[str]) -> str:
    groups = (("missing", missing), ("not of this model", foreign), ("of another shape", wrong))
    parts = []
    for title, names in groups:
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            parts.append(f"{title}: {', '.join(names[:5])}{more}")
    return "; ".join(parts)
