"""`dmd serve`."""

from typing import Annotated

import typer

from flows.settings import prepare
from flows.terminal import say


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example: dmd serve --cron '0 3 * * *' --source interviews/ --out interviews.store")(serve)


def serve(
    cron: Annotated[str | None, typer.Option(help="Extract SOURCE into STORE at these times, in UTC.")] = None,
    source: Annotated[str | None, typer.Option(help="What --cron extracts.")] = None,
    out: Annotated[str | None, typer.Option(help="The store that --cron fills.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most runs at a time.")] = 1,
) -> None:
    """Offer extract, train and score to your own Prefect server (see docs/cluster.md)."""
    prepare()
    from flows.deployments import serve as serve_flows

    say("serving extract/dmd, train/dmd and score/dmd; Ctrl-C ends it")
    serve_flows(cron, source, out, limit)
