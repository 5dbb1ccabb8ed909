"""`dmd cross-validate`: what to expect on people that were not in training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands_extract import Json, Quiet
from flows.commands_train import (
    EVALUATION_COLUMNS,
    ClassWeights,
    Config,
    DataSource,
    Device,
    Epochs,
    Jobs,
    Objective,
    Seed,
    Seeds,
    Target,
    Task,
    Text,
    evaluation_rows,
)
from flows.progress import training_progress
from flows.settings import prepare
from flows.terminal import give_json, give_table, say

SHOWN = {"regression": ("mae", "corr"), "classification": ("f1_weighted", "accuracy")}
"""Scores whose difference to each baseline is printed; `--json` has all."""
BASELINE_COLUMNS = ("baseline", "metric", "theirs", "difference", "low", "high")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        name="cross-validate", epilog="Example: dmd cross-validate interviews.store --out interviews.folds --folds 5"
    )(cross_validate)


def cross_validate(
    source: DataSource,
    out: Annotated[Path, typer.Option(help="Folder for one RUN a fold; the same command goes on where it stopped.")],
    folds: Annotated[int, typer.Option(min=2, help="Number of folds; whole speakers or videos stay together.")] = 5,
    config: Config = None,
    task: Task = None,
    target: Target = None,
    class_weights: ClassWeights = None,
    text: Text = None,
    objective: Objective = None,
    seed: Seed = None,
    seeds: Seeds = None,
    jobs: Jobs = None,
    epochs: Epochs = None,
    device: Device = "auto",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Cross-validate DMD: every clip is predicted by models that never saw its speaker or video."""
    prepare()
    from flows.datasets import check_source
    from flows.training import training_config
    from flows.validating import cross_validate as flow

    asked: dict[str, Any] = {
        "task": task, "target": target, "class_weights": class_weights, "text": text, "objective": objective,
        "seed": seed, "seeds": seeds, "jobs": jobs, "device": device, "epochs": epochs,
    }  # fmt: skip
    settings = str(config) if config else None
    chosen = training_config(settings, asked)  # wrong options are said before Prefect starts
    check_source(source)
    with training_progress(quiet=quiet):
        found = flow(source=source, out=str(out), folds=folds, config=settings, **asked)
    result: dict[str, Any] = {"folds": folds, "groups": len(set(found.groups)), **found.result}
    if json:
        give_json(result)
        return
    print(f"all clips of {folds} folds, each predicted by models that never saw its group ({result['n']} clips)")
    give_table(evaluation_rows(result), EVALUATION_COLUMNS)
    if result["baselines"]:
        print("\nours minus baselines on the same clips, 95 % intervals over videos")
        give_table(_baseline_rows(result, SHOWN[chosen.task]), BASELINE_COLUMNS)
    say(f"folds in {out}", quiet=quiet)


def _baseline_rows(result: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = []
    for baseline, found in result["baselines"].items():
        for name in names:
            difference = found["difference"][name]
            rows.append({"baseline": baseline, "metric": name, "theirs": found[name], **difference})
    return rows
