"""What single differences between the objectives do, on the models that `tests.benchmarks text` has trained.

All saw the same three views of CMU-MOSI's words, in the same folds. Of each: the error when a view is missing, and
how far specific and common features are from orthogonal. Of the causal masks, which need no model: how
much of what comes later a step may see where the sequences differ in length.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dmd.cross_validation import fold_splits
from dmd.network.presence import Presence, after_convolution, visible
from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.training_config import TrainingConfig
from pipeline.batch import Modality
from pipeline.dataset import Dataset
from tests.benchmarks.text import TARGETS
from tests.benchmarks.textstores import mosi_clips, text_dataset
from tests.benchmarks.textvariants import WORDS
from tests.benchmarks.textviews import with_views

Floats = NDArray[np.float64]
VARIANTS = ("views", "views_reference")
KEPT = {"all": None, "without text": ("audio", "face"), "without audio": ("text", "face"),
        "without face": ("text", "audio")}  # fmt: skip
LENGTHS = (50, 375, 500)
"""Of text, audio and face in the published unaligned configuration of CMU-MOSI."""
BLOCK = 64


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark needs to know."""
    parser.add_argument("table", type=Path, help="video_id,clip_id,text,label,mode of CMU-MOSI")
    parser.add_argument("--work", type=Path, required=True, help="folder of `tests.benchmarks text`, with its runs")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--variants", nargs="+", default=VARIANTS, help="those of `tests.benchmarks text` to ask")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return errors by missing view, cosines, and what the causal masks let through."""
    folder = options.work / f"mosi-{WORDS}.store"
    data = with_views(text_dataset(mosi_clips(options.table), folder, "CMU-MOSI text in three views", WORDS))
    splits = fold_splits(data, TrainingConfig().splits, options.folds)
    found: dict[str, Any] = {"folds": options.folds, "seen_of_the_future": _future()}
    for name in options.variants:
        errors: dict[str, list[Floats]] = {kept: [] for kept in KEPT}
        cosines = []
        for number, split in enumerate(splits):
            run = load_run(options.work / name / f"fold-{number}", "cpu")
            test = data.with_splits(split)
            rows = test.rows_in("test")
            cosines.append(_cosine(run, test, rows))
            for kept, modalities in KEPT.items():
                clips, scores = run.predict_clips(test, rows, modalities)
                limited = np.clip(scores.mean(axis=0), TARGETS.low, TARGETS.high)
                errors[kept].append(np.abs(limited - TARGETS.values(test, clips.tolist())))
        found[name] = {f"mae {kept}": float(np.concatenate(parts).mean()) for kept, parts in errors.items()}
        found[name]["cosine"] = float(np.concatenate(cosines).mean())
    return found


def _cosine(run: TrainedRun, data: Dataset, rows: NDArray[np.int64]) -> Floats:
    """Return |cosine| of specific and common features at every real step of every modality."""
    collator, system = run.collator(data), run.systems[0]
    found = []
    for first in range(0, len(rows), BLOCK):
        batch = collator(rows[first : first + BLOCK])
        with torch.no_grad():
            output = system.dmd(batch)
        for name, parts in output.decoupled.items():
            given = getattr(batch, name)
            assert isinstance(given, Modality)
            real = after_convolution(given.mask, run.record.model.kernel(name)).observed
            cosine = functional.cosine_similarity(parts.specific, parts.common, dim=2)
            found.append(cosine[real].abs().double().numpy())
    return np.concatenate(found)


def _future() -> dict[str, float]:
    """Return for each objective the share of the later keys that a query step sees, over all pairs of lengths."""
    seen: dict[str, list[float]] = {"corrected": [], "reference": []}
    for query in LENGTHS:
        for key in LENGTHS:
            if query == key:
                continue
            steps, keys = torch.arange(1, query + 1)[:, None], torch.arange(1, key + 1)
            later = keys * query > steps * key
            masks = {"corrected": visible(_whole(query), _whole(key), aligned=False)[0],
                     "reference": keys <= steps + abs(query - key)}  # fmt: skip
            for objective, mask in masks.items():
                seen[objective].append(float((mask & later).sum() / later.sum()))
    return {objective: float(np.mean(shares)) for objective, shares in seen.items()}


def _whole(length: int) -> Presence:
    real = torch.ones(1, length, dtype=torch.bool)
    return Presence(real, real, real[:, 0])
