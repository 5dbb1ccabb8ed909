"""A clip's rows leave a table of ours (`clip_id` is a column): scores, failures, exported rows."""

import csv
import io
from pathlib import Path

from pipeline.files import write_whole
from pipeline.stores.failures import armed
from pipeline.untrusted.jsontext import parse_json
from pipeline.untrusted.parquetfile import read_tables

TABLES = (".csv", ".jsonl", ".parquet")
COLUMN = "clip_id"


def without_clip(path: Path, clip_id: str) -> bool:
    """Take the rows of a clip out of a table; return whether there were any.

    A file that is no table with a column ``clip_id`` stays as it is.

    Raises
    ------
    StoreError
        The table cannot be written.
    """
    ways = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}
    try:
        rest = ways[path.suffix](path, clip_id)
    except (OSError, ValueError, csv.Error):
        return False
    if rest is None:
        return False
    write_whole(path, rest)
    return True


def _csv(path: Path, clip_id: str) -> bytes | None:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        rows = list(csv.reader(stream))
    if not rows or COLUMN not in rows[0]:
        return None
    at = rows[0].index(COLUMN)
    rest = [row for row in rows[1:] if len(row) <= at or clip_id not in (row[at], armed(row[at]))]
    if len(rest) == len(rows) - 1:
        return None
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([rows[0], *rest])
    return table.getvalue().encode("utf-8", "surrogateescape")


def _json_lines(path: Path, clip_id: str) -> bytes | None:
    lines = path.read_bytes().splitlines(keepends=True)
    rest = [line for line in lines if not line.strip() or not _is_about(parse_json(line), clip_id)]
    return b"".join(rest) if len(rest) < len(lines) else None


def _is_about(row: object, clip_id: str) -> bool:
    return isinstance(row, dict) and row.get(COLUMN) == clip_id


def _parquet(path: Path, clip_id: str) -> bytes | None:
    import pyarrow
    from pyarrow import compute, parquet

    try:
        table = pyarrow.concat_tables(read_tables(path))
        rest = table.filter(compute.not_equal(table[COLUMN], clip_id))
    except (KeyError, pyarrow.ArrowException):
        return None
    if rest.num_rows == table.num_rows:
        return None
    sink = io.BytesIO()
    parquet.write_table(rest, sink)
    return sink.getvalue()
