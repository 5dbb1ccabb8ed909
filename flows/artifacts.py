"""Artifacts that runs leave with Prefect's server, and that can be taken back.

Of an artifact that has a key, Prefect's server repeats the content in events, where it stays after the artifact is
deleted. So tables that name clips have none; they stand with the run that left them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.context import FlowRunContext


def leave_table(rows: Sequence[Mapping[str, Any]], description: str) -> None:
    """Leave a table with the run that is going on, for `dmd forget` to find."""
    _leave(None, "table", json.dumps(list(rows)), description)


def leave_markdown(key: str, text: str, description: str) -> None:
    """Leave a text with the run that is going on."""
    _leave(key, "markdown", text, description)


def _leave(key: str | None, kind: str, data: str, description: str) -> None:
    context = FlowRunContext.get()
    run = context.flow_run.id if context and context.flow_run else None
    with get_client(sync_client=True) as client:
        client.create_artifact(
            ArtifactCreate(key=key, type=kind, data=data, description=description, flow_run_id=run)
        )
