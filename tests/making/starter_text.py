"""Train the text model that ships, `starter-text`, on a table of CMU-MOSI transcripts.

    python -m tests.making.starter_text mosi_train_valid.csv WORK [--ship] [--figures] [--deletion] [--folds 5]

The table has the columns video_id, clip_id, text, label and mode (train or valid); it is no part of this project.
`--ship` trains seed 1, chosen before any figure was known, and writes dmd/models/starter-text. `--figures` trains
seeds 1 to 5 and prints their means on `valid` for every way of writing the texts; `--folds 5` adds a
cross-validation grouped by video; `--deletion` tests the words' contributions. 2, 8, 15 and 2 minutes of one core.
"""

import argparse
import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dmd.config import Dropouts
from dmd.cross_validation import cross_validate
from dmd.evaluation import Judge, labelled, video_groups
from dmd.explanation import DELETED, explain, occluded
from dmd.measures.style import fit_style
from dmd.runs.checkpoint import load_run
from dmd.runs.folder import MODEL, NORMALISER, seed_folder, write_run
from dmd.runs.starter import STARTER, STARTER_NAME
from dmd.runs.text_reading import TextReading
from dmd.training import train_run
from dmd.training_config import ModelSettings, TrainingConfig
from extractors.extraction import Extractor
from flows.reading import TextReader
from pipeline.clip import Clip
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.files import content_sha256
from pipeline.words import plain_transcript
from tests.making.miswriting import FORMS

READING = TextReading()
SEEDS = 5
FOLD_SEEDS = 2
DRAWS = 5
CONFIG = TrainingConfig(
    seed=1,
    seeds=SEEDS,
    label_range=(-3.0, 3.0),
    tensorboard=False,
    model=ModelSettings(
        width=30,
        heads=6,
        levels=2,
        kernel=3,
        modalities=("text",),
        dropouts=Dropouts(text=0.3, attention_text=0.2, embed=0.1, output=0.4),
    ),
)
Rewrite = Callable[[str, int], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("work", type=Path, help="folder for the runs; what is done there is not done again")
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--figures", action="store_true")
    parser.add_argument("--deletion", action="store_true")
    parser.add_argument("--folds", type=int, default=0)
    asked = parser.parse_args()
    with asked.table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if asked.deletion:
        keep(asked.work / "deletion.json", deletion([row for row in rows if row["mode"] == "valid"]))
        return
    dataset = read(rows, FORMS["original"])
    if asked.ship:
        ship(dataset, asked.work / "one")
    if asked.figures:
        train_run(dataset, asked.work / "seeds", CONFIG)
        keep(asked.work / "forms.json", forms(asked.work / "seeds", rows))
        keep(asked.work / "valid.json", load_run(asked.work / "seeds", "cpu").evaluation()["valid"])
    if asked.folds:
        config = CONFIG.model_copy(update={"seeds": FOLD_SEEDS})
        keep(
            asked.work / "folds.json", dict(cross_validate(dataset, asked.work / "folds", config, asked.folds).result)
        )


def keep(path: Path, found: dict[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=1))
    print(f"{path.name}: {json.dumps(found)}", flush=True)


def read(rows: Sequence[dict[str, str]], rewrite: Rewrite) -> Dataset:
    """Return the table as a dataset of text-only clips, read in the form in which the model is trained."""
    extractor, reader = Extractor(), TextReader(READING)
    clips = []
    for number, row in enumerate(rows):
        name = f"{row['video_id']}$_${row['clip_id']}"
        transcript = plain_transcript(rewrite(row["text"], number))
        clip = Clip(
            name, None, transcript, label=row["label"], split=row["mode"], video_id=row["video_id"], language="en"
        )
        clips.append(reader.read(extractor.extract(clip)))
    return dataset_from_clips(clips, "CMU-MOSI transcripts")


def forms(run_folder: Path, rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Return the metrics on `valid` of each seed, as mean and deviation, for each way of writing the texts."""
    run = load_run(run_folder, "cpu")
    valid = [row for row in rows if row["mode"] == "valid"]
    found = {}
    for name, rewrite in FORMS.items():
        dataset = read(valid, rewrite)
        clips, truth = labelled(dataset, dataset.clips_in("valid"), run.record.targets, "split 'valid'")
        judge = Judge(run.record.targets, truth, video_groups(dataset, clips))
        _, predictions = run.predict_clips(dataset, dataset.clip_rows(clips))
        found[name] = judge.over_seeds(predictions)
    return found


def deletion(rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Return how far the score moves without the third of the words that contribute most, least, or any third."""
    run, dataset = load_run(STARTER, "cpu"), read(rows, FORMS["original"])
    samples = np.arange(len(dataset), dtype=np.int64)
    samples = samples[dataset.samples.weight[samples] * DELETED >= 1]
    found = [pair for pair in explain(run, dataset, samples).deletions if pair is not None]
    random = np.random.default_rng(0)
    scores = run.predict(dataset, samples).mean(axis=0)
    moved = []
    for score, row in zip(scores, samples, strict=True):
        words = int(dataset.samples.weight[row])
        gone = [random.permutation(words)[: int(words * DELETED)].tolist() for _ in range(DRAWS)]
        left = run.predict(occluded(dataset, int(row), gone), np.arange(DRAWS, dtype=np.int64)).mean(axis=0)
        moved.append(float(np.abs(score - left).mean()))
    top, low = np.array(found, np.float64).T
    means = {"top": top.mean(), "random": np.mean(moved), "low": low.mean(), "top_above_low": (top > low).mean()}
    means["top_above_random"] = (top > np.array(moved)).mean()
    return {"sentences": len(found), **{name: round(float(value), 3) for name, value in means.items()}}


def ship(dataset: Dataset, folder: Path) -> None:
    """Train seed 1 alone, so that its calibration is its own, and write what scoring needs of it."""
    train_run(dataset, folder, CONFIG.model_copy(update={"seeds": 1}))
    record = load_run(folder, "cpu").record
    record = record.model_copy(
        update={
            "name": STARTER_NAME,
            "reading": READING,
            "style": fit_style([READING.written(clip.text) for clip in dataset.clips if clip.split == "train"]),
            "splits": {},  # the ids of the corpus are its own
            "metrics": {},  # of one seed they would mislead: the card has the means over seeds
            "provenance": {key: record.provenance[key] for key in ("data", "versions", "fingerprint")},
        }
    )
    shutil.rmtree(STARTER / seed_folder(1), ignore_errors=True)
    (STARTER / seed_folder(1)).mkdir(parents=True)
    write_run(STARTER, record)
    for name in (NORMALISER, f"{seed_folder(1)}/{MODEL}"):
        shutil.copyfile(folder / name, STARTER / name)
    print(f"{STARTER}: sha256 of the weights {content_sha256(STARTER / seed_folder(1) / MODEL)}")


if __name__ == "__main__":
    main()
