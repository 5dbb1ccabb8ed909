"""`dmd export` and `dmd import`."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands_extract import Json, Quiet
from flows.commands_store import check_store
from flows.settings import prepare
from flows.terminal import give_json, say


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: dmd export interviews.store interviews.pkl --format mmsa")(export)
    app.command("import", epilog="Example: dmd import interviews.parquet --out interviews.store")(import_command)


def export(
    store: Annotated[Path, typer.Argument(help="A feature store.")],
    out: Annotated[Path, typer.Argument(help="A file (mmsa, parquet) or a folder (csd, whisperx, textgrid).")],
    form: Annotated[str, typer.Option("--format", help="mmsa, csd, whisperx, textgrid or parquet.")],
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write a store in the format of another tool."""
    prepare()
    from flows.exporting import export as write
    from pipeline.store import FeatureStore

    check_store(store)
    done = write(FeatureStore(store), out, form)
    if json:
        give_json(done)
        return
    beside = [f"{key.replace('_', ' ')}: {value}" for key, value in done.items() if key in ("samples", "rows")]
    left = f"; {done['left_out']} left out (no label or no words)" if done.get("left_out") else ""
    clips = f"{done['clips']} clips -> {out}"
    say(f"{'; '.join([clips, *beside])}{left}", quiet=quiet)


def import_command(
    file: Annotated[
        Path, typer.Argument(help="An MMSA pickle, Parquet, WhisperX JSON, a TextGrid, a folder of .csd.")
    ],
    out: Annotated[Path, typer.Option(help="The feature store; made if it is not there.")],
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Read another tool's file into a store."""
    prepare()
    from flows.importing import import_file

    done = import_file(file, out)
    if json:
        give_json(done)
        return
    say(f"{done['clips']} clips of {file} ({done['format']}) -> {out}", quiet=quiet)
