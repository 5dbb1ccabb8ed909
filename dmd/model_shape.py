"""Which model fits which data: published configurations for public layouts, a moderate one for anything else."""

from typing import Any

from pydantic import ValidationError

from dmd.config import MODALITIES, PRESETS, DmdConfig, Dropouts, Name, TextEncoderConfig
from dmd.training_config import ModelSettings, TrainingConfig
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.collate import InputShape
from pipeline.datasets.normaliser import Normaliser
from pipeline.errors import UsageError
from pipeline.wrongsettings import wrong_settings

STORE_LENGTH = 50
"""Rows of a segment at most."""
MODERATE: dict[str, Any] = {
    "width": 32,
    "heads": 4,
    "levels": 2,
    "dropouts": Dropouts(
        text=0.3, attention_text=0.2, attention_audio=0.2, attention_face=0.2, embed=0.1, output=0.4
    ),
}
MODERATE_KERNEL = 3
MODALITY_DROPOUT = 0.2
"""Of training where there is more than one modality. Measured on three views of CMU-MOSI's words: where nothing is
missing MAE does not differ and correlation is 0.010 lower; without text MAE is 1.33 instead of 1.53
(docs/measurements.md)."""
PUBLISHED_LAYOUTS = {(5, 20): "mosi", (74, 35): "mosei"}
"""Widths of audio and face -> published configuration."""


def model_config(
    dataset: Dataset,
    train: Rows,
    normaliser: Normaliser,
    config: TrainingConfig,
    classes: int,
    weights: tuple[float, ...] | None,
) -> DmdConfig:
    """Return the model's configuration for a dataset.

    Parameters
    ----------
    dataset : Dataset
    train : ndarray [shape=(k,)]
        The training samples.
    normaliser : Normaliser
        Decides how many columns remain.
    config : TrainingConfig
    classes : int
        Logits: 1 for regression.
    weights : tuple of float, optional
        Class weights.

    Raises
    ------
    UsageError
        No modality is there, or the settings contradict each other.
    """
    modalities = _modalities(dataset, train, normaliser, config)
    lengths = _lengths(dataset, modalities, config.model.length)
    aligned = len({lengths[name] for name in modalities}) == 1
    base = _base(dataset, aligned)
    fields: dict[str, Any] = {
        **base,
        **{f"{name}_length": lengths[name] for name in MODALITIES},
        **{f"{name}_dim": max(1, normaliser.scalings[name].width) for name in MODALITIES},
        **_chosen(config.model),
        "aligned": aligned,
        "task": config.task,
        "classes": classes,
        "class_weights": weights,
        "objective": config.objective,
        "modalities": modalities,
        "modality_dropout": _modality_dropout(config, len(modalities)),
    }
    for name in MODALITIES:
        fields[f"{name}_kernel"] = min(lengths[name], config.model.kernel or base[f"{name}_kernel"])
    try:
        if config.text != "features" and config.text_model is not None and "text" in modalities:
            tuned, kept = config.text == "fine_tuned", config.encoder_frozen_layers
            encoder = TextEncoderConfig.from_folder(config.text_model, fine_tuned=tuned, frozen_layers=kept)
            fields |= {"text_encoder": encoder, "text_dim": encoder.hidden_size}
        return DmdConfig(**fields)
    except ValidationError as error:
        raise UsageError(f"{dataset.name}: no model fits these settings: {wrong_settings(error)}") from None


def input_shape(config: DmdConfig) -> InputShape:
    """Return what batches of a model look like."""
    return InputShape(
        lengths={name: config.length(name) for name in MODALITIES},
        modalities=config.modalities,
        pieces=config.text_encoder is not None,
        whole_rows=config.objective == "reference",
    )


def _modalities(dataset: Dataset, train: Rows, normaliser: Normaliser, config: TrainingConfig) -> tuple[Name, ...]:
    """Return the modalities that any training sample has, or those that are asked for."""
    found: list[Name] = []
    for name in MODALITIES:
        part = dataset.modalities[name]
        usable = normaliser.scalings[name].width > 0 or (name == "text" and config.text != "features")
        if part.present[train].any() if len(part.present) else False:
            found += [name] if usable else []
    wanted = config.model.modalities
    lacking = [name for name in wanted or () if name not in found]
    if lacking or not found:
        have = ", ".join(found) or "nothing"
        raise UsageError(f"{dataset.name}: the training clips have {have}, and no {', '.join(lacking) or 'modality'}")
    if config.reference and len(wanted or found) < len(MODALITIES):
        raise UsageError(
            f"{dataset.name}: the reference objective needs all of text, audio and face; there is {', '.join(found)}"
        )
    return wanted or tuple(found)


def _lengths(dataset: Dataset, modalities: tuple[Name, ...], asked: int | None) -> dict[str, int]:
    """Return the fixed number of rows of each modality: what is asked for, else the file's own, 50 for a store."""
    longest = {name: dataset.modalities[name].longest for name in modalities}
    if asked is not None:
        if asked < max(longest.values()):
            raise UsageError(f"{dataset.name}: has samples of {max(longest.values())} rows; model.length is {asked}")
        return dict.fromkeys(MODALITIES, asked)
    if not dataset.splits_are_published:
        return {name: max(STORE_LENGTH, *longest.values()) for name in MODALITIES}
    return {name: longest.get(name, max(longest.values())) for name in MODALITIES}


def _base(dataset: Dataset, aligned: bool) -> dict[str, Any]:
    layout = PUBLISHED_LAYOUTS.get((dataset.modalities["audio"].width, dataset.modalities["face"].width))
    if layout is None:
        return {**MODERATE, **{f"{name}_kernel": MODERATE_KERNEL for name in MODALITIES}}
    published = PRESETS[f"{layout}_aligned" if aligned else f"{layout}_unaligned"]
    return {**{f"{name}_kernel": 5 for name in MODALITIES}, **published}


def _chosen(settings: ModelSettings) -> dict[str, Any]:
    """Return the fields that the settings state."""
    apart = {"kernel", "length", "modalities", "modality_dropout"}
    return {
        name: getattr(settings, name)
        for name in ModelSettings.model_fields
        if name not in apart and getattr(settings, name) is not None
    }


def _modality_dropout(config: TrainingConfig, modalities: int) -> float:
    if config.model.modality_dropout is not None:
        return config.model.modality_dropout
    return MODALITY_DROPOUT if modalities > 1 and not config.reference else 0.0
