"""Training: a dataset in, a RUN folder out. Killed at any moment and begun again, it ends with the same weights."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from dmd.evaluation import evaluate_run, labelled
from dmd.learning.history import merge_histories
from dmd.learning.seed_job import Progress, SeedJob, SeedResult
from dmd.learning.seed_pool import train_seeds
from dmd.measures.baselines import Baselines, fit_baselines
from dmd.measures.calibration import Calibration, calibrate_classification, calibrate_regression
from dmd.measures.domain import domain_limits
from dmd.measures.style import fit_style
from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.runs.folder import EVALUATION, HISTORY, NORMALISER, RUN, seed_folder, write_run
from dmd.runs.record import RunRecord, SeedRecord
from dmd.training_config import TrainingConfig
from dmd.training_plan import Plan, plan_training
from pipeline.dataset import Dataset
from pipeline.datasets.datafolder import save_dataset
from pipeline.errors import UsageError
from pipeline.files import make_folder, write_whole
from pipeline.untrusted.jsontext import parse_json

BEGUN = "training.json"
WORK = "work"
SPLITS_WITH_TEST = ("valid", "test")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a training came to."""

    path: Path
    """The RUN folder."""
    seeds: tuple[SeedResult, ...]
    evaluation: Mapping[str, Any]
    """Split (`valid`, and `test` if there is one) -> what `evaluate_run` returns."""
    clips: Mapping[str, int]
    """Split -> number of labelled clips."""
    notes: tuple[str, ...]
    """Lines that a user should read: columns removed, groups on two sides, unlabelled clips."""
    trained: bool
    """False: everything was done already."""


def train_run(
    source: Dataset, out: Path, config: TrainingConfig | None = None, progress: Progress | None = None
) -> RunSummary:
    """Train a model on a dataset, or go on with a training that was killed.

    Parameters
    ----------
    source : Dataset
        From `pipeline.dataset.dataset_from_clips` (a store) or `pipeline.formats.mmsa.read_mmsa` (a public file).
        Its given splits are used; without any, whole groups are divided.
    out : Path
        The RUN folder; created. If it holds the same training, what is done is not done again.
    config : TrainingConfig
    progress : callable, optional
        Called with a `TrainingProgress` after every step and epoch.

    Returns
    -------
    RunSummary

    Raises
    ------
    SplitError
        `train` or `valid` is missing, or a group stands on two sides.
    UsageError
        Labels that do not fit the task; a folder that holds another training.
    """
    config = config or TrainingConfig()
    plan = plan_training(source, config)
    trained = not (out / RUN).is_file() or _seeds_of(out) != set(_seeds(config))
    _begin(plan, out)
    if trained:
        _train(plan, out, progress or (lambda _: None))
        _record(plan, out)
    summary = _summary(plan, out, trained)
    shutil.rmtree(out / WORK, ignore_errors=True)
    return summary


def _seeds(config: TrainingConfig) -> range:
    return range(config.seed, config.seed + config.seeds)


def _seeds_of(out: Path) -> set[int]:
    return {seed.seed for seed in load_run(out, "cpu").record.seeds}


def _begin(plan: Plan, out: Path) -> None:
    """Say whose folder this is; refuse one that holds another training."""
    config = plan.config.decisive()
    mine = {"data": plan.dataset.fingerprint(), "config": config}
    path = out / BEGUN
    if path.is_file():
        found = parse_json(path.read_text("utf-8"))
        # A setting that the folder does not know is younger than it, and had its default.
        before = {**TrainingConfig().decisive(), **found["config"]}
        other = [key for key, value in config.items() if before[key] != value]
        if found["data"] != mine["data"]:
            other = ["the data", *other]
        if other:
            raise UsageError(
                f"{out}: holds a training that differs in {', '.join(other)}; choose another --out, or delete the "
                "folder"
            )
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is there already and holds no training; choose another --out")
    make_folder(out)
    write_whole(path, json.dumps(mine, indent=1).encode())


def _train(plan: Plan, out: Path, progress: Progress) -> None:
    (out / RUN).unlink(missing_ok=True)
    plan.normaliser.save(out / NORMALISER)
    of_clip = plan.values[plan.dataset.samples.clip]
    sample_targets = (
        of_clip.astype(np.float32) if plan.config.task == "regression" else np.nan_to_num(of_clip).astype(np.int64)
    )
    jobs = [
        SeedJob(
            dataset=plan.dataset,
            normaliser=plan.normaliser,
            model=plan.model,
            config=plan.config,
            targets=sample_targets,
            train=plan.dataset.clip_rows(plan.train),
            valid=plan.dataset.clip_rows(plan.valid),
            seed=seed,
            folder=out / seed_folder(seed),
        )
        for seed in _seeds(plan.config)
    ]
    data = None
    if plan.config.jobs > 1:
        data = out / WORK
        save_dataset(plan.dataset, data)
    train_seeds(jobs, plan.config.jobs, data, progress)
    merge_histories(out / HISTORY, [job.folder / HISTORY for job in jobs])


def _record(plan: Plan, out: Path) -> None:
    """Write run.json: first without calibration and metrics, so that the run can be loaded to make them."""
    write_run(out, _run_record(plan, out, None, {}))
    run = load_run(out, plan.config.device)
    rows = plan.dataset.clip_rows(plan.valid)
    _, predictions = run.predict_clips(plan.dataset, rows)
    mean, truth = predictions.mean(axis=0), plan.values[plan.valid]
    calibration: Calibration
    if plan.config.task == "regression":
        limited = np.clip(mean, plan.targets.low, plan.targets.high)
        calibration = calibrate_regression(limited, truth, plan.targets.label_range)
    else:
        calibration = calibrate_classification(mean, truth.astype(np.int64))
    evaluation = _evaluate(plan, run)
    write_whole(out / EVALUATION, json.dumps(evaluation, indent=1, allow_nan=False).encode())
    write_run(out, _run_record(plan, out, calibration, evaluation))


def _evaluate(plan: Plan, run: TrainedRun) -> dict[str, Any]:
    baselines: Baselines | None = None
    if plan.config.baselines:
        baselines = fit_baselines(plan.dataset, plan.normaliser, plan.targets, plan.train, plan.valid, plan.config)
    found = {}
    for split in SPLITS_WITH_TEST:
        if split not in plan.dataset.split_names:
            continue
        try:
            clips, _ = labelled(plan.dataset, plan.dataset.clips_in(split), plan.targets, f"split {split!r}")
        except UsageError:
            if split == "valid":
                raise
            continue  # a test split without labels is a usual thing: it is there to be scored
        found[split] = evaluate_run(run, plan.dataset, split, baselines.predict(clips) if baselines else None)
    return found


def _run_record(plan: Plan, out: Path, calibration: Calibration | None, evaluation: Mapping[str, Any]) -> RunRecord:
    seeds = [parse_json((out / seed_folder(seed) / "seed.json").read_text("utf-8")) for seed in _seeds(plan.config)]
    data, rows = plan.dataset, plan.dataset.clip_rows(plan.train)
    return RunRecord(
        name=data.name,
        targets=plan.targets,
        model=plan.model,
        features=data.schema.to_json(),
        removed_columns=plan.normaliser.removed(),
        seeds=tuple(SeedRecord(seed=s, **found) for s, found in zip(_seeds(plan.config), seeds, strict=True)),
        calibration=calibration,
        out_of_domain=domain_limits(data, plan.normaliser, plan.dataset.clip_rows(plan.valid), plan.model.modalities),
        style=fit_style([data.clips[int(at)].text for at in plan.train]) if len(rows) else None,
        splits={s: tuple(data.clips[at].clip_id for at in data.clips_in(s)) for s in data.split_names},
        training=plan.config.model_dump(mode="json"),
        metrics={
            split: {k: v for k, v in found.items() if k not in ("baselines", "paper")}
            for split, found in evaluation.items()
        },
        provenance={
            "data": data.name,
            "fingerprint": data.fingerprint(),
            "source_sha256": data.source_sha256,
            "versions": library_versions(),
            "notes": list(plan.notes),
            "read": dict(data.notes),
        },
    )


def library_versions() -> dict[str, str]:
    """Return the versions of what decides the numbers of a training."""
    found = {}
    for name in ("dmd-video", "numpy", "scikit-learn", "torch", "transformers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _summary(plan: Plan, out: Path, trained: bool) -> RunSummary:
    run = load_run(out, "cpu")
    seeds = tuple(SeedResult(s.seed, s.epochs, s.best_epoch, s.valid_loss or 0.0) for s in run.record.seeds)
    counts = {split: len(ids) for split, ids in run.record.splits.items()}
    return RunSummary(out, seeds, run.evaluation(), counts, plan.notes, trained)
