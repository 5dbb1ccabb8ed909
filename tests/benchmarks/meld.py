"""DMD on MELD's text against logistic regression: the official split, and with every test speaker unheard."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.runs.checkpoint import load_run
from dmd.targets import fit_targets
from dmd.training import train_run
from dmd.training_config import TrainingConfig
from extractors.text import EMBEDDED_MODEL, model_source
from pipeline.dataset import Dataset
from pipeline.datasets.splits import SplitConfig, divide, folds
from tests.benchmarks.pairedseeds import mean_differences
from tests.benchmarks.pooledlinear import logistic, mean_pooled
from tests.benchmarks.textstores import meld_clips, meld_id, rows_of, text_dataset

Floats = NDArray[np.float64]
WORDS = 24
"""Rows of a segment at most; four utterances in a hundred have more."""
COMPARED = ("f1_weighted", "f1_macro", "accuracy")
SETTINGS: dict[str, Any] = {
    "task": "classification", "batch_size": 64, "learning_rate": 1e-3, "epochs": 20, "early_stop": 2, "patience": 0,
    "baselines": False, "tensorboard": False, "model": {"length": WORDS},
}  # fmt: skip
INSIDE: dict[str, Any] = {"epochs": 3, "compare": "f1_weighted"}
"""With a BERT that is fine-tuned inside: an epoch costs ten times as much and few are needed."""
VALID = 0.1
"""Share of the training dialogues that stop the training and choose the class weights."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark needs to know."""
    parser.add_argument("train", type=Path, help="MELD's train_sent_emo.csv")
    parser.add_argument("dev", type=Path, help="MELD's dev_sent_emo.csv")
    parser.add_argument("--work", type=Path, required=True, help="folder for the store and the trainings; kept")
    parser.add_argument("--target", choices=("Sentiment", "Emotion"), default="Sentiment")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--speakers", type=int, default=0, help="hold speakers out, in this many folds; 0: official")
    parser.add_argument("--weights", nargs="+", choices=("none", "balanced"), default=["none", "balanced"])
    parser.add_argument("--text", choices=("features", "fine_tuned"), default="features")
    parser.add_argument("--rates", nargs="+", type=float, default=[1e-4], help="of a fine-tuned BERT")
    parser.add_argument("--frozen-layers", type=int, default=3, help="lowest layers of a fine-tuned BERT that stay")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return scores of DMD and of logistic regression, and their paired differences."""
    data, speakers = _dataset(options)
    train = [at for at, clip in enumerate(data.clips) if clip.split == "train"]
    targets = fit_targets(data, train, "classification", options.target)
    test = [at for at, clip in enumerate(data.clips) if clip.split == "test"]
    truth = targets.values(data, range(len(data.clips)))
    classes = len(targets.classes)
    ours = np.full((options.seeds, len(test), classes), np.nan)
    theirs = np.full((1, len(test), classes), np.nan)
    features, place = mean_pooled(data), {at: row for row, at in enumerate(test)}
    chosen, strengths = [], []
    for number, (inside, outside) in enumerate(_sides(data, speakers, options.speakers)):
        here = [place[at] for at in outside]
        groups = [str(data.clips[at].video_id) for at in inside]
        theirs[0, here], strength = logistic(features[inside], truth[inside], groups, features[outside])
        strengths.append(strength)
        way, ours[:, here] = _trained(data, inside, outside, options, number)
        chosen.append(way)
    dialogues = [str(data.clips[at].video_id) for at in test]
    return {
        "target": options.target,
        "speakers_held_out": bool(options.speakers),
        "clips": len(test),
        "dialogues": len(set(dialogues)),
        "seeds": options.seeds,
        "chosen": chosen,
        "strength_of_logistic_regression": strengths,
        "mean_over_seeds": mean_differences(ours, theirs, truth[test], dialogues, targets, COMPARED),
        "mean_prediction_of_seeds": mean_differences(
            ours.mean(axis=0, keepdims=True), theirs, truth[test], dialogues, targets, COMPARED
        ),
    }


def _dataset(options: argparse.Namespace) -> tuple[Dataset, dict[str, str]]:
    """Return the utterances with both labels, and the speaker of each by its id."""
    tables = {"train": options.train, "test": options.dev}
    data = text_dataset(meld_clips(tables), options.work / f"meld-{WORDS}.store", "MELD text", WORDS)
    rows = {meld_id(split, row): row for split, table in tables.items() for row in rows_of(table)}
    clips = tuple(
        replace(clip, targets={name: rows[clip.clip_id][name] for name in ("Sentiment", "Emotion")})
        for clip in data.clips
    )
    return replace(data, clips=clips), {clip_id: row["Speaker"] for clip_id, row in rows.items()}


def _sides(data: Dataset, speakers: Mapping[str, str], count: int) -> list[tuple[list[int], list[int]]]:
    """Return pairs of training and test clips; with speakers held out, nobody is on both sides."""
    train, test = ([at for at, clip in enumerate(data.clips) if clip.split == split] for split in ("train", "test"))
    if not count:
        return [(train, test)]
    everybody = [speakers[data.clips[at].clip_id] for at in (*train, *test)]
    fold_of = dict(zip((*train, *test), folds(everybody, count), strict=True))
    return [
        ([at for at in train if fold_of[at] != number], [at for at in test if fold_of[at] == number])
        for number in range(count)
    ]


def _trained(
    data: Dataset, inside: Sequence[int], outside: Sequence[int], options: argparse.Namespace, number: int
) -> tuple[str, Floats]:
    """Train on one side, what is open chosen on its validation dialogues; predict the other.

    The first seed tells which class weights and which rate to take; the others train with these only.
    """
    groups = [str(data.clips[at].video_id) for at in inside]
    sides = dict(zip(inside, divide(groups, SplitConfig(valid=VALID, test=0.0)), strict=True))
    split = data.with_splits([sides.get(at) for at in range(len(data.clips))])
    found = {}
    candidates = _candidates(options)
    for name, settings in candidates.items():
        out = options.work / f"meld-{options.target}-{options.speakers}-{number}-{name}"
        first = TrainingConfig(**{**settings, "seeds": 1})
        found[name] = train_run(split, out, first).evaluation["valid"]["seeds"]["f1_weighted"]["mean"]
    best = max(found, key=lambda name: float(found[name]))
    out = options.work / f"meld-{options.target}-{options.speakers}-{number}-{best}"
    train_run(split, out, TrainingConfig(**{**candidates[best], "seeds": options.seeds}))
    clips, predictions = load_run(out, "cpu").predict_clips(split, split.clip_rows(outside))
    assert list(clips) == list(outside)
    return best, predictions


def _candidates(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return the ways to train among which the validation dialogues choose."""
    base = {**SETTINGS, "target": options.target}
    found = {}
    for weights in options.weights:
        if options.text == "features":
            found[weights] = {**base, "class_weights": weights}
            continue
        model = {"text": options.text, "text_model": model_source(EMBEDDED_MODEL)}
        for rate in options.rates:
            found[f"{weights}-{options.text}-{options.frozen_layers}-{rate:g}"] = {
                **base, **INSIDE, **model, "class_weights": weights, "encoder_learning_rate": rate,
                "encoder_frozen_layers": options.frozen_layers,
            }  # fmt: skip
    return found
