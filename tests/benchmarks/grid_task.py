"""What is said, from the voice and the face alone: words of GRID's fixed grammar, read without their text.

Each clip says a command, a colour, a preposition, a letter, a digit and an adverb. One of these words is cut out at
the corpus's own times, in equal parts that become the rows; the text modality is empty, and the columns made of word
times (rhythm) are not among the frames, so nothing but sound and picture says which word it was. Clips are the
groups of the folds. Chance is the share of the commonest class.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dmd.training_config import ModelSettings, TrainingConfig
from extractors.extraction import Extractor
from pipeline.aligned import AlignedClip, Segment, WordPieces
from pipeline.clip import Clip
from pipeline.dataset import dataset_from_clips
from pipeline.datasets.splits import SplitConfig
from pipeline.errors import UsageError
from pipeline.pooling import pool
from pipeline.store import FeatureStore
from pipeline.track import WordFeatures
from pipeline.words import Word
from tests.benchmarks.grid import SILENCE, UNITS_PER_S
from tests.benchmarks.modality_use import use_of_modalities

TASKS = {"command": 0, "colour": 1, "preposition": 2, "digit": 4, "adverb": 5}
"""Name -> place of the word in the sentence."""
PARTS = 4
"""Rows a word is cut into."""
FOLDS = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("folder", type=Path, help="clips NAME.mpg with NAME.align, as the GRID corpus has them")
    parser.add_argument("--tasks", default="colour", help=f"of {', '.join(TASKS)}")
    parser.add_argument("--store", type=Path, help="where features are kept between runs; by default nowhere")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=40)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    paths = [path for path in sorted(options.folder.glob("*.mpg")) if path.with_suffix(".align").is_file()]
    if len(paths) < 4 * FOLDS:
        raise FileNotFoundError(
            f"{options.folder}: {len(paths)} pairs of .mpg and .align; at least {4 * FOLDS} needed"
        )
    if unknown := [name for name in options.tasks.split(",") if name not in TASKS]:
        raise UsageError(f"--tasks: {unknown[0]!r} is none of {', '.join(TASKS)}")
    with tempfile.TemporaryDirectory() as work:
        store = FeatureStore(options.store or Path(work) / "store", create=True)
        extract(paths, store)
        return {
            "clips": len(paths),
            **{name: _task(name, paths, store, options, Path(work) / name) for name in options.tasks.split(",")},
        }


def extract(paths: Iterable[Path], store: FeatureStore) -> None:
    """Extract what the store does not hold yet; no transcript is given."""
    extractor = Extractor()
    for path in paths:
        if path.stem not in store:
            store.write(extractor.extract(Clip(clip_id=path.stem, path=path)))


def _task(
    name: str, paths: list[Path], store: FeatureStore, options: argparse.Namespace, out: Path
) -> dict[str, Any]:
    clips = list(word_clips(paths, store, TASKS[name]))
    labels = Counter(str(clip.info.label) for clip in clips)
    config = TrainingConfig(
        task="classification", seeds=options.seeds, epochs=options.epochs, early_stop=8, tensorboard=False,
        splits=SplitConfig(by="video"), model=ModelSettings(width=24, heads=2, levels=2),
    )  # fmt: skip
    found = use_of_modalities(dataset_from_clips(clips, name), ("audio", "face"), out, config, FOLDS)
    return {"classes": len(labels), "chance_accuracy": max(labels.values()) / len(clips),
            "chance_uar": 1 / len(labels), **found}  # fmt: skip


def word_clips(paths: Iterable[Path], store: FeatureStore, place: int) -> Iterator[AlignedClip]:
    """Yield one clip a sentence: the word at that place, `PARTS` rows, its text as label and nowhere else."""
    for path in paths:
        said = [line.split() for line in path.with_suffix(".align").read_text("ascii").splitlines() if line.strip()]
        start, end, word = [row for row in said if row[2] not in SILENCE][place]
        edges = np.linspace(int(start), int(end), PARTS + 1) / UNITS_PER_S
        rows = tuple(Word("", float(a), float(b), 1.0, "window") for a, b in pairwise(edges))
        clip = store.load(path.stem)
        yield replace(
            clip,
            words=rows,
            text=WordFeatures(np.zeros((PARTS, 0), np.float32), np.zeros((PARTS, 0), bool), ()),
            audio=pool(clip.native["audio"], rows),
            face=pool(clip.native["face"], rows),
            pieces=WordPieces(np.zeros(0, np.int32), np.zeros(0, np.int32)),
            segments=(Segment(0, PARTS, float(edges[0]), float(edges[-1])),),
            info=replace(clip.info, label=word, video_id=path.stem, speaker=None, split=None),
        )
