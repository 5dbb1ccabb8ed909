"""How far a DMD score moves when word times are off: trained under our times, asked under ours, the true, and worse.

The clips are those of DMD_GRID; the score is the probability of the colour that each sentence names, read from voice
and face in four equal parts of that word (no text). So all of it hangs on where the word is; of scores that are read
from many words, less does. Clips are the groups of the folds; a clip is only ever scored by a model that has not seen
it. Boundaries are moved as `word_worth` moves them.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.cross_validation import cross_validate, fold_splits
from dmd.runs.checkpoint import load_run
from dmd.training_config import ModelSettings, TrainingConfig
from extractors.extraction import Extractor
from pipeline.aligned import AlignedClip, Segment, WordPieces
from pipeline.clip import Clip
from pipeline.dataset import dataset_from_clips
from pipeline.datasets.splits import SplitConfig
from pipeline.pooling import pool, pooling_words
from pipeline.store import FeatureStore
from pipeline.track import WordFeatures
from pipeline.words import Word
from tests.benchmarks.grid import FOLDER, GridClip, grid_clips
from tests.benchmarks.grid_task import PARTS
from tests.benchmarks.word_worth import Times, in_order, jittered

COLOUR = 1
"""Place of the colour in a sentence."""
JITTERS_MS = (30, 60)
LEAST_A_FOLD = 8
"""Clips: with fewer, DMD sees a colour once or twice."""
REPEATS = 5
"""Draws of the jitter; the figures are means over them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Timed:
    clip: GridClip
    found: AlignedClip
    ours_s: Times


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--clips", type=int, default=75, help="at most this many clips, evenly chosen")
    parser.add_argument("--store", type=Path, help="where features are kept between runs; by default nowhere")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=40)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    every = grid_clips(options.folder)
    chosen = every[:: max(1, len(every) // options.clips)][: options.clips]
    if len(chosen) < LEAST_A_FOLD * options.folds:
        raise FileNotFoundError(
            f"{options.folder}: {len(chosen)} clips; at least {LEAST_A_FOLD * options.folds} are needed to train on"
        )
    config = TrainingConfig(
        task="classification", seeds=options.seeds, epochs=options.epochs, early_stop=8, tensorboard=False,
        baselines=False, splits=SplitConfig(by="video"),
        model=ModelSettings(width=24, heads=2, levels=2, modalities=("audio", "face")),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as work:
        store = FeatureStore(options.store or Path(work) / "store", create=True)
        extractor = Extractor()
        clips = [_timed(clip, options.folder, store, extractor) for clip in chosen]
        scores = _scores(clips, config, options.folds, Path(work) / "runs", extractor)
    return {"clips": len(clips), **_compared(clips, scores)}


def _timed(clip: GridClip, folder: Path, store: FeatureStore, extractor: Extractor) -> _Timed:
    if clip.name not in store:
        store.write(extractor.extract(Clip(clip.name, folder / f"{clip.name}.mpg", clip.transcript)))
    found = store.load(clip.name)
    return _Timed(clip, found, np.array([(word.start_s, word.end_s) for word in found.words]))


def _scores(
    clips: Sequence[_Timed], config: TrainingConfig, folds: int, out: Path, extractor: Extractor
) -> Mapping[str, list[NDArray[np.float64]]]:
    """Return the probabilities [c, C] under each kind of times, one array a draw."""
    rng = np.random.default_rng(6)
    times: dict[str, list[list[Times]]] = {
        "ours": [[clip.ours_s for clip in clips]],
        "truth": [[clip.clip.truth_s for clip in clips]],
    }
    for jitter_ms in JITTERS_MS:
        times[f"jitter_{jitter_ms}_ms"] = [
            [in_order(jittered(clip.ours_s, jitter_ms, rng)) for clip in clips] for _ in range(REPEATS)
        ]
    trained = dataset_from_clips(_pooled(clips, times["ours"][0], extractor), "ours")
    cross_validate(trained, out, config, folds)
    runs = [load_run(out / f"fold-{number}", config.device) for number in range(folds)]
    held = [
        np.array([at for at, split in enumerate(splits) if split == "test"])
        for splits in fold_splits(trained, config.splits, folds)
    ]
    found: dict[str, list[NDArray[np.float64]]] = {}
    for name, draws in times.items():
        for draw in draws:
            dataset = dataset_from_clips(_pooled(clips, draw, extractor), name)
            scores = np.zeros((len(clips), len(runs[0].record.targets.classes or ())))
            for run, asked in zip(runs, held, strict=True):
                where, values = run.predict_clips(dataset, dataset.clip_rows(asked))
                scores[where] = values.mean(axis=0)
            found.setdefault(name, []).append(scores)
    return found


def _pooled(clips: Sequence[_Timed], times_s: Sequence[Times], extractor: Extractor) -> list[AlignedClip]:
    return [_under(clip, own_s, extractor) for clip, own_s in zip(clips, times_s, strict=True)]


def _under(timed: _Timed, own_s: Times, extractor: Extractor) -> AlignedClip:
    """The clip with voice and face pooled over these times; the colour is its label and stands nowhere else."""
    edges = np.linspace(own_s[COLOUR, 0], own_s[COLOUR, 1], PARTS + 1).tolist()
    rows = tuple(Word("", start, end, 1.0, "given") for start, end in pairwise(edges))
    found, pooling = timed.found, extractor.config.pooling
    over = pooling_words(rows, found.duration_s, pooling)
    return replace(
        found,
        words=rows,
        text=WordFeatures(np.zeros((len(rows), 0), np.float32), np.zeros((len(rows), 0), bool), ()),
        audio=pool(found.native["audio"], over, pooling),
        face=pool(found.native["face"], over, pooling),
        pieces=WordPieces(np.zeros(0, np.int32), np.zeros(0, np.int32)),
        segments=(Segment(0, len(rows), rows[0].start_s, rows[-1].end_s),),
        info=replace(found.info, label=timed.clip.words[COLOUR], video_id=timed.clip.name, split=None),
    )


def _compared(clips: Sequence[_Timed], scores: Mapping[str, list[NDArray[np.float64]]]) -> dict[str, Any]:
    said = [clip.clip.words[COLOUR] for clip in clips]
    classes = sorted(set(said))
    truth = np.array([classes.index(word) for word in said])
    own = scores["ours"][0]
    figures: dict[str, Any] = {"classes": len(classes)}
    for name, draws in scores.items():
        moved = np.stack([np.abs(draw - own)[np.arange(len(truth)), truth] for draw in draws])
        right = np.stack([draw.argmax(axis=1) == truth for draw in draws])
        recalls = [right[:, truth == number].mean(axis=1) for number in range(len(classes))]
        figures[name] = {
            "score_moves_by": float(moved.mean()),
            "score_moves_by_95_percent": float(np.percentile(moved, 95)),
            "uar": float(np.mean(recalls)),
            "uar_sd_over_draws": float(np.mean(recalls, axis=0).std()),
            "label_changes": float(np.mean([(draw.argmax(1) != own.argmax(1)).mean() for draw in draws])),
        }
    return figures
