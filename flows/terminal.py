"""What commands print: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def say(line: str, *, quiet: bool = False) -> None:
    """Print a line for a person, on standard error, so that standard output can be piped."""
    if not quiet:
        print(line, file=sys.stderr, flush=True)


def give_json(record: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    print(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False, default=str))


def give_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as a table on standard output: a drawn one on a terminal, tab-separated in a pipe."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if not sys.stdout.isatty():
        for line in ([*columns], *cells):
            print("\t".join(line))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, header_style="bold", box=None, pad_edge=False)
    for line in cells:
        table.add_row(*(escape(cell) for cell in line))
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
