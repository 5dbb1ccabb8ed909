"""`dmd demo`: the whole way, on the sample clips: extract, train, score, report."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands_extract import Json, run_extract
from flows.commands_score import SHOWN
from flows.outcome import ALL_DONE, RUN_FAILED, ScoreSummary
from flows.settings import prepare
from flows.terminal import give_json, give_table, say
from pipeline.errors import StoreError, UsageError

SMOKE = "smoke.yaml"
"""Beside the sample clips: a training of a minute, on too few clips to mean anything."""

NOTE = "The scores come from a smoke run on ten clips: they show the way, their numbers mean nothing."


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example: dmd demo --out demo-out")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo-out"),
    data: Annotated[Path, typer.Option(help="The sample clips.")] = Path("data"),
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    json: Json = False,
) -> None:
    """Run the whole way on the sample clips: extract, train, score, report."""
    prepare()
    if not (data / "label.csv").is_file():
        raise UsageError(f"{data}: the sample clips are not here; run the demo in a checkout, or give --data FOLDER")
    out.mkdir(parents=True, exist_ok=True)
    store, run, table, page = out / "store", out / "run", out / "scores.csv", out / "index.html"

    say(f"$ dmd extract {data} --out {store} --workers {workers}")
    extracted = run_extract(str(data), store, workers=workers)
    say(f"(exit code {extracted.exit_code}: the samples hold a truncated file on purpose)\n")
    if not (extracted.computed or extracted.kept or extracted.updated):
        raise typer.Exit(RUN_FAILED)

    settings = data / SMOKE
    say(f"$ dmd train {store} --out {run} --config {settings}")
    say("A SMOKE RUN: ten clips teach nothing; its numbers mean nothing.")
    _train(store, run, settings)

    say(f"\n$ dmd score {store} --model {run} --out {table}")
    scores = _score(store, run, table)
    rows = [row for row in scores.rows if row["segment"] == "all"]

    say(f"$ dmd report {store} --scores {table} --out {page}\n")
    from flows.pages import write_store_page
    from pipeline.store import FeatureStore

    write_store_page(FeatureStore(store), page, table, notes=[NOTE])
    if json:
        failed = [failure.error for failure in extracted.failures]
        give_json({"note": NOTE, "page": str(page.resolve()), "rows": rows, "failed": failed})
        raise typer.Exit(ALL_DONE)
    give_table(rows, SHOWN)
    for failure in extracted.failures:
        print(f"failed: {failure.error}")
    print(f"\n{NOTE}")
    print(f"page: {page.resolve()}")
    raise typer.Exit(ALL_DONE)


def _train(store: Path, run: Path, settings: Path) -> None:
    """Train, afresh if an earlier demo trained on other clips, with other settings, or with an older version."""
    import shutil

    from dmd.runs.checkpoint import load_run
    from flows.training import train

    try:
        train(source=str(store), out=str(run), config=str(settings))
        assert load_run(run).systems
    except (UsageError, StoreError):
        shutil.rmtree(run)
        train(source=str(store), out=str(run), config=str(settings))


def _score(store: Path, run: Path, table: Path) -> ScoreSummary:
    from flows.scoring import score

    summary = score(source=str(store), out=str(table), model=str(run))
    assert isinstance(summary, ScoreSummary)
    return summary
