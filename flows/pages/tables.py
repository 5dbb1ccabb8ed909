"""A long table of a page, as JSON values that the page's script sorts, filters and turns."""

from collections.abc import Sequence
from typing import Any

Table = dict[str, Any]


def make_table(caption: str, heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> Table:
    """Return a table.

    Parameters
    ----------
    caption : str
    heads : sequence of (label, kind)
        What stands over a column, and how its cells are shown (`cells` in templates/tables.js).
    rows : sequence of sequences
        One value a column.
    """
    return {
        "caption": caption,
        "columns": [{"label": label, "kind": kind} for label, kind in heads],
        "rows": [list(row) for row in rows],
    }
