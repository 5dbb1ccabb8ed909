"""The state of one seed's training: enough to go on after a kill as if nothing had happened."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dmd.system import DmdSystem
from pipeline.errors import StoreError
from pipeline.files import demand_regular, write_whole
from pipeline.untrusted.jsontext import parse_json

STATE = "state.safetensors"
Row = dict[str, float]


@dataclass(slots=True)
class Position:
    """Where a seed's training stands; changed as it goes on."""

    epoch: int = 0
    """Epochs that are complete."""
    step: int = 0
    """Optimizer steps done in the epoch that is under way."""
    best_epoch: int = 0
    best_loss: float | None = None
    """Lowest validation loss so far."""
    history: list[Row] = field(default_factory=list)
    """One row a complete epoch."""


def save_state(
    folder: Path,
    position: Position,
    system: DmdSystem,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.ReduceLROnPlateau,
    sums: Tensor,
) -> None:
    """Write everything that the rest of the training depends on, as one file, whole."""
    from safetensors.torch import save

    tensors = {f"model.{name}": value for name, value in system.state_dict().items()}
    kept = optimizer.state_dict()
    for index, values in kept["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    tensors |= {"sums": sums, "rng.cpu": torch.get_rng_state()}
    if sums.is_cuda:
        tensors["rng.cuda"] = torch.cuda.get_rng_state(sums.device)
    plain = {key: value for key, value in scheduler.state_dict().items() if isinstance(value, int | float | list)}
    record = {"position": asdict(position), "groups": kept["param_groups"], "scheduler": plain}
    clean = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_whole(folder / STATE, save(clean, {"state": json.dumps(record)}))


def load_state(
    folder: Path,
    system: DmdSystem,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.ReduceLROnPlateau,
    sums: Tensor,
) -> Position | None:
    """Take up a training where `save_state` left it; None if there is nothing to take up.

    Raises
    ------
    StoreError
        The state does not fit this training.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / STATE
    if not path.is_file():
        return None
    try:
        with safe_open(demand_regular(path), framework="pt") as stream:
            record = parse_json(stream.metadata()["state"])
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}
        system.load_state_dict({n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")})
        optimizer.load_state_dict({"state": _optimizer_state(tensors), "param_groups": record["groups"]})
        scheduler.load_state_dict(record["scheduler"])
        sums.copy_(tensors["sums"])
        torch.set_rng_state(tensors["rng.cpu"])
        if "rng.cuda" in tensors and sums.is_cuda:
            torch.cuda.set_rng_state(tensors["rng.cuda"], sums.device)
        return Position(**record["position"])
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(f"{path}: cannot be taken up ({reason}); delete it to train this seed anew") from None


def _optimizer_state(tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = tensor
    return state
