"""Whether a file of weights is that of a model, before the model is made: a record can ask for one of any size."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from dmd.config import DmdConfig
from dmd.system import DmdSystem
from pipeline.errors import StoreError
from pipeline.files import demand_regular

SMALL = 1 << 27
"""Parameters of a model that is made without a second look: 512 MB."""


def demand_shapes(path: Path, config: DmdConfig) -> None:
    """Refuse weights of other shapes than those of a model that takes much memory; a small one is simply made.

    Raises
    ------
    StoreError
        The file is no file of weights, or those of another model.
    """
    try:
        demand_regular(path)
        if _at_most(config) <= SMALL:
            return
        with safe_open(path, framework="pt") as stream:
            found = {name: tuple(stream.get_slice(name).get_shape()) for name in stream.keys()}
    except (OSError, SafetensorError) as error:
        raise StoreError(f"{path}: is damaged or missing ({error}); train again or copy the run anew") from None
    with torch.device("meta"):  # shapes without memory
        needed = {name: tuple(tensor.shape) for name, tensor in DmdSystem(config).state_dict().items()}
    for name, shape in needed.items():
        if found.get(name) != shape:
            held = f"has shape {found[name]}" if name in found else "is missing"
            raise StoreError(f"{path}: {name} {held} where run.json says {shape}; copy the run anew, or train again")


def _at_most(config: DmdConfig) -> int:
    """Return a number of parameters that a model of this configuration does not exceed."""
    width, steps = config.width, sum(config.steps(name) for name in config.modalities)
    layers = 40 * config.memory_levels * 48 * width * width
    ends = 16 * steps * width * (width + 3) + sum(
        4 * config.dim(name) * width * config.kernel(name) for name in config.modalities
    )
    text = config.text_encoder
    if text is None:
        return layers + ends
    tables = text.hidden_size * (text.vocabulary + text.positions + text.token_types)
    blocks = text.layers * text.hidden_size * (5 * text.hidden_size + 3 * text.intermediate_size)
    return layers + ends + tables + blocks
