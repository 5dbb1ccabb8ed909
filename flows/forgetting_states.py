"""What else Prefect's database says of a clip: messages of states and logs, and the events that repeat them.

What ends a run in order names no clip; a source that cannot be used does (two clips with one id), and an error that
nobody foresaw may.
"""

import contextlib
import re
import sqlite3
from pathlib import Path

BUSY_S = 60.0
"""How long to wait for other users of the database."""
FORGOTTEN = "forgotten"
"""Stands for a message that named the clip."""


def forget_messages(database: Path, named: re.Pattern[bytes]) -> int:
    """Take every message that names a clip out of Prefect's SQLite database; return how many there were.

    A state keeps its place with another message; a line of a log and an event go.

    Parameters
    ----------
    database : Path
    named : pattern
        As `pipeline.stores.forgetting.name_pattern` gives it.
    """

    def names(text: object) -> bool:
        return isinstance(text, str) and named.search(text.encode("utf-8", "surrogatepass")) is not None

    with contextlib.closing(sqlite3.connect(database, timeout=BUSY_S, isolation_level=None)) as connection:
        connection.create_function("names", 1, names, deterministic=True)
        connection.execute("BEGIN IMMEDIATE")
        found = 0
        for table in ("flow_run_state", "task_run_state"):
            change = f"UPDATE {table} SET message = ? WHERE names(message)"
            found += connection.execute(change, (FORGOTTEN,)).rowcount
        found += connection.execute("DELETE FROM log WHERE names(message)").rowcount
        about = "SELECT id FROM events WHERE names(payload)"
        connection.execute(f"DELETE FROM event_resources WHERE event_id IN ({about})")
        connection.execute("DELETE FROM events WHERE names(payload)")
        connection.execute("COMMIT")
    return found
