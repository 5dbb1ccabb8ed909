"""`dmd train` and `dmd evaluate`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands_extract import Json, Quiet
from flows.progress import training_progress
from flows.settings import prepare
from flows.terminal import give_json, give_table, say

Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Config = Annotated[Path | None, typer.Option(help="YAML with training settings; options override it.")]
Task = Annotated[str | None, typer.Option(help="regression (default) or classification; never guessed.")]
Target = Annotated[
    str | None,
    typer.Option(help="Which label, where a source has several: label (default), annotation, class, label_T, ..."),
]
ClassWeights = Annotated[
    str | None, typer.Option(help="Classification: none (default), or balanced: rare classes weigh more.")
]
Text = Annotated[
    str | None, typer.Option(help="features (default), or a BERT inside the model: frozen or fine_tuned.")
]
Objective = Annotated[str | None, typer.Option(help="corrected (default) or reference (as published).")]
Seed = Annotated[int | None, typer.Option(help="First seed.")]
Seeds = Annotated[int | None, typer.Option(help="Seeds to train; results are their mean.")]
Jobs = Annotated[int | None, typer.Option(help="Seeds trained at a time.")]
Epochs = Annotated[int | None, typer.Option(help="Most epochs.")]
DataSource = Annotated[str, typer.Argument(help="A feature store, or a public feature pickle (.pkl).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: dmd train interviews.store --out interviews.run --seeds 5")(train)
    app.command(epilog="Example: dmd evaluate interviews.run interviews.store --split test --json")(evaluate)


def train(
    source: DataSource,
    out: Annotated[
        Path, typer.Option(help="The RUN folder; the same command goes on with a training that was killed.")
    ],
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
    """Train DMD on a feature store or a public feature file."""
    prepare()
    from flows.datasets import check_source
    from flows.training import train as flow
    from flows.training import training_config

    asked: dict[str, Any] = {
        "task": task, "target": target, "class_weights": class_weights, "text": text, "objective": objective,
        "seed": seed, "seeds": seeds, "jobs": jobs, "device": device, "epochs": epochs,
    }  # fmt: skip
    settings = str(config) if config else None
    training_config(settings, asked)  # wrong options are said before Prefect starts
    check_source(source)
    with training_progress(quiet=quiet):
        summary = flow(source=source, out=str(out), config=settings, **asked)
    for note in summary.notes:
        say(f"note: {note}", quiet=quiet)
    if json:
        give_json({"run": str(summary.path), "clips": dict(summary.clips), "notes": list(summary.notes),
                   "trained": summary.trained, "evaluation": dict(summary.evaluation)})  # fmt: skip
        return
    for split, found in summary.evaluation.items():
        print(f"\n{split} ({found.get('n')} clips)")
        give_table(evaluation_rows(found), EVALUATION_COLUMNS)
    say(f"run in {summary.path}", quiet=quiet)


def evaluate(
    run: Annotated[Path, typer.Argument(help="A RUN folder.")],
    source: DataSource,
    split: Annotated[str, typer.Option(help="train, valid, test, or any other that the source has.")] = "test",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Evaluate a run on a split: the field's metrics with 95 % intervals, clustered by video."""
    prepare()
    from dmd.evaluation import evaluate_run
    from dmd.runs.checkpoint import load_run
    from flows.datasets import check_model, open_dataset, with_recorded_splits

    check_model(run)
    trained = load_run(run, device)
    dataset = with_recorded_splits(open_dataset(source, trained.record.reading), trained.record.splits)
    found = evaluate_run(trained, dataset, split)
    if json:
        give_json(found)
        return
    print(f"{split} ({found['n']} clips)")
    give_table(evaluation_rows(found), EVALUATION_COLUMNS)
    if "confusion" in found:
        print(f"confusion (rows: truth, columns: prediction; {', '.join(found['classes'])})")
        for row in found["confusion"]:
            print("\t".join(map(str, row)))


EVALUATION_COLUMNS = ("metric", "value", "low", "high", "mean over seeds", "deviation", "paper")


def evaluation_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row a metric: of the mean prediction with its interval, and over the seeds."""
    paper = found.get("paper") or {}
    rows = []
    for name, over in found["seeds"].items():
        row = {"metric": name, "value": found.get(name), "mean over seeds": over["mean"]}
        row |= {"low": found.get(f"{name}_low"), "high": found.get(f"{name}_high"), "deviation": over["deviation"]}
        row["paper"] = paper.get(name, {}).get("paper")
        rows.append(row)
    return rows
