"""Score tables: .csv, .jsonl or .parquet, by the name of the file."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.files import write_whole

COLUMNS = (
    "clip_id", "segment", "start_s", "end_s", "text", "task", "score", "label", "probabilities", "score_low",
    "score_high", "modalities", "flags",
)  # fmt: skip
EXPLAINED = (
    "base_score", "shapley_text", "shapley_audio", "shapley_face", "word_contributions", "deletion_top",
    "deletion_low",
)  # fmt: skip
"""Further columns of a table whose scores were explained."""
SUFFIXES = (".csv", ".jsonl", ".parquet")
Row = Mapping[str, Any]


def check_out(out: Path) -> None:
    """Refuse an output file that could not be written.

    Raises
    ------
    UsageError
        Another ending, or no such folder.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--out {out}: the name must end in {', '.join(SUFFIXES)}, which decides the format")
    if not out.resolve().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.resolve().parent}; make it first")


def write_scores(out: Path, rows: Sequence[Row]) -> None:
    """Write a score table, whole.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    suffix = out.suffix.lower()
    columns = (*COLUMNS, *EXPLAINED) if rows and EXPLAINED[0] in rows[0] else COLUMNS
    if suffix == ".jsonl":
        content = "".join(json.dumps(dict(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows).encode(
            "utf-8", "backslashreplace"
        )
    elif suffix == ".csv":
        table = io.StringIO()
        writer = csv.DictWriter(table, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        content = table.getvalue().encode("utf-8", "backslashreplace")
    else:
        content = _parquet(rows, columns)
    write_whole(out, content)


def _parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = {"start_s", "end_s", "score", "score_low", "score_high", *EXPLAINED} - {"word_contributions"}
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in columns])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), sink)
    return sink.getvalue()
