"""The published configuration as ours."""

from collections.abc import Mapping
from typing import Any

from dmd.config import DmdConfig, Dropouts, TextEncoderConfig
from pipeline.errors import UsageError

_UNALIGNED_LENGTHS = {"mosi": (50, 375, 500), "mosei": (50, 500, 500)}
"""Rows of text, audio and vision that the published model assumes for a data set."""


def config_from_reference(args: Mapping[str, Any], bert: Mapping[str, Any] | None = None) -> DmdConfig:
    """Return the configuration of the published model built with ``args``, under the reference objective.

    Parameters
    ----------
    args : mapping
        The published configuration: ``feature_dims``, ``dst_feature_dim_nheads``, ``nlevels`` and so on.
    bert : mapping, optional
        Shape of the BERT inside, where ``args["use_bert"]``: ``hidden_size``, ``num_hidden_layers``,
        ``num_attention_heads``, ``intermediate_size``, ``vocab_size``, ``eps``, ``act``, and optionally
        ``dropout`` (default 0). Without it, bert-base-uncased's.

    Raises
    ------
    UsageError
        When an entry is missing, or asks for something the published model does not do.
    """
    try:
        return _config(args, bert)
    except KeyError as error:
        raise UsageError(f"published configuration: {error.args[0]!r} is missing") from None
    except ValueError as error:
        raise UsageError(f"published configuration: {error}") from None


def _config(args: Mapping[str, Any], bert: Mapping[str, Any] | None) -> DmdConfig:
    if not args.get("attn_mask", True):
        raise UsageError("published configuration: attn_mask=false is not supported")
    aligned = bool(args["need_data_aligned"])
    lengths = (50, 50, 50) if aligned else _UNALIGNED_LENGTHS[args["dataset_name"]]
    text_dim, audio_dim, face_dim = args["feature_dims"]
    width, heads = args["dst_feature_dim_nheads"]
    encoder = _text_encoder(args, bert)
    return DmdConfig(
        text_dim=text_dim if encoder is None else encoder.hidden_size,
        audio_dim=audio_dim,
        face_dim=face_dim,
        text_length=lengths[0],
        audio_length=lengths[1],
        face_length=lengths[2],
        text_kernel=args["conv1d_kernel_size_l"],
        audio_kernel=args["conv1d_kernel_size_a"],
        face_kernel=args["conv1d_kernel_size_v"],
        aligned=aligned,
        width=width,
        heads=heads,
        levels=args["nlevels"],
        dropouts=_dropouts(args),
        text_encoder=encoder,
        objective="reference",
    )


def _dropouts(args: Mapping[str, Any]) -> Dropouts:
    return Dropouts(
        text=args["text_dropout"],
        attention_text=args["attn_dropout"],
        attention_audio=args["attn_dropout_a"],
        attention_face=args["attn_dropout_v"],
        relu=args["relu_dropout"],
        embed=args["embed_dropout"],
        residual=args["res_dropout"],
        output=args["output_dropout"],
    )


def _text_encoder(args: Mapping[str, Any], bert: Mapping[str, Any] | None) -> TextEncoderConfig | None:
    if not args["use_bert"]:
        return None
    if args.get("transformers", "bert") != "bert":
        raise UsageError(f"published configuration: transformers={args['transformers']!r}; only 'bert' is supported")
    fine_tuned = bool(args["use_finetune"])
    if bert is None:
        return TextEncoderConfig(fine_tuned=fine_tuned)
    return TextEncoderConfig(
        hidden_size=bert["hidden_size"],
        layers=bert["num_hidden_layers"],
        heads=bert["num_attention_heads"],
        intermediate_size=bert["intermediate_size"],
        vocabulary=bert["vocab_size"],
        positions=bert.get("max_position_embeddings", 512),
        token_types=bert.get("type_vocab_size", 2),
        norm_eps=bert.get("eps", 1e-12),
        activation=bert.get("act", "gelu"),
        dropout=bert.get("dropout", 0.0),
        fine_tuned=fine_tuned,
    )
