"""Configuration of the model: widths, lengths, dropouts, task, objective, ablations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Literal["text", "audio", "face"]
Representation = Literal["off", "apart", "together"]

MODALITIES: tuple[Name, ...] = ("text", "audio", "face")
"""Order of arguments and of the two partners of a query modality."""
GRAPH_ORDER: tuple[Name, ...] = ("text", "face", "audio")
"""Order of the graph's vertices and of everything that is concatenated."""

Probability = Field(0.0, ge=0.0, lt=1.0)
MAX_DIM = 1 << 16
MAX_LENGTH = 1 << 17
"""Bounds of what a file may ask for, far above any model's: layers are made one by one until weights are compared."""


class TextEncoderConfig(BaseModel):
    """Shape of a BERT inside the model; its weights come from a checkpoint or `TextEncoder.load_pretrained`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden_size: int = Field(768, gt=0, le=MAX_DIM)
    layers: int = Field(12, gt=0, le=256)
    heads: int = Field(12, gt=0)
    intermediate_size: int = Field(3072, gt=0, le=4 * MAX_DIM)
    vocabulary: int = Field(30522, gt=0, le=1 << 22)
    positions: int = Field(512, gt=0, le=1 << 20)
    token_types: int = Field(2, gt=0, le=1 << 16)
    norm_eps: float = Field(1e-12, gt=0)
    activation: str = "gelu"
    dropout: float = Field(0.1, ge=0.0, lt=1.0)
    fine_tuned: bool = True
    """False: BERT gets no gradient and runs without dropout."""
    frozen_layers: int = Field(0, ge=0)
    """Fine-tuned: the lowest layers that keep their weights, and with them the embeddings (0: all is trained)."""

    @model_validator(mode="after")
    def _enough_layers(self) -> Self:
        if self.frozen_layers > self.layers:
            raise ValueError(
                f"{self.frozen_layers} layers of the text encoder cannot be frozen: it has {self.layers}"
            )
        return self

    @classmethod
    def from_folder(cls, folder: Path, *, fine_tuned: bool = True, frozen_layers: int = 0) -> Self:
        """Read the shape from the ``config.json`` of a BERT saved by `transformers`."""
        from dmd.bert_shape import read_shape

        return cls(**read_shape(folder), fine_tuned=fine_tuned, frozen_layers=frozen_layers)


class Dropouts(BaseModel):
    """Drop probabilities under the names of the published configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: float = Probability
    """On the text features, before the projection."""
    attention_text: float = Probability
    """On attention weights whose keys are text; the memory transformers use it too."""
    attention_audio: float = Probability
    """On attention weights whose keys are the voice."""
    attention_face: float = Probability
    """On attention weights whose keys are the face."""
    relu: float = Probability
    """Inside the feed-forward layers."""
    embed: float = Probability
    """On what enters a transformer."""
    residual: float = Probability
    """On what each layer adds."""
    output: float = Probability
    """Inside the heads."""

    def attention(self, keys: Name) -> float:
        """Return the probability for attention over the keys of one modality."""
        return {"text": self.attention_text, "audio": self.attention_audio, "face": self.attention_face}[keys]


class DmdConfig(BaseModel):
    """Everything that determines the model and its objective; saved with each checkpoint as JSON.

    Only widths that are used need to be right: a modality that is not in ``modalities`` is never read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_dim: int = Field(768, gt=0, le=MAX_DIM)
    audio_dim: int = Field(5, gt=0, le=MAX_DIM)
    face_dim: int = Field(20, gt=0, le=MAX_DIM)
    text_length: int = Field(50, gt=0, le=MAX_LENGTH)
    audio_length: int = Field(50, gt=0, le=MAX_LENGTH)
    face_length: int = Field(50, gt=0, le=MAX_LENGTH)
    text_kernel: int = Field(5, gt=0)
    audio_kernel: int = Field(5, gt=0)
    face_kernel: int = Field(5, gt=0)
    aligned: bool = True
    """True: row i of every modality is the same word, so rows keep their place when one modality is missing."""

    width: int = Field(50, ge=4, le=8192)
    """H, the model width; even, divisible by the heads."""
    heads: int = Field(10, gt=0)
    levels: int = Field(4, gt=0, le=256)
    """Layers of a transformer (the memory transformers have at least 3)."""
    dropouts: Dropouts = Dropouts()
    text_encoder: TextEncoderConfig | None = None
    """None: text comes as features of width ``text_dim``; else as word pieces for a BERT inside the model."""

    task: Literal["regression", "classification"] = "regression"
    classes: int = Field(1, gt=0, le=MAX_DIM)
    """Logits a head gives: 1 for regression, the number of labels for classification."""
    class_weights: tuple[float, ...] | None = None
    """One weight a class for the cross entropy; None: all 1."""
    objective: Literal["corrected", "reference"] = "corrected"
    modality_dropout: float = Field(0.0, ge=0.0, lt=1.0)
    """Corrected objective, training: chance that a present modality of a sample is dropped; one always stays."""

    modalities: tuple[Name, ...] = MODALITIES
    """Modalities the model reads (ablation: each subset)."""
    decoupling: bool = True
    """False (ablation): specific and common features are both the projection; no decoupling losses."""
    homo_distillation: bool = True
    hetero_distillation: bool = True
    cross_attention: bool = True
    """False (ablation): a memory transformer sees its own modality's features instead of what it attends to."""
    homo_representation: Representation = "off"
    """Corrected objective: representation term of the homogeneous unit (published: computed, not used)."""
    hetero_representation: Representation = "off"
    """Corrected objective: representation term of the heterogeneous unit (published: apart)."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.width % 2 or self.width % self.heads:
            raise ValueError(f"width {self.width} must be even and divisible by {self.heads} heads")
        if (self.task == "regression") != (self.classes == 1):
            raise ValueError(f"task {self.task!r} does not go with {self.classes} classes")
        if self.class_weights is not None and len(self.class_weights) != self.classes:
            raise ValueError(f"{len(self.class_weights)} class weights for {self.classes} classes")
        if not self.modalities or list(self.modalities) != [m for m in MODALITIES if m in self.modalities]:
            raise ValueError(f"modalities must be a non-empty part of {MODALITIES} in that order")
        if self.aligned and len({self.length(name) for name in self.modalities}) > 1:
            raise ValueError("aligned modalities must have one length")
        for name in self.modalities:
            if self.kernel(name) > self.length(name):
                raise ValueError(f"{name}: kernel {self.kernel(name)} is longer than {self.length(name)} steps")
        if self.text_encoder is not None and self.text_encoder.hidden_size != self.text_dim:
            raise ValueError(f"text_dim {self.text_dim} must be the text encoder's {self.text_encoder.hidden_size}")
        if self.objective == "reference":
            self._check_reference()
        return self

    def _check_reference(self) -> None:
        whole = self.modalities == MODALITIES and self.decoupling and self.homo_distillation
        if not (whole and self.hetero_distillation and self.cross_attention and self.task == "regression"):
            raise ValueError("the reference objective is the published one: no ablation, regression only")
        if self.modality_dropout:
            raise ValueError("the reference objective has no masks, so no modality dropout")

    def dim(self, name: Name) -> int:
        """Return D, the feature width of a modality."""
        return {"text": self.text_dim, "audio": self.audio_dim, "face": self.face_dim}[name]

    def length(self, name: Name) -> int:
        """Return L, the fixed number of rows of a modality."""
        return {"text": self.text_length, "audio": self.audio_length, "face": self.face_length}[name]

    def kernel(self, name: Name) -> int:
        """Return the width of a modality's convolution, in rows."""
        return {"text": self.text_kernel, "audio": self.audio_kernel, "face": self.face_kernel}[name]

    def steps(self, name: Name) -> int:
        """Return T, the steps that the unpadded convolution leaves of ``length`` rows."""
        return self.length(name) - self.kernel(name) + 1

    @property
    def vertices(self) -> tuple[Name, ...]:
        """The modalities in graph order."""
        return tuple(name for name in GRAPH_ORDER if name in self.modalities)

    @property
    def memory_levels(self) -> int:
        """Layers of a memory transformer."""
        return max(self.levels, 3)

    @property
    def graph(self) -> bool:
        """Whether there is more than one modality, so that anything can be distilled."""
        return len(self.modalities) > 1


_MOSI = Dropouts(text=0.5, attention_text=0.3, attention_audio=0.2, embed=0.2, output=0.5)
_MOSEI = Dropouts(text=0.3, attention_text=0.4, output=0.5)
_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "mosi_aligned": {"dropouts": _MOSI},
    "mosi_unaligned": {"dropouts": _MOSI, "aligned": False, "audio_length": 375, "face_length": 500},
    "mosei_aligned": {
        "dropouts": _MOSEI,
        "audio_dim": 74,
        "face_dim": 35,
        "width": 30,
        "heads": 6,
        "audio_kernel": 1,
        "face_kernel": 3,
    },
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    **_PRESETS,
    "mosei_unaligned": {**_PRESETS["mosei_aligned"], "aligned": False, "audio_length": 500, "face_length": 500},
}
"""Published configurations as arguments of `DmdConfig`: ``DmdConfig(**{**PRESETS["mosi_aligned"], "levels": 2})``."""


def preset(name: str, **changes: Any) -> DmdConfig:
    """Return a published configuration with some fields changed.

    Raises
    ------
    KeyError
        When there is no preset of that name.
    """
    return DmdConfig(**{**PRESETS[name], **changes})
