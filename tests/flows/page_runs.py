"""Runs trained for a moment, for the tests of a run's page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.training import train_run
from dmd.training_config import ModelSettings, TrainingConfig
from pipeline.aligned import ClipInfo
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.store import FeatureStore
from pipeline.track import WordFeatures
from tests.flows.page_material import SENTENCE, make_clip

SPLITS = ("train", "train", "train", "valid", "test", "test")


def labelled_store(path: Path, task: str) -> FeatureStore:
    """Return 24 clips in 6 videos whose text tells their label; a third of them has no face."""
    store = FeatureStore(path, create=True)
    for at in range(24):
        label = np.sin(at) * 3
        written = f"{label:.2f}" if task == "regression" else ("glad" if label > 0.5 else "sad")
        info = ClipInfo(written, SPLITS[at % 6], f"speaker {at % 6}", f"video {at % 6}")
        hole = (0.0, 99.0) if at % 3 == 0 else None
        clip = make_clip(f"<video {at % 6}>/{at:02d}", at, SENTENCE[: 3 + at % 5], info, hole)
        text = clip.text.values + np.float32(label) * (np.arange(clip.text.values.shape[1]) == 0)
        store.write(replace(clip, text=WordFeatures(text.astype(np.float32), clip.text.valid, clip.text.names)))
    return store


def trained(folder: Path, task: str) -> tuple[TrainedRun, FeatureStore, Dataset]:
    """Return a run of two seeds and two epochs on such a store."""
    store = labelled_store(folder / "store", task)
    dataset = dataset_from_clips(store.clips(), "store")
    model = ModelSettings(width=8, heads=2, levels=1)
    config = TrainingConfig(task=task, seeds=2, epochs=2, tensorboard=False, model=model, device="cpu")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # on so little data threads only wait for each other
    train_run(dataset, folder / "run", config)
    torch.set_num_threads(threads)
    return load_run(folder / "run", "cpu"), store, dataset
