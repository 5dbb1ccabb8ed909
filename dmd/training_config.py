"""Configuration of a training run: everything that decides its weights, and how it is carried out."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dmd.config import Dropouts, Name, Representation
from pipeline.datasets.normaliser import NormaliserConfig
from pipeline.datasets.splits import SplitConfig

PUBLISHED_WINDOW = 10
"""Batches whose gradients the published loop adds up before a step."""
TextInput = Literal["features", "frozen", "fine_tuned"]


class ModelSettings(BaseModel):
    """The model's shape and ablations; what is None follows the data.

    For files in the layout of a public data set these are the published configuration; for anything else a model of
    moderate width that fits some hundred clips (`dmd.model_shape`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int | None = Field(None, ge=4)
    """Columns of every representation, a multiple of `heads`."""
    heads: int | None = Field(None, gt=0)
    """Heads of attention."""
    levels: int | None = Field(None, gt=0)
    """Layers of each transformer."""
    kernel: int | None = Field(None, gt=0)
    """Width of every modality's convolution, in rows."""
    length: int | None = Field(None, gt=0)
    """Rows of a sample at most, by default the file's own, 50 for a store: fewer cost less where utterances are short
    (extract with ``segments: {max_words: ...}``). Clips that are longer are refused."""
    dropouts: Dropouts | None = None
    """Drop probabilities; given, all that are not named are 0."""
    modality_dropout: float | None = Field(None, ge=0, lt=1)
    """By default 0.2 where there is more than one modality (0 under the reference objective). It is what makes one
    model score any part of the modalities; where no clip ever lacks one, set 0."""
    modalities: tuple[Name, ...] | None = None
    """By default those that any training clip has."""
    decoupling: bool = True
    """Ablation: false leaves specific and common features the same projection, without decoupling losses."""
    homo_distillation: bool = True
    """Ablation: false leaves HomoGD out, the graph distillation between common features."""
    hetero_distillation: bool = True
    """Ablation: false leaves HeteroGD out, the graph distillation between specific features."""
    cross_attention: bool = True
    """Ablation: false lets each modality attend to itself instead of to the others."""
    homo_representation: Representation = "off"
    """Whether HomoGD also pulls representations together or apart (published: computed, not used)."""
    hetero_representation: Representation = "off"
    """The same for HeteroGD (published: apart)."""


class TrainingConfig(BaseModel):
    """How a model is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Literal["regression", "classification"] = "regression"
    """What the labels are: numbers, or names."""
    target: str = "label"
    """Which label of the clips; public files also have `annotation`, `class`, `label_T`, `label_A`, `label_V`."""
    label_range: tuple[float, float] | None = None
    """Regression: the scale; by default [-1, 1] or [-3, 3], whichever holds the training labels."""
    neutral_band: float | None = Field(None, ge=0)
    """Regression: a score at most this far from the middle is called neutral."""
    classes: tuple[str, ...] | None = None
    """Classification: the labels in order; by default those of the training clips, sorted."""
    class_weights: Literal["none", "balanced"] = "none"
    """Classification: `balanced` weighs each class by the inverse of how often it occurs."""
    objective: Literal["corrected", "reference"] = "corrected"
    """`reference` does what the published code does, for comparison with it (docs/dmd.md says what differs)."""

    seed: int = Field(1, ge=0)
    """The first seed; further ones count up."""
    seeds: int = Field(3, ge=1)
    """Models that are trained; a score is their mean."""
    jobs: int = Field(1, ge=1)
    """Seeds trained at a time, each in a process of its own; changes no result."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` is the GPU where there is one."""
    threads: int = Field(1, ge=1)
    """Threads of a seed on the CPU. Sums are ordered by it: another number, other last digits."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of the forward pass on a GPU: `auto` is bf16 there (fp32 under the reference objective)."""

    epochs: int = Field(100, ge=1)
    """At most."""
    early_stop: int = Field(10, ge=1)
    """Epochs without improvement on the validation clips after which a seed ends."""
    compare: Literal["loss", "f1_weighted"] = "loss"
    """What improvement is, and which epoch is kept. In fine-tuning, cross entropy begins to rise while F1 still
    does."""
    patience: int = Field(5, ge=0)
    """Epochs without improvement after which the learning rate is halved."""
    batch_size: int = Field(16, ge=1)
    """Samples of a batch."""
    accumulate: int | None = Field(None, ge=1)
    """Batches a step; by default 1, and 10 under the reference objective."""
    learning_rate: float | None = Field(None, gt=0)
    """By default 5e-4, and 1e-4 under the reference objective."""
    encoder_learning_rate: float = Field(2e-5, gt=0)
    """Of a BERT inside the model (the reference objective uses ``learning_rate`` for it too)."""
    encoder_frozen_layers: int = Field(0, ge=0)
    """Lowest layers of a fine-tuned BERT that keep their weights, and its embeddings with them: such a layer costs a
    third of a trained one."""
    weight_decay: float = Field(0.0, ge=0)
    """Of AdamW."""
    clip: float = Field(0.6, gt=0)
    """Gradients are limited to ± this."""
    checkpoint_s: float = Field(60.0, ge=0)
    """A killed run loses at most this much work (an epoch's end is always kept)."""

    text: TextInput = "features"
    """Text as features, or as word pieces through a BERT inside the model."""
    text_model: Path | None = None
    """Folder of that BERT; without it `dmd train` takes the embedded one."""
    model: ModelSettings = ModelSettings()
    normaliser: NormaliserConfig | None = None
    """By default robust for audio and face; none for a public feature file under the reference objective."""
    splits: SplitConfig = SplitConfig()
    tensorboard: bool = True
    """Write TensorBoard's logs into the RUN folder."""
    baselines: bool = True
    """Train the baselines beside the model, on the same splits."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.text != "features" and self.text_model is None:
            raise ValueError(f"text={self.text!r} needs text_model, the folder of a BERT")
        if self.objective == "reference" and self.task != "regression":
            raise ValueError("the reference objective is the published one, which is regression")
        if self.compare == "f1_weighted" and self.task != "classification":
            raise ValueError("compare='f1_weighted' needs task='classification'")
        return self

    @property
    def reference(self) -> bool:
        """Whether the published loop is reproduced."""
        return self.objective == "reference"

    @property
    def window(self) -> int:
        """Batches a step."""
        return self.accumulate or (PUBLISHED_WINDOW if self.reference else 1)

    @property
    def rate(self) -> float:
        """Learning rate of everything but a BERT inside."""
        return self.learning_rate or (1e-4 if self.reference else 5e-4)

    def normalisation(self, *, public: bool) -> NormaliserConfig:
        """Return how features are normalised; ``public``: those of a public feature file."""
        return self.normaliser or NormaliserConfig(method="none" if self.reference and public else "robust")

    def decisive(self) -> dict[str, object]:
        """Return what decides the weights, as JSON values: a run is resumed only under the same."""
        leave = {"jobs", "seeds", "checkpoint_s", "tensorboard", "baselines"}
        return self.model_dump(mode="json", exclude=leave)
