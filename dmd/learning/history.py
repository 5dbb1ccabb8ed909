"""What happened while a model was trained: one row an epoch, for tables, TensorBoard and pages."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dmd.config import Name
from pipeline.files import make_folder, write_whole

Row = Mapping[str, float]


def edge_names(kind: str, vertices: Sequence[Name]) -> tuple[str, ...]:
    """Return the columns of a unit's edges, in the order of its weights: `homo_edge_text_to_face` and so on.

    An edge is named after the way knowledge flows, from teacher to student.
    """
    return tuple(
        f"{kind}_edge_{teacher}_to_{student}" for student in vertices for teacher in vertices if teacher != student
    )


def write_history(path: Path, seed: int, rows: Sequence[Row]) -> None:
    """Write one seed's history as a table, whole."""
    write_whole(path, _table([{"seed": seed, **row} for row in rows]).encode())


def merge_histories(path: Path, parts: Sequence[Path]) -> None:
    """Write the histories of all seeds as one table, whole."""
    rows: list[dict[str, str]] = []
    for part in parts:
        with part.open(encoding="utf-8", newline="") as stream:
            rows += list(csv.DictReader(stream))
    write_whole(path, _table(rows).encode())


def read_history(path: Path) -> list[dict[str, float]]:
    """Read a history table; empty if there is none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(stream)]


class TensorBoardLog:
    """A seed's logs for TensorBoard, opened when the first epoch is written.

    Parameters
    ----------
    folder : Path
        Of the logs. Those of an earlier process that was killed stay; what it wrote of later epochs is marked as
        replaced.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def write(self, row: Row) -> None:
        """Add an epoch."""
        epoch = int(row["epoch"])
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(make_folder(self._folder)), purge_step=epoch)
        for name, value in row.items():
            if name != "epoch":
                self._writer.add_scalar(name.replace("train_", "train/").replace("valid_", "valid/"), value, epoch)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = io.StringIO()
    writer = csv.DictWriter(table, names, lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: repr(value) if isinstance(value, float) else value for name, value in row.items()})
    return table.getvalue()
