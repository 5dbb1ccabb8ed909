"""`dmd merge` and `dmd forget`: what is done to stores."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.commands_extract import Json, Quiet
from flows.outcome import ALL_DONE, SOME_FAILED
from flows.settings import prepare
from flows.terminal import give_json, say
from pipeline.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: dmd merge part-*.store --out interviews.store")(merge)
    app.command(epilog="Example: dmd forget 'anna$_$1' --store interviews.store")(forget)


def merge(
    stores: Annotated[list[Path], typer.Argument(help="Feature stores, such as those of `extract --shard`.")],
    out: Annotated[Path, typer.Option(help="The store that gets their clips; made if it is not there.")],
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Put the clips of several stores into one."""
    from pipeline.stores.merging import merge as merge_stores

    for store in stores:
        check_store(store)
    done = merge_stores(stores, out)
    if json:
        give_json({"store": str(out), **asdict(done)})
    failed = f", {done.failed} failed there; reasons in {out / 'failures.csv'}" if done.failed else ""
    say(f"{done.added} clips added, {done.kept} there already{failed} -> {out}", quiet=quiet)


def forget(
    clip: Annotated[str, typer.Argument(help="The id of the clip.")],
    store: Annotated[Path, typer.Option(help="The feature store.")],
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Remove every trace of a clip from a store, and from what Prefect keeps of runs.

    In the store's folder, tables lose its rows and pages that name it are deleted; other files that name it are said,
    and the exit code is then 3. Not reached: pages, score tables, exports and RUN folders elsewhere (they name clips
    they were made of), the clip itself, other stores, Prefect servers of other machines.
    """
    from flows.forgetting import forget_in_prefect
    from pipeline.store import FeatureStore
    from pipeline.stores.forgetting import forget as forget_clip

    check_store(store)
    prepare()
    # Prefect first: if its server fails, the store still knows the clip, and the same command is tried again.
    removed = forget_in_prefect(clip)
    done = forget_clip(FeatureStore(store), clip)
    code = SOME_FAILED if done.elsewhere else ALL_DONE
    if json:
        in_prefect = {f"{name}_in_prefect": count for name, count in asdict(removed).items()}
        give_json({"store": str(store), "clip": clip, **asdict(done), **in_prefect})
        raise typer.Exit(code)
    features = "features removed" if done.features else "no features were stored"
    failures = (
        f"{done.failures} rows of failures.csv, {removed.rows} rows, {removed.messages} messages and "
        f"{removed.runs} runs of Prefect's removed"
    )
    say(f"clip {clip!r}: {features}, {failures}", quiet=quiet)
    for path in done.mended:
        say(f"its rows removed from {path}", quiet=quiet)
    for path in done.deleted:
        say(f"page deleted, make it again with `dmd report`: {path}", quiet=quiet)
    for path in done.elsewhere:
        say(f"still named in {path}: not the store's own; delete it or make it again", quiet=quiet)
    say("pages, score tables and trained runs elsewhere, and the clip itself, are yours to delete", quiet=quiet)
    raise typer.Exit(code)


def check_store(path: Path) -> None:
    """Refuse a path at which no feature store stands."""
    if not (path / "store.json").is_file():
        raise UsageError(
            f"{path}: no feature store here; correct the path, or make one: `dmd extract SOURCE --out STORE`"
        )
