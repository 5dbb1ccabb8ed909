"""The shape of a saved BERT, from the record beside its weights; loads no model."""

from pathlib import Path
from typing import Any

from pipeline.errors import ModelMissingError
from pipeline.untrusted.jsontext import read_json

MAX_CONFIG_BYTES = 1 << 20


def read_shape(folder: Path) -> dict[str, Any]:
    """Return the fields of a `TextEncoderConfig` from a saved BERT's ``config.json``.

    Raises
    ------
    ModelMissingError
        When there is no readable configuration of a BERT.
    """
    try:
        found = read_json(folder / "config.json", MAX_CONFIG_BYTES)
        if found.get("model_type") != "bert":
            raise ModelMissingError(f"text encoder {folder}: model type {found.get('model_type')!r}, need 'bert'")
        return {
            "hidden_size": found["hidden_size"],
            "layers": found["num_hidden_layers"],
            "heads": found["num_attention_heads"],
            "intermediate_size": found["intermediate_size"],
            "vocabulary": found["vocab_size"],
            "positions": found["max_position_embeddings"],
            "token_types": found.get("type_vocab_size", 2),
            "norm_eps": found.get("layer_norm_eps", 1e-12),
            "activation": found.get("hidden_act", "gelu"),
            "dropout": found.get("hidden_dropout_prob", 0.1),
        }
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelMissingError(f"text encoder {folder}: no readable config.json of a BERT ({error!r})") from None
