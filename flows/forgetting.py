"""Forgetting, in Prefect: the failures of a clip in the tables that runs have left with their server."""

import json

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact
from prefect.client.schemas.sorting import ArtifactSort

from flows.server import server
from pipeline.jsontext import parse_json

FAILURES = "failures"
"""Key of the tables of failed clips (see `flows/extracting.py`)."""
PAGE = 100
"""Tables asked for at once."""
KEPT = {"key", "type", "description", "metadata_", "flow_run_id", "task_run_id"}
"""What a table without a clip has of the one with it."""


def forget_failures(clip_id: str) -> int:
    """Take a clip's rows out of the failure tables of all runs that the server in use knows.

    They are searched by id alone: a row about a clip of the same name in another store goes, too. What a run was
    told (its source and its store) stays part of Prefect's history.

    Returns
    -------
    int
        Rows removed.

    Raises
    ------
    ServerError
        Prefect's server does not start.
    """
    with server(), get_client(sync_client=True) as client:
        # All are read before any is changed: a table that goes away would shift the pages.
        return sum(_without(client, table, clip_id) for table in _tables(client))


def _tables(client: SyncPrefectClient) -> list[Artifact]:
    chosen = ArtifactFilter(key=ArtifactFilterKey(any_=[FAILURES]))
    found: list[Artifact] = []
    while True:
        page = client.read_artifacts(artifact_filter=chosen, sort=ArtifactSort.ID_DESC, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found


def _without(client: SyncPrefectClient, table: Artifact, clip_id: str) -> int:
    """Put a table without the clip's rows in the place of one that has some; none if nothing else is in it."""
    rows = parse_json(str(table.data))
    rest = [row for row in rows if row["clip_id"] != clip_id]
    if rest and len(rest) < len(rows):
        # Not changed in place: the client would repeat what is left in an event, where no one could forget it.
        kept = ArtifactCreate(**table.model_dump(include=KEPT), data=json.dumps(rest))
        client.create_artifact(kept)
    if len(rest) < len(rows):
        client.delete_artifact(table.id)
    return len(rows) - len(rest)
