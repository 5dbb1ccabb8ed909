"""`dmd import-checkpoint`: a checkpoint of the published code becomes a RUN."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands_extract import Json, Quiet
from flows.settings import prepare
from flows.terminal import give_json, say


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(name="import-checkpoint", epilog="Example: dmd import-checkpoint pt/dmd.pth --out published.run")(
        import_checkpoint
    )


def import_checkpoint(
    file: Annotated[Path, typer.Argument(metavar="FILE.pth", help="A state dict of the published code.")],
    out: Annotated[Path, typer.Option(help="The RUN folder; new or empty.")],
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Import a checkpoint of the published code; no code in the file is run.

    The run evaluates and scores as any other, under the published objective. Its features are those of the public
    files, so it scores these and no videos.
    """
    prepare()
    from dmd.import_checkpoint import import_checkpoint as read

    record = read(file, out)
    model = record.model
    widths = {"text": model.text_dim, "audio": model.audio_dim, "face": model.face_dim}
    if json:
        give_json({"run": str(out), "model": model.model_dump(mode="json"), "provenance": record.provenance})
        return
    shown = ", ".join(f"{name} {width}" for name, width in widths.items())
    inside = "a BERT inside" if model.text_encoder is not None else "text as features"
    print(f"{file.name}: width {model.width}, {model.levels} levels, columns {shown}, {inside}")
    say(f"run in {out}; `dmd evaluate {out} FEATURES.pkl --split test`", quiet=quiet)
