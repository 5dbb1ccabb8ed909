"""Baselines on the same data and splits: what pooled features and a linear model reach must be beaten.

Features are the means over a clip's rows of its normalised values, and for audio and face their deviations too; what
a clip does not have is the training mean. Strengths of regularisation and fusion weights are chosen on the
validation split, as DMD's early stopping is.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.targets import Targets
from dmd.training_config import TrainingConfig
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.normaliser import Normaliser
from pipeline.datasets.schema import MODALITIES

Floats = NDArray[np.float64]
RIDGE_STRENGTHS = tuple(np.geomspace(0.1, 1e5, 19))
LOGISTIC_STRENGTHS = tuple(np.geomspace(1e-4, 10, 11))
MLP_STRENGTHS = (1e-3, 1e-1, 1e1)
MLP_WIDTH = 64
MLP_EPOCHS = 60
FUSION_STEP = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """Predictions of every baseline for every clip of a dataset."""

    found: Mapping[str, Floats]
    """Name -> [clips] scores or [clips, C] probabilities."""

    def predict(self, clips: Sequence[int] | Rows) -> dict[str, Floats]:
        """Return the predictions of these clips."""
        index = np.array(clips, np.int64)
        return {name: values[index] for name, values in self.found.items()}


def fit_baselines(
    dataset: Dataset, normaliser: Normaliser, targets: Targets, train: Rows, valid: Rows, config: TrainingConfig
) -> Baselines:
    """Fit all baselines on the training clips, choose their settings on the validation clips.

    Returns
    -------
    Baselines
        `linear` (ridge or logistic regression on all features), `linear_text` and so on for each modality,
        `late_fusion` (a weighted mean of those), `mlp` (a pooled network, mean over seeds).
    """
    pooled = {m: f for m in MODALITIES if (f := pooled_features(dataset, normaliser, m, train)) is not None}
    if not pooled:  # word pieces alone: nothing to pool
        return Baselines({})
    truth = np.full(len(dataset.clips), np.nan)
    for clips in (train, valid):
        truth[clips] = targets.values(dataset, [int(at) for at in clips])
    judge = _Judge(targets, truth, train, valid)
    joint = np.concatenate(list(pooled.values()), axis=1)
    found = {"linear": judge.linear(joint)}
    single = {f"linear_{modality}": judge.linear(features) for modality, features in pooled.items()}
    if len(single) > 1:
        found |= single | {"late_fusion": judge.fused(list(single.values()))}
    found["mlp"] = judge.mlp(joint, range(config.seed, config.seed + config.seeds))
    return Baselines(found)


def pooled_features(dataset: Dataset, normaliser: Normaliser, modality: str, train: Rows) -> Floats | None:
    """Return standardised pooled features [clips, F] of a modality; None if no training clip has it."""
    part, scaling = dataset.modalities[modality], normaliser.scalings[modality]
    if not part.width or not scaling.width:
        return None
    parts = 1 if modality == "text" else 2
    sums = np.zeros((len(dataset.clips), 2, scaling.width))
    counts = np.zeros((len(dataset.clips), scaling.width))
    for row in range(len(dataset)):
        clip = int(dataset.samples.clip[row])
        values, real = part.sample(row)
        clean = normaliser.apply(modality, values[real], dataset.clips[clip].speaker).astype(np.float64)
        known = np.isfinite(clean)
        filled = np.where(known, clean, 0.0)
        sums[clip, 0] += filled.sum(axis=0)
        sums[clip, 1] += (filled**2).sum(axis=0)
        counts[clip] += known.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[:, 0] / counts
        deviation = np.sqrt(np.maximum(sums[:, 1] / counts - mean**2, 0.0))
    features = np.concatenate([mean, deviation][:parts], axis=1)
    return _standardised(features, train) if np.isfinite(features[train]).any() else None


def _standardised(features: Floats, train: Rows) -> Floats:
    known = np.isfinite(features[train])
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, features[train], 0.0)
    mean = filled.sum(axis=0) / count
    spread = np.sqrt((np.where(known, features[train] - mean, 0.0) ** 2).sum(axis=0) / count)
    scaled = (features - mean) / np.where(spread > 1e-9, spread, 1.0)
    return np.where(np.isfinite(scaled), scaled, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """Fits on the training clips and keeps what is best on the validation clips."""

    targets: Targets
    truth: Floats
    train: Rows
    valid: Rows

    def linear(self, features: Floats) -> Floats:
        from sklearn.linear_model import LogisticRegression, Ridge

        if self.targets.task == "regression":
            return self._best([self._fit(Ridge(alpha=a), features) for a in RIDGE_STRENGTHS])
        models = [LogisticRegression(C=c, max_iter=500) for c in LOGISTIC_STRENGTHS]
        return self._best([self._fit(model, features) for model in models])

    def mlp(self, features: Floats, seeds: Sequence[int]) -> Floats:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        kind: Any = MLPRegressor if self.targets.task == "regression" else MLPClassifier
        means = []
        for strength in MLP_STRENGTHS:
            models = [
                kind(hidden_layer_sizes=(MLP_WIDTH,), alpha=strength, max_iter=MLP_EPOCHS, random_state=seed)
                for seed in seeds
            ]
            means.append(np.mean([self._fit(model, features) for model in models], axis=0))
        return self._best(means)

    def fused(self, parts: Sequence[Floats]) -> Floats:
        steps = np.arange(0, 1 + FUSION_STEP / 2, FUSION_STEP)
        weights = [w for w in product(steps, repeat=len(parts)) if abs(sum(w) - 1) < FUSION_STEP / 2]
        return self._best([np.asarray(sum(w * part for w, part in zip(ws, parts, strict=True))) for ws in weights])

    def _fit(self, model: Any, features: Floats) -> Floats:
        from sklearn.exceptions import ConvergenceWarning

        labels = self.truth[self.train]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of rounds is part of the baseline
            model.fit(features[self.train], labels if self.targets.task == "regression" else labels.astype(int))
        if self.targets.task == "regression":
            return np.asarray(np.clip(model.predict(features), self.targets.low, self.targets.high))
        found = np.zeros((len(features), len(self.targets.classes)))
        found[:, model.classes_] = model.predict_proba(features)
        return found

    def _best(self, found: Sequence[Floats]) -> Floats:
        return min(found, key=self._loss)

    def _loss(self, prediction: Floats) -> float:
        truth = self.truth[self.valid]
        if self.targets.task == "regression":
            return float(np.abs(prediction[self.valid] - truth).mean())
        true = prediction[self.valid, truth.astype(int)]
        return float(-np.log(np.maximum(true, 1e-12)).mean())
