"""RUN/look.json: what a run does on single clips, which its metrics do not tell and a page shows.

It needs the data the run was trained on, so it is made while they are at hand (after training) and read when a
page is written.
"""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flows.pages.spaces import decoupled_spaces
from pipeline.errors import SplitError
from pipeline.files import write_whole
from pipeline.untrusted.jsontext import parse_json

if TYPE_CHECKING:
    from dmd.runs.checkpoint import TrainedRun
    from pipeline.dataset import Dataset

LOOK = "look.json"
TEXT_CHARACTERS = 240
Json = dict[str, Any]


def write_look(run: "TrainedRun", dataset: "Dataset", split: str | None = None) -> Path:
    """Look at a run on a split of its data and write RUN/look.json, whole.

    Parameters
    ----------
    run : TrainedRun
    dataset : Dataset
        The data it was trained on; clips it did not see are left aside.
    split : str, optional
        By default `test`, or `valid` where no test clip has a label.

    Raises
    ------
    SplitError
        The run has no such split with labelled clips in this dataset.
    FeatureMismatchError
        The features do not fit the run.
    """
    path = run.path / LOOK
    content = json.dumps(look_at(run, dataset, split), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    write_whole(path, content.encode("utf-8", "replace"))
    return path


def read_look(folder: Path) -> Json:
    """Return what RUN/look.json holds; empty if there is none."""
    path = folder / LOOK
    found: Json = parse_json(path.read_text("utf-8")) if path.is_file() else {}
    return found


def look_at(run: "TrainedRun", dataset: "Dataset", split: str | None = None) -> Json:
    """Return predictions, ablation, branches, exchanges and spaces of a split; arguments as for `write_look`."""
    from dmd.device import repeatable

    run.demand_fit(dataset)
    with repeatable(run.device, int(run.record.training.get("threads", 1))):
        return _look(run, dataset, split)


def _look(run: "TrainedRun", dataset: "Dataset", split: str | None) -> Json:
    from dmd.evaluation import Judge, labelled, video_groups
    from dmd.insight import branch_metrics, permuted_metrics

    split, clips = _clips(run, dataset, split)
    targets = run.record.targets
    kept, truth = labelled(dataset, clips, targets, f"split {split!r}")
    rows = dataset.clip_rows(kept)
    found, predictions = run.predict_clips(dataset, rows)
    truth = truth[np.isin(kept, found)]
    judge = Judge(targets, truth, video_groups(dataset, found))
    ablation = []
    for modalities in _subsets(run.modalities):
        whole = len(modalities) == len(run.modalities)
        each = predictions if whole else run.predict_clips(dataset, rows, modalities)[1]
        ablation.append({"modalities": list(modalities), "metrics": judge.metrics(judge.mean_of(each))})
    mean = judge.mean_of(predictions)
    here = {int(at) for at in found}
    marked = dataset.with_splits([split if at in here else None for at in range(len(dataset.clips))])
    return {
        "split": split,
        "clips": [_clip(run, dataset, int(at), mean[row], truth[row]) for row, at in enumerate(found)],
        "ablation": ablation,
        "branches": branch_metrics(run, marked, split),
        "permuted": permuted_metrics(run, marked, split),
        "spaces": decoupled_spaces(run, dataset, rows),
    }


def _clips(run: "TrainedRun", dataset: "Dataset", split: str | None) -> tuple[str, list[int]]:
    place = {clip.clip_id: at for at, clip in enumerate(dataset.clips)}
    for name in (split,) if split else ("test", "valid"):
        here = [place[clip_id] for clip_id in run.record.splits.get(name, ()) if clip_id in place]
        if any(dataset.clips[at].targets.get(run.record.targets.name) for at in here):
            return name, here
    asked = f"split {split!r}" if split else "the splits test and valid"
    raise SplitError(f"{dataset.name}: holds no labelled clip of {asked} of {run.path}; give the data it was made of")


def _subsets(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every choice of modalities, all of them first, single ones last."""
    sizes = range(len(modalities), 0, -1)
    return [subset for size in sizes for subset in combinations(modalities, size)]


def _clip(run: "TrainedRun", dataset: "Dataset", at: int, prediction: Any, truth: float) -> Json:
    record, targets = dataset.clips[at], run.record.targets
    calibration = run.record.calibration
    found: Json = {"id": record.clip_id, "text": record.text[:TEXT_CHARACTERS], "flags": list(record.flags)}
    if targets.task == "regression":
        score = float(np.clip(prediction, targets.low, targets.high))
        found |= {"truth": float(truth), "score": score, "label": targets.polarity(score)}
        found["truth_label"] = targets.polarity(float(truth))
    else:
        shares = calibration.apply(prediction) if calibration and calibration.kind == "classification" else prediction
        score, best = float(np.max(shares)), int(np.argmax(shares))
        found |= {"truth": targets.classes[int(truth)], "score": score, "label": targets.classes[best]}
        found |= {"truth_label": found["truth"], "truth_share": float(shares[int(truth)])}
    found["low"], found["high"] = calibration.interval(score) if calibration else (None, None)
    return found
