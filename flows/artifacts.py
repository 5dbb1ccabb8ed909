"""Artifacts that runs leave with Prefect's server, and that can be taken back.

Prefect's own functions repeat an artifact's content in an event, where it stays after the artifact is deleted; so
tables that name clips are handed to the server directly.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.context import FlowRunContext


def leave_table(key: str, rows: Sequence[Mapping[str, Any]], description: str) -> None:
    """Leave a table with the run that is going on."""
    _leave(key, "table", json.dumps(list(rows)), description)


def leave_markdown(key: str, text: str, description: str) -> None:
    """Leave a text with the run that is going on."""
    _leave(key, "markdown", text, description)


def _leave(key: str, kind: str, data: str, description: str) -> None:
    context = FlowRunContext.get()
    run = context.flow_run.id if context and context.flow_run else None
    with get_client(sync_client=True) as client:
        client.create_artifact(
            ArtifactCreate(key=key, type=kind, data=data, description=description, flow_run_id=run)
        )
