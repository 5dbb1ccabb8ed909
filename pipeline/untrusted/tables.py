"""Tables from strangers: rows of text from .csv and .jsonl files, bounded in size."""

import csv
import io
import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.untrusted.jsontext import parse_json
from pipeline.untrusted.textfile import TextFileError, read_text

MAX_TABLE_BYTES = 128 * 1024 * 1024
"""Half a million clips with a sentence each."""
MAX_FIELD_CHARS = 1_000_000
MAX_LINE_CHARS = 4_000_000
MAX_COLUMNS = 10_000
MAX_ROWS = 2_000_000
"""A table of two letters a line has a hundred times as many bytes in memory as in the file."""
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    line: int
    """Line of the file, counted from 1, for messages."""
    values: Mapping[str, str]
    """Column name -> value without blanks around it; columns without a value are left out."""
    error: str | None = None
    """Why the row cannot be used."""

    def get(self, name: str) -> str | None:
        """Return a value, None if the row has none."""
        return self.values.get(name)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table and the columns that occur in it."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """Return a .csv (separated by comma, semicolon or tab) or .jsonl file as rows of text.

    Empty rows are left out. A row with more fields than columns, or a line that is no JSON object, carries an error.

    Raises
    ------
    UsageError
        If the file cannot be read, has no header, or a column occurs twice.
    """
    try:
        content = read_text(path, MAX_TABLE_BYTES).lstrip("\ufeff")
    except TextFileError as error:
        raise UsageError(f"{os.fspath(path)!r}: {error}; give a .csv or .jsonl file") from None
    return _json_lines(path, content) if path.suffix.lower() in (".jsonl", ".ndjson") else _csv(path, content)


def rename_columns(table: Table, renames: Mapping[str, str], known: Sequence[str]) -> Table:
    """Return the table with some columns under our names.

    Parameters
    ----------
    table : Table
    renames : our name -> the table's name
    known : our names

    Raises
    ------
    UsageError
        If one of our names is unknown, or the table has no such column.
    """
    for ours, theirs in renames.items():
        if ours not in known:
            raise UsageError(f"--columns: there is no column {ours!r}; the names are {', '.join(known)}")
        if theirs not in table.columns:
            raise UsageError(_missing(table, theirs))
    back = {theirs: ours for ours, theirs in renames.items()}
    if len(back) < len(renames):
        raise UsageError("--columns: one column cannot stand for two names")
    names = {column: back.get(column, "" if column in renames else column) for column in table.columns}
    rows = tuple(
        Row(row.line, {names[name]: value for name, value in row.values.items() if names[name]}, row.error)
        for row in table.rows
    )
    return Table(table.path, tuple(name for name in names.values() if name), rows)


def require_column(table: Table, name: str) -> None:
    """Raise UsageError if the table lacks a column."""
    if name not in table.columns:
        raise UsageError(_missing(table, name))


def number(row: Row, name: str) -> float | None:
    """Return a finite number of a row, None if there is none; raises ValueError if the value is no number."""
    text = row.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} is {text[:40]!r}, not a number; correct it")
    return value


def _missing(table: Table, name: str) -> str:
    found = ", ".join(repr(column[:40]) for column in table.columns[:20]) or "none"
    return (
        f"{os.fspath(table.path)!r}: has no column {name!r} (its columns: {found}); add it, or name the one that "
        f"stands for it: --columns {name}=THEIRS"
    )


def _csv(path: Path, content: str) -> Table:
    csv.field_size_limit(MAX_FIELD_CHARS)
    header_line = content.partition("\n")[0]
    separator = max(SEPARATORS, key=header_line.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=False)
    rows: list[Row] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        for fields in reader:
            if any(field.strip() for field in fields):
                rows.append(_csv_row(reader.line_num, header, fields))
                _check_count(path, "rows", len(rows), MAX_ROWS)
    except csv.Error as error:
        raise UsageError(f"{os.fspath(path)!r}: line {reader.line_num}: {error}; correct it") from None
    return Table(path, tuple(header), tuple(rows))


def _csv_row(line: int, header: Sequence[str], fields: Sequence[str]) -> Row:
    error = None
    if len(fields) > len(header):
        error = f"has {len(fields)} fields for {len(header)} columns; put text with commas in quotes"
    pairs = zip(header, fields, strict=False)
    return Row(line, {name: field.strip() for name, field in pairs if field.strip()}, error)


def _check_header(path: Path, header: Sequence[str]) -> None:
    if not any(header):
        raise UsageError(f"{os.fspath(path)!r}: is empty; its first line must name the columns")
    _check_count(path, "columns", len(header), MAX_COLUMNS)
    twice = sorted({name for name, count in Counter(header).items() if name and count > 1})
    if twice:
        raise UsageError(f"{os.fspath(path)!r}: has the column {twice[0]!r} twice; rename one")


def _json_lines(path: Path, content: str) -> Table:
    columns: dict[str, None] = {}
    rows: list[Row] = []
    for line, text in enumerate(_split_lines(content), start=1):
        if text.strip():
            row = _json_row(line, text)
            columns.update(dict.fromkeys(row.values))
            rows.append(row)
            _check_count(path, "rows", len(rows), MAX_ROWS)
            _check_count(path, "columns", len(columns), MAX_COLUMNS)
    if not rows:
        raise UsageError(f"{os.fspath(path)!r}: is empty; give one JSON object a line")
    return Table(path, tuple(columns), tuple(rows))


def _check_count(path: Path, what: str, count: int, most: int) -> None:
    if count > most:
        raise UsageError(f"{os.fspath(path)!r}: has more than {most} {what}; give a table of clips, or parts of it")


def _split_lines(content: str) -> Iterator[str]:
    # not splitlines(): JSON strings may hold U+2028 and the like
    yield from io.StringIO(content, newline="\n")


def _json_row(line: int, text: str) -> Row:
    if len(text) > MAX_LINE_CHARS:
        return Row(line, {}, f"has more than {MAX_LINE_CHARS} characters; write one clip a line")
    try:
        content = parse_json(text)
    except ValueError:
        return Row(line, {}, "is no JSON; write one object a line")
    if not isinstance(content, dict):
        return Row(line, {}, "is no JSON object; write one object a line")
    values: dict[str, str] = {}
    for name, value in content.items():
        if isinstance(value, list | dict):
            continue  # columns of other tools; ours are text and numbers
        if value is not None and str(value).strip():
            values[name.strip()] = str(value).strip()
    return Row(line, values)
