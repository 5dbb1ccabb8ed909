"""The configuration of a published checkpoint, read off the shapes of its tensors."""

from collections.abc import Mapping

from torch import Tensor

from dmd.config import MODALITIES, PRESETS, DmdConfig, TextEncoderConfig
from dmd.reference.names import LETTERS
from pipeline.errors import UsageError

HEAD_WIDTH = 5
"""Of every published configuration: 10 heads of width 50, 6 of width 30."""
BERT_HEAD_WIDTH = 64
BERT = "dmd.text_model.model."
LAYOUTS = {(5, 20): "mosi", (74, 35): "mosei"}
"""Widths of audio and vision -> the data set whose dropouts are taken over (only training reads them)."""


def config_from_state(state: Mapping[str, Tensor]) -> DmdConfig:
    """Return the configuration of the model whose tensors these are, under the reference objective.

    Parameters
    ----------
    state : mapping
        As `dmd.reference.state.published_tensors` gives them.

    Raises
    ------
    UsageError
        Tensors that tell the shape are missing: this is no checkpoint of the published model.
    """
    try:
        return _config(state)
    except (KeyError, ValueError, IndexError) as error:
        raise UsageError(f"no checkpoint of the published DMD model: {error} tells no shape") from None


def _config(state: Mapping[str, Tensor]) -> DmdConfig:
    fields: dict[str, int] = {}
    for name in MODALITIES:
        width, fields[f"{name}_dim"], kernel = state[f"dmd.proj_{LETTERS[name]}.weight"].shape
        steps = state[f"dmd.proj1_{LETTERS[name]}_low.weight"].shape[1] // width
        fields |= {f"{name}_kernel": kernel, f"{name}_length": steps + kernel - 1, "width": width}
    lengths = {fields[f"{name}_length"] for name in MODALITIES}
    layout = LAYOUTS.get((fields["audio_dim"], fields["face_dim"]))
    return DmdConfig(
        **fields,
        heads=max(1, fields["width"] // HEAD_WIDTH),
        levels=_count(state, "dmd.self_attentions_c_l.layers."),
        aligned=len(lengths) == 1,
        text_encoder=_encoder(state),
        objective="reference",
        **({"dropouts": PRESETS[f"{layout}_aligned"]["dropouts"]} if layout else {}),
    )


def _encoder(state: Mapping[str, Tensor]) -> TextEncoderConfig | None:
    if not any(name.startswith(BERT) for name in state):
        return None
    vocabulary, width = state[f"{BERT}embeddings.word_embeddings.weight"].shape
    return TextEncoderConfig(
        hidden_size=width,
        layers=_count(state, f"{BERT}encoder.layer."),
        heads=max(1, width // BERT_HEAD_WIDTH),
        intermediate_size=state[f"{BERT}encoder.layer.0.intermediate.dense.weight"].shape[0],
        vocabulary=vocabulary,
        positions=state[f"{BERT}embeddings.position_embeddings.weight"].shape[0],
        token_types=state[f"{BERT}embeddings.token_type_embeddings.weight"].shape[0],
    )


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    found = {int(name.removeprefix(prefix).split(".")[0]) for name in state if name.startswith(prefix)}
    if not found:
        raise KeyError(prefix)
    return max(found) + 1
