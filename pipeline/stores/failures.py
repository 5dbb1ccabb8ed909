"""failures.csv: the clips of a run that failed, a table that people open in spreadsheets.

A spreadsheet runs what looks like a formula, and an id, a path or an error may have been chosen by a stranger. So a
cell that begins with `=`, `@`, a tab or a return, and one that begins with `+` or `-` and calls, pipes or refers to
something (`(`, `|`, `!`), stands behind an apostrophe, which spreadsheets do not show. `read_failures` takes it away.
Tables that programs read (scores, exports) hold ids and texts exactly as they are.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.files import write_whole
from pipeline.untrusted.textfile import TextFileError, read_bytes

FAILURE_COLUMNS = ("clip_id", "path", "stage", "error")
MAX_BYTES = 64 * 2**20
"""A failure takes some 300 bytes: 200,000 of them."""
_FORMULA = re.compile(r"'*(?:[=@\t\r]|[+-][^(|!]*[(|!])")
"""Also behind apostrophes of its own, so that each text can be told from its disarmed form."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One row of failures.csv."""

    clip_id: str
    path: str
    stage: str
    """Where it failed: `source`, `read`, `extract`, `timeout`, `crash`, `memory`, `write`, `score`."""
    error: str
    """One line: what, where, what to do."""


def disarmed(cell: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def armed(cell: str) -> str:
    """Return the text of which `disarmed` made a cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_failures(path: Path, failures: Sequence[Failure]) -> None:
    """Write a failures table (`clip_id,path,stage,error`), whole."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(FAILURE_COLUMNS)
    for failure in sorted(failures, key=lambda row: (row.clip_id, row.stage)):
        cells = (failure.clip_id, failure.path, failure.stage, " ".join(failure.error.split()))
        rows.writerow([disarmed(cell) for cell in cells])
    write_whole(path, table.getvalue().encode("utf-8", "surrogateescape"))


def read_failures(path: Path) -> list[Failure]:
    """Read a failures table; empty if there is none.

    Raises
    ------
    StoreError
        It is no such table.
    """
    if not path.is_file():
        return []
    try:
        table = io.StringIO(read_bytes(path, MAX_BYTES).decode("utf-8", "surrogateescape"), newline="")
        return [Failure(*(armed(row[column] or "") for column in FAILURE_COLUMNS)) for row in csv.DictReader(table)]
    except (TextFileError, KeyError, csv.Error):
        raise StoreError(f"{path}: is damaged; delete it, and the next run writes it anew") from None
