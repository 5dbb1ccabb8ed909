"""Forgetting, in Prefect: a clip in the tables and messages of runs, and runs that were about it alone."""

import contextlib
import json
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterType
from prefect.client.schemas.objects import Artifact, FlowRun
from prefect.client.schemas.sorting import ArtifactSort, FlowRunSort
from prefect.settings import get_current_settings

from flows.forgetting_states import BUSY_S, forget_messages
from flows.server import server
from pipeline.clips.mediafiles import is_media_name
from pipeline.errors import PipelineError
from pipeline.stores.forgetting import name_pattern
from pipeline.stores.tablerows import COLUMN
from pipeline.untrusted.jsontext import parse_json

PAGE = 100
"""Tables asked for at once."""
KEPT = {"type", "description", "metadata_", "flow_run_id", "task_run_id"}
"""What a table without a clip has of the one with it; no key (see `flows/artifacts.py`)."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What left Prefect's database."""

    rows: int
    """Rows of failure tables."""
    runs: int
    """Runs whose source was the clip's file."""
    messages: int
    """Messages of states and logs that named it."""


def forget_in_prefect(clip_id: str) -> Removed:
    """Take a clip out of what the server in use knows: rows of failure tables, messages, and runs of its file alone.

    They are searched by id: a row about a clip of the same name in another store goes, too. That a run was told some
    folder or store stays part of Prefect's history. In a database on this machine, what was deleted is overwritten;
    on another one, a run whose last message names the clip goes as a whole.

    Raises
    ------
    ServerError
        Prefect's server does not start.
    PipelineError
        Its database stays busy.
    """
    with server(), get_client(sync_client=True) as client:
        # All are read before any is changed: a table that goes away would shift the pages.
        rows = sum(_without(client, table, clip_id) for table in _tables(client))
        database, named, messages = _database(), name_pattern(clip_id), 0
        runs = [run for run in _runs(client) if _is_of_file(run, clip_id) or (not database and _ended(run, named))]
        for run in runs:
            client.delete_flow_run(run.id)
        if database is not None:
            messages = forget_messages(database, named)
            overwrite_deleted(database)
    return Removed(rows, len(runs), messages)


def _runs(client: SyncPrefectClient) -> list[FlowRun]:
    found: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(sort=FlowRunSort.ID_DESC, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return found


def _is_of_file(run: FlowRun, clip_id: str) -> bool:
    """Whether the run's source is a media file whose clip has this id."""
    source = Path(str(run.parameters.get("source", "")))
    return is_media_name(source.name) and source.stem == clip_id


def _ended(run: FlowRun, named: re.Pattern[bytes]) -> bool:
    """Whether what a run ended with names the clip."""
    message = run.state.message if run.state else None
    return bool(message and named.search(message.encode("utf-8", "surrogatepass")))


def _database() -> Path | None:
    """Return the file of the server's database, if the server and the file are on this machine."""
    settings = get_current_settings()
    url = settings.server.database.connection_url
    address = str(settings.api.url or "")
    text = url.get_secret_value() if url is not None else f"sqlite+aiosqlite:///{settings.home / 'prefect.db'}"
    file = Path(text.partition(":///")[2])
    here = any(f"//{host}:" in address for host in ("127.0.0.1", "localhost"))
    return file if here and text.startswith("sqlite") and file.is_file() else None


def overwrite_deleted(database: Path) -> None:
    """Write a SQLite database anew, without the remains of deleted rows, and empty its journal.

    Raises
    ------
    PipelineError
        Others keep it busy.
    """
    end = time.monotonic() + BUSY_S
    with contextlib.closing(sqlite3.connect(database, timeout=BUSY_S, isolation_level=None)) as connection:
        while True:
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("VACUUM")
                if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                    return
            if time.monotonic() > end:
                raise PipelineError(f"{database}: stays busy; end other runs, then run the same command again")
            time.sleep(0.2)


def _tables(client: SyncPrefectClient) -> list[Artifact]:
    chosen = ArtifactFilter(type=ArtifactFilterType(any_=["table"]))
    found: list[Artifact] = []
    while True:
        page = client.read_artifacts(artifact_filter=chosen, sort=ArtifactSort.ID_DESC, limit=PAGE, offset=len(found))
        found += page
        if len(page) < PAGE:
            return [table for table in found if _is_of_clips(table)]


def _is_of_clips(table: Artifact) -> bool:
    """Whether a table is one of ours; the server may hold those of other flows."""
    try:
        rows = parse_json(str(table.data))
    except ValueError:
        return False
    return isinstance(rows, list) and all(isinstance(row, dict) and COLUMN in row for row in rows)


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
