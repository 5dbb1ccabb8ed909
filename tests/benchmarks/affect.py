"""Affect from text, voice and face, alone and together, for anyone who has the data.

    python -m tests.benchmarks affect --dataset cremad DIR --json

Features are extracted once into `--store`; folds share no speaker (for MOSI: no video, each has its own speaker).
Every combination of modalities is cross-validated with DMD and the simple baselines (ridge or logistic regression,
their late fusion, a pooled network); intervals draw whole actors (MELD: dialogues, MOSI: videos); the drop is what
DMD with all modalities loses when one of them is shuffled between clips. In CREMA-D and RAVDESS the text says
nothing of the emotion: sentences are fixed, so text alone must stay at chance.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from dmd.training_config import TrainingConfig
from extractors.extraction import Extractor
from pipeline.clip import Clip
from pipeline.dataset import dataset_from_clips
from pipeline.datasets.schema import MODALITIES
from pipeline.datasets.splits import SplitConfig, folds
from pipeline.errors import PipelineError, UsageError
from pipeline.store import FeatureStore
from tests.benchmarks.affect_sources import LOADERS, affect_source
from tests.benchmarks.modality_use import use_of_modalities


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--dataset", required=True, choices=sorted(LOADERS))
    parser.add_argument("--store", type=Path, help="where features are kept between runs; by default nowhere")
    parser.add_argument("--modalities", default=",".join(MODALITIES), help="those that take part")
    parser.add_argument("--folds", type=int, default=5, choices=range(2, 101), metavar="N")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--limit", type=int, help="at most this many clips, evenly spread")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    source = affect_source(options.dataset, options.folder)
    step = -(-len(source.clips) // options.limit) if options.limit else 1
    clips = source.clips[::step]
    modalities = _modalities(options.modalities)
    groups = [str(clip.speaker if source.group == "speaker" else clip.video_id) for clip in clips]
    folds(groups, options.folds, 0)  # too few groups are refused before hours of extraction
    with tempfile.TemporaryDirectory() as work:
        store = FeatureStore(options.store or Path(work) / "store", create=True)
        failed = _extract(clips, store)
        found = [clip.clip_id for clip in clips if clip.clip_id not in failed]
        dataset = dataset_from_clips((store.load(name) for name in found), options.dataset)
        config = TrainingConfig(
            task=source.task, seeds=options.seeds, epochs=options.epochs, tensorboard=False,
            splits=SplitConfig(by=source.group),
        )  # fmt: skip
        use = use_of_modalities(dataset, modalities, Path(work) / "runs", config, options.folds)
    return {
        "dataset": options.dataset,
        "clips": len(found),
        "groups": len(set(groups)),
        "failed": failed,
        **use,
    }


def _modalities(given: str) -> tuple[str, ...]:
    names = tuple(given.split(","))
    if unknown := [name for name in names if name not in MODALITIES]:
        raise UsageError(f"--modalities: {unknown[0]!r} is none of {', '.join(MODALITIES)}")
    return names


def _extract(clips: tuple[Clip, ...], store: FeatureStore) -> dict[str, str]:
    """Extract what the store does not hold; return the clips that failed, and why."""
    extractor, failed = Extractor(), {}
    for clip in clips:
        if clip.clip_id not in store:
            try:
                store.write(extractor.extract(clip))
            except PipelineError as error:
                failed[clip.clip_id] = str(error)
    return failed
