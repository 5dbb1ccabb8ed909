"""Golden cases: folders `dmd/<case>` of numbers that the published code computed."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from dmd.network.transformer import TransformerBank
from dmd.reference import config_from_reference, system_from_reference
from dmd.system import DmdSystem
from tests.parity.weights import value

REPOSITORY = Path(__file__).resolve().parents[2]
OWN = REPOSITORY / "tests" / "golden"
GIVEN = (REPOSITORY / os.environ.get("DMD_GOLDEN", "../shared/golden")).resolve()
DTYPES = {"fp32": torch.float32, "fp64": torch.float64}


@dataclass(frozen=True)
class Case:
    """One folder of golden numbers."""

    folder: Path

    @cached_property
    def record(self) -> dict[str, Any]:
        return json.loads((self.folder / "README.json").read_text())

    @cached_property
    def inputs(self) -> dict[str, Tensor]:
        return load_file(self.folder / "inputs.safetensors")

    @cached_property
    def outputs(self) -> dict[str, Tensor]:
        return load_file(self.folder / "outputs.safetensors")

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        """Stored weights where there are any, else those of the seed."""
        stored = self.folder / "weights.safetensors"
        if stored.exists():
            return {name: tensor.float() for name, tensor in load_file(stored).items()}
        manifest = self.record["weights_manifest"]
        seed = self.record["seed"]
        return {name: torch.from_numpy(value(seed, name, entry["shape"])) for name, entry in manifest.items()}

    @property
    def batches(self) -> int:
        return sum(name.endswith(".labels") for name in self.inputs)

    def batch(self, index: int, precision: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return text, audio, vision and labels."""
        dtype = DTYPES[precision]
        found = {name: self.inputs.get(f"batch{index}.{name}") for name in ("text", "text_bert", "audio", "vision")}
        text = found["text_bert"] if found["text"] is None else found["text"].to(dtype)
        return (
            text,
            found["audio"].to(dtype),
            found["vision"].to(dtype),
            self.inputs[f"batch{index}.labels"].to(dtype),
        )

    def system(self, precision: str) -> DmdSystem:
        config = config_from_reference(self.record["args"], self.record.get("bert"))
        system = system_from_reference(self.weights, config).to(DTYPES[precision])
        self._set_positions(system)
        return system

    def _set_positions(self, system: DmdSystem) -> None:
        """Take the stored sinusoid table where there is one: a sine's last bit may differ between processors."""
        stored = self.folder.parent / "pos_table_torch19.safetensors"
        tables = load_file(stored) if stored.exists() else {}
        for bank in system.modules():
            table = tables.get(f"d{bank.shape.width}") if isinstance(bank, TransformerBank) else None
            if table is not None:
                bank.position_table.copy_(table[: len(bank.position_table)])

    def trajectories(self) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Yield the batches between steps, and the arrays, of each fp64 trajectory."""
        for path in sorted(self.folder.glob("traj_u*_fp64.npz")):
            with np.load(path) as arrays:
                yield int(path.name.split("_")[1][1:]), dict(arrays)


def cases() -> list[Case]:
    """Return the repository's own cases and those of the given folder."""
    folders = [path.parent for root in (OWN, GIVEN) for path in sorted(root.glob("dmd/*/README.json"))]
    return [Case(folder) for folder in folders]


def identifier(case: Case) -> str:
    return f"{'own' if OWN in case.folder.parents else 'given'}-{case.folder.name}"
