"""Deployments: the flows as a Prefect server on your own machines runs them, on demand or by a schedule."""

from typing import TYPE_CHECKING, Any

from prefect import serve as serve_deployments
from prefect.settings import PREFECT_API_URL
from prefect.types.entrypoint import EntrypointType

from flows.extracting import extract
from flows.requests import check
from flows.scoring import score
from flows.training import train
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

NAME = "dmd"
"""Deployments are `extract/dmd`, `train/dmd` and `score/dmd`."""


def deployments(
    cron: str | None = None, source: str | None = None, out: str | None = None
) -> "list[RunnerDeployment]":
    """Return the deployments; their parameters are checked when a run is created, by the flows' own signatures.

    Parameters
    ----------
    cron : str, optional
        When SOURCE is extracted into STORE by itself, as in `0 3 * * *`: what is new in SOURCE is done each time.
    source, out : str, optional
        What the schedule extracts, and into which store.

    Raises
    ------
    UsageError
        A schedule without something to do, or one that is none.
    """
    given: dict[str, Any] = {}
    if cron is not None:
        if source is None or out is None:
            raise UsageError("--cron: say what is to be extracted by this schedule: --source SOURCE --out STORE")
        check(source, out)
        given = {"cron": cron, "parameters": {"source": source, "out": out}}
    try:
        found: list[Any] = [
            flow.to_deployment(NAME, entrypoint_type=EntrypointType.MODULE_PATH, **(given if flow is extract else {}))
            for flow in (extract, train, score)
        ]
    except ValueError:
        raise UsageError(f"--cron: {cron!r} is no schedule; five fields as in '0 3 * * *'") from None
    return found


def serve(cron: str | None, source: str | None, out: str | None, limit: int) -> None:
    """Serve the deployments until interrupted.

    Raises
    ------
    UsageError
        No server is configured.
    """
    if not PREFECT_API_URL.value():
        raise UsageError(
            "no Prefect server is configured; run `prefect server start` on a machine of yours and set "
            "PREFECT_API_URL to its address, as in http://127.0.0.1:4200/api"
        )
    serve_deployments(*deployments(cron, source, out), limit=limit, print_starting_message=False)
