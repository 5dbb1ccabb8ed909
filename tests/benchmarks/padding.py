"""How far a score moves when the padding of a clip stands before its words instead of after them."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dmd.runs.checkpoint import TrainedRun, load_run
from pipeline.batch import Batch, Modality
from pipeline.dataset import Dataset
from tests.benchmarks.textstores import mosi_clips, text_dataset
from tests.benchmarks.textvariants import WORDS
from tests.benchmarks.textviews import with_views

BLOCK = 64


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark needs to know."""
    parser.add_argument("table", type=Path, help="video_id,clip_id,text,label,mode of CMU-MOSI")
    parser.add_argument("--work", type=Path, required=True, help="folder of `tests.benchmarks text`, with its runs")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the mean and the largest change of a score, for a run of either objective."""
    folder = options.work / f"mosi-{WORDS}.store"
    dataset = with_views(text_dataset(mosi_clips(options.table), folder, "CMU-MOSI text in three views", WORDS))
    found: dict[str, Any] = {"clips": len(dataset)}
    for name, objective in (("views_reference", "reference"), ("views", "corrected")):
        change = _changes(load_run(options.work / name / "fold-0", "cpu"), dataset)
        found |= {f"{objective}_mean": float(change.mean()), f"{objective}_max": float(change.max())}
    return found


def _changes(run: TrainedRun, dataset: Dataset) -> NDArray[np.float32]:
    collator, system = run.collator(dataset), run.systems[0]
    changes = []
    for first in range(0, len(dataset), BLOCK):
        batch = collator(np.arange(first, min(first + BLOCK, len(dataset))))
        changes.append((system.predict(batch) - system.predict(_padded_before(batch))).abs().numpy())
    return np.concatenate(changes)


def _padded_before(batch: Batch) -> Batch:
    """Return the batch with the rows of every sample at the end of its fixed length."""
    assert isinstance(batch.text, Modality)
    parts = (batch.text, batch.audio, batch.face)
    rows = torch.stack([part.mask for part in parts]).any(dim=0).sum(dim=1)
    length = batch.text.mask.shape[1]
    order = (torch.arange(length) + rows[:, None]) % length  # what stood at 0 comes to length - rows
    moved = [
        Modality(
            part.values.gather(1, order[..., None].expand(-1, -1, part.values.shape[2])), part.mask.gather(1, order)
        )
        for part in parts
    ]
    return Batch(*moved, labels=batch.labels, rows=batch.rows)
