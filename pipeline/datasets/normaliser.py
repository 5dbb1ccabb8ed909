"""Normaliser: raw features to the scale of a model, fitted on training rows over known values only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.dataset import Dataset, ModalityRows, Rows
from pipeline.datasets.schema import MODALITIES
from pipeline.errors import StoreError
from pipeline.files import demand_regular, write_whole
from pipeline.untrusted.jsontext import parse_json

Floats = NDArray[np.float64]
FITTED_VALUES = 40_000_000
"""Statistics are taken over at most this many values a modality, from evenly spread rows: 160 MB."""
IQR_OF_NORMAL = 1.3489795
"""Interquartile range of a standard normal: a robust scale that equals the deviation of normal data."""
RANGE_PERCENT = (0.1, 99.9)
"""The training range of a column, for telling what is out of domain: its outermost values are left out."""
PARTS = ("keep", "centre", "scale", "low", "high")
Method = Literal["robust", "none"]


class NormaliserConfig(BaseModel):
    """How raw values become model inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = "robust"
    """Audio and face: `robust` is (value - median) / (interquartile range / 1.349); `none` leaves them raw."""
    text: Method = "none"
    """The same for text embeddings, which BERT's last LayerNorm has scaled already."""
    clip: float = Field(5.0, gt=0)
    """Normalised values are limited to ± this."""
    per_speaker: bool = False
    """Audio and face: use each speaker's own median and scale, drawn to those of all by ``shrinkage``."""
    shrinkage: float = Field(200.0, ge=0)
    """Known values at which a speaker's own statistics weigh half."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Normalisation of one modality."""

    names: tuple[str, ...]
    """D columns of the raw features."""
    keep: NDArray[np.bool_]
    """[shape=(D,)] False for columns that were constant, or never known, in training."""
    centre: Floats
    """[shape=(D,)]"""
    scale: Floats
    """[shape=(D,)] > 0"""
    low: Floats
    """[shape=(D,)] training range of the raw values"""
    high: Floats
    limit: float
    """Normalised values lie in ± this; infinite where nothing is limited."""

    @property
    def removed(self) -> tuple[str, ...]:
        """Names of the columns that the model does not see."""
        return tuple(name for name, kept in zip(self.names, self.keep, strict=True) if not kept)

    @property
    def width(self) -> int:
        """Number of columns the model sees."""
        return int(self.keep.sum())

    def apply(self, values: NDArray[np.float32], own: tuple[Floats, Floats] | None = None) -> NDArray[np.float32]:
        """Return normalised values.

        Parameters
        ----------
        values : ndarray [shape=(R, D)]
            Raw; NaN where not known.
        own : pair of ndarray [shape=(D,)], optional
            Centre and scale to use instead, of one speaker.

        Returns
        -------
        ndarray [shape=(R, width)]
            NaN stays NaN.
        """
        centre, scale = own or (self.centre, self.scale)
        kept = self.keep
        scaled = (values[:, kept] - centre[kept].astype(np.float32)) / scale[kept].astype(np.float32)
        return np.clip(scaled, -self.limit, self.limit).astype(np.float32)

    def beyond(self, values: NDArray[np.float32]) -> float:
        """Return the share of known values that lie outside the range seen in training; 0 without any."""
        kept = values[:, self.keep]
        known = np.isfinite(kept)
        if not known.any():
            return 0.0
        outside = (kept < self.low[self.keep]) | (kept > self.high[self.keep])
        return float((outside & known).sum() / known.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Normaliser:
    """The scalings of all modalities."""

    scalings: Mapping[str, Scaling]
    config: NormaliserConfig
    speakers: Mapping[str, Mapping[str, tuple[Floats, Floats]]] = field(default_factory=dict)
    """Modality -> training speaker -> centre and scale, shrunk already."""

    def widths(self) -> dict[str, int]:
        """Return the number of columns the model sees, by modality."""
        return {modality: scaling.width for modality, scaling in self.scalings.items()}

    def removed(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the columns that were constant or never known in training."""
        return {modality: scaling.removed for modality, scaling in self.scalings.items()}

    def apply(self, modality: str, values: NDArray[np.float32], speaker: str | None = None) -> NDArray[np.float32]:
        """Return normalised values [R, width] of one clip's rows [R, D]; NaN stays NaN.

        With ``per_speaker`` a speaker of the training data is normalised by his own statistics; any other
        clip by the statistics of these rows themselves, shrunk by the same rule.
        """
        scaling = self.scalings[modality]
        if not self.config.per_speaker or modality == "text":
            return scaling.apply(values)
        known = self.speakers.get(modality, {}).get(speaker or "")
        return scaling.apply(values, known or _shrunk(scaling, values, self.config.shrinkage))

    def save(self, path: Path) -> None:
        """Write one safetensors file, whole."""
        from safetensors.numpy import save

        arrays: dict[str, Floats | NDArray[np.bool_]] = {}
        for modality, scaling in self.scalings.items():
            for part in PARTS:
                arrays[f"{modality}.{part}"] = getattr(scaling, part)
        for modality, speakers in self.speakers.items():
            for number, (centre, scale) in enumerate(speakers.values()):
                arrays[f"speakers.{modality}.{number}"] = np.stack([centre, scale])
        record = {
            "config": self.config.model_dump(mode="json"),
            "names": {modality: list(scaling.names) for modality, scaling in self.scalings.items()},
            "limits": {m: None if np.isinf(s.limit) else s.limit for m, s in self.scalings.items()},
            "speakers": {modality: list(speakers) for modality, speakers in self.speakers.items()},
        }
        write_whole(path, save(arrays, {"normaliser": json.dumps(record, sort_keys=True)}))


def load_normaliser(path: Path) -> Normaliser:
    """Read what `Normaliser.save` wrote.

    Raises
    ------
    StoreError
        The file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(demand_regular(path), framework="numpy") as stream:
            record = parse_json(stream.metadata()["normaliser"])
            arrays = {key: stream.get_tensor(key) for key in stream.keys()}
        scalings = {
            modality: Scaling(
                tuple(names),
                **{part: arrays[f"{modality}.{part}"] for part in PARTS},
                limit=np.inf if record["limits"][modality] is None else record["limits"][modality],
            )
            for modality, names in record["names"].items()
        }
        speakers = {
            modality: {name: _pair(arrays[f"speakers.{modality}.{at}"]) for at, name in enumerate(names)}
            for modality, names in record["speakers"].items()
        }
        return Normaliser(scalings, NormaliserConfig(**record["config"]), speakers)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: is no normaliser ({error}); train again or copy the run anew") from None


def fit_normaliser(dataset: Dataset, rows: Rows, config: NormaliserConfig | None = None) -> Normaliser:
    """Fit a normaliser.

    Parameters
    ----------
    dataset : Dataset
    rows : ndarray [shape=(k,)]
        The training samples; no other sample is looked at.
    config : NormaliserConfig
    """
    config = config or NormaliserConfig()
    scalings, speakers = {}, {}
    for modality in MODALITIES:
        part, method = dataset.modalities[modality], config.text if modality == "text" else config.method
        scaling = _fit(dataset.schema.names[modality], _known_rows(part, rows), method, config.clip)
        scalings[modality] = scaling
        if config.per_speaker and modality != "text":
            speakers[modality] = _fit_speakers(dataset, part, rows, scaling, config.shrinkage)
    return Normaliser(scalings, config, speakers)


def _fit(names: Sequence[str], values: NDArray[np.float32], method: Method, clip: float) -> Scaling:
    width = len(names)
    keep = np.zeros(width, bool)
    centre, scale, low, high = np.zeros(width), np.ones(width), np.zeros(width), np.zeros(width)
    for column in range(width):
        known = values[:, column].astype(np.float64)
        known = known[np.isfinite(known)]
        if known.size < 2 or known.min() == known.max():
            continue
        keep[column] = True
        low[column], high[column] = np.percentile(known, RANGE_PERCENT)
        if method == "robust":
            centre[column], scale[column] = _median_scale(known)
    if method == "none" and values.shape[0]:
        keep[:] = True  # raw values stay as the file has them, constant columns too
    return Scaling(tuple(names), keep, centre, scale, low, high, clip if method == "robust" else np.inf)


def _median_scale(known: Floats) -> tuple[float, float]:
    quarter, median, three_quarters = np.percentile(known, (25, 50, 75))
    spread = (three_quarters - quarter) / IQR_OF_NORMAL
    if spread <= 1e-6 * max(1e-6, float(np.abs(known).max())):
        spread = float(known.std())  # most values are equal (a count, a flag): the deviation still tells
    return float(median), float(spread) if spread > 0 else 1.0


def _known_rows(part: ModalityRows, rows: Rows) -> NDArray[np.float32]:
    """Return values [R, D] of the real rows of these samples, evenly thinned where there are too many."""
    total = int((part.offsets[rows + 1] - part.offsets[rows]).sum())
    step = max(1, -(-total * max(part.width, 1) // FITTED_VALUES))
    found = []
    for index in rows:
        values, real = part.sample(int(index))
        found.append(values[real][int(index) % step :: step])
    return np.concatenate(found) if found else np.zeros((0, part.width), np.float32)


def _fit_speakers(
    dataset: Dataset, part: ModalityRows, rows: Rows, scaling: Scaling, shrinkage: float
) -> dict[str, tuple[Floats, Floats]]:
    of_speaker: dict[str, list[int]] = {}
    for index in rows:
        speaker = dataset.clips[int(dataset.samples.clip[index])].speaker
        if speaker:
            of_speaker.setdefault(speaker, []).append(int(index))
    return {
        speaker: _shrunk(scaling, _known_rows(part, np.array(indices, np.int64)), shrinkage)
        for speaker, indices in sorted(of_speaker.items())
    }


def _shrunk(scaling: Scaling, values: NDArray[np.float32], shrinkage: float) -> tuple[Floats, Floats]:
    """Return centre and scale of these rows, drawn to those of all by the fewer values they rest on."""
    centre, scale = scaling.centre.copy(), scaling.scale.copy()
    for column in np.flatnonzero(scaling.keep):
        known = values[:, column].astype(np.float64)
        known = known[np.isfinite(known)]
        if known.size < 2 or np.isinf(scaling.limit):
            continue
        weight = known.size / (known.size + shrinkage)
        own_centre, own_scale = _median_scale(known)
        centre[column] += weight * (own_centre - centre[column])
        if known.min() < known.max():
            scale[column] += weight * (own_scale - scale[column])
    return centre, scale


def _pair(array: Floats) -> tuple[Floats, Floats]:
    return array[0], array[1]
