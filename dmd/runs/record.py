"""RunRecord: what RUN/run.json says of a trained model; with the weights, all that scoring needs."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from dmd.config import DmdConfig
from dmd.measures.calibration import Calibration
from dmd.measures.style import TextStyle
from dmd.runs.text_reading import TextReading
from dmd.targets import Targets
from pipeline.datasets.schema import FeatureSchema

RUN_FORMAT: Literal[1] = 1


class SeedRecord(BaseModel):
    """How one seed's training ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    epochs: int
    best_epoch: int
    valid_loss: float | None


class RunRecord(BaseModel):
    """Everything of a run but its arrays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = RUN_FORMAT
    name: str
    """What it was trained on."""
    targets: Targets
    """Task, label range and neutral band, or classes."""
    model: DmdConfig
    features: dict[str, Any]
    """The feature schema: names, origins, versions."""
    removed_columns: dict[str, tuple[str, ...]]
    """Columns that were constant in training and that the model does not see."""
    seeds: tuple[SeedRecord, ...]
    calibration: Calibration | None
    """From the validation split; None for an imported checkpoint."""
    out_of_domain: dict[str, float]
    """Modality -> share of values outside the training range above which a clip is out of domain."""
    style: TextStyle | None
    """How the training texts were written, in the form in which the model read them."""
    reading: TextReading | None = None
    """How words are read for this model; None: as the store has read them."""
    splits: dict[str, tuple[str, ...]]
    """Split -> ids of its clips."""
    training: dict[str, Any]
    """The training configuration."""
    metrics: dict[str, Any]
    """Split -> metrics of the seeds' mean prediction."""
    provenance: dict[str, Any]
    """Data (name, fingerprint, sha256), versions, and what was noticed."""

    @field_validator("seeds")
    @classmethod
    def _once_each(cls, seeds: tuple[SeedRecord, ...]) -> tuple[SeedRecord, ...]:
        # Each is a model in memory: one file could be named for any number of them.
        if len({seed.seed for seed in seeds}) != len(seeds):
            raise ValueError("a seed stands there twice")
        return seeds

    @property
    def feature_schema(self) -> FeatureSchema:
        """The features the model was trained on."""
        return FeatureSchema.from_json(self.features)
