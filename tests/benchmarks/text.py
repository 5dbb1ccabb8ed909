"""DMD on real text against tuned ridge regression: grouped cross-validation over the videos of a CMU-MOSI table."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.cross_validation import cross_validate, fold_splits
from dmd.evaluation import video_groups
from dmd.targets import Targets
from dmd.training_config import TrainingConfig
from pipeline.dataset import Dataset, Rows
from tests.benchmarks.pairedseeds import mean_differences
from tests.benchmarks.pooledlinear import mean_pooled, ridge
from tests.benchmarks.textstores import mosi_clips, text_dataset
from tests.benchmarks.textvariants import VARIANTS, WORDS
from tests.benchmarks.textviews import with_views

Floats = NDArray[np.float64]
TARGETS = Targets(task="regression")
COMPARED = ("mae", "corr", "acc2_non0", "acc7")


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Out-of-fold predictions of every clip."""

    seeds: Floats
    """[S, c]"""
    truth: Floats
    groups: tuple[str, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark needs to know."""
    parser.add_argument("table", type=Path, help="video_id,clip_id,text,label,mode of CMU-MOSI")
    parser.add_argument("--work", type=Path, required=True, help="folder for the store and the trainings; kept")
    parser.add_argument("--variant", default="corrected", choices=sorted(VARIANTS))
    parser.add_argument("--against", default="ridge", help="ridge, or a variant")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return scores of both sides and their paired differences."""
    ours = _predicted(options.variant, options)
    theirs = (
        _ridge(_words(options), options.folds) if options.against == "ridge" else _predicted(options.against, options)
    )
    ensemble = Predicted(ours.seeds.mean(axis=0, keepdims=True), ours.truth, ours.groups)
    other = Predicted(theirs.seeds.mean(axis=0, keepdims=True), theirs.truth, theirs.groups)
    return {
        "ours": options.variant,
        "theirs": options.against,
        "clips": len(ours.truth),
        "videos": len(set(ours.groups)),
        "seeds": len(ours.seeds),
        "mean_over_seeds": _compared(ours, theirs),
        "mean_prediction_of_seeds": _compared(ensemble, other),
    }


def _compared(ours: Predicted, theirs: Predicted) -> dict[str, Any]:
    return mean_differences(ours.seeds, theirs.seeds, ours.truth, ours.groups, TARGETS, COMPARED)


def _words(options: argparse.Namespace) -> Dataset:
    clips, folder = mosi_clips(options.table), options.work / f"mosi-{WORDS}.store"
    return text_dataset(clips, folder, "CMU-MOSI text", WORDS)


def _predicted(name: str, options: argparse.Namespace) -> Predicted:
    """Cross-validate a variant; what is done already is read."""
    variant = VARIANTS[name]
    words = _words(options)
    data = with_views(words) if variant.views else words
    config = TrainingConfig(**{**variant.settings, "seeds": options.seeds})
    kept = options.work / name / f"seeds-{options.seeds}-folds-{options.folds}.npz"
    if not kept.is_file():
        found = cross_validate(data, options.work / name, config, options.folds)
        np.savez(kept, predictions=found.predictions, truth=found.truth, clips=found.clips)
    with np.load(kept) as arrays:
        return Predicted(arrays["predictions"], arrays["truth"], video_groups(data, arrays["clips"]))


def _ridge(dataset: Dataset, count: int) -> Predicted:
    """Predict every fold by ridge regression on all clips outside of it (DMD keeps some of them to validate on)."""
    features = mean_pooled(dataset)
    everything: Rows = np.arange(len(dataset.clips))
    truth, groups = TARGETS.values(dataset, range(len(dataset.clips))), video_groups(dataset, everything)
    found = np.full(len(truth), np.nan)
    for splits in fold_splits(dataset, TrainingConfig().splits, count):
        test = np.array([split == "test" for split in splits])
        inside = [group for group, held in zip(groups, test, strict=True) if not held]
        found[test], _ = ridge(features[~test], truth[~test], inside, features[test])
    return Predicted(found[None], truth, groups)
