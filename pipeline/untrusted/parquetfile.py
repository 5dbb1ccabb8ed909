"""Parquet files from strangers, part by part: a run of equal values takes a few bytes, however long it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.untrusted.memory_bound import bounded_memory, disk_bytes

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_CELLS = 1 << 22
"""Read at a time: 32 MB of numbers."""
FREE_CELLS = 1 << 24
CELLS_A_BYTE = 64
"""A table may have so many cells for each byte of its file, and `FREE_CELLS` besides. Ours take two bytes a cell."""


BYTES_A_BYTE = 64
FREE_BYTES = 128 << 20
"""The same for what the cells hold: lists and texts are of any length."""


class ParquetError(ValueError):
    """A file is no Parquet table that can be read; says why, not where."""


def read_tables(path: Path) -> Iterator["pa.Table"]:
    """Yield the rows of a Parquet file in parts of bounded size.

    Raises
    ------
    ParquetError
        It is no Parquet file, damaged, or declares many more cells than it has bytes.
    UsageError
        Reading it takes much more memory than it has bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise ParquetError("is no regular file")
    room = BYTES_A_BYTE * disk_bytes(path) + FREE_BYTES
    try:
        with bounded_memory(path), pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            # Not asked of its columns: what is damaged there ends the process, where the reader says so instead.
            cells, columns, left = file.metadata.num_rows * file.metadata.num_columns, file.metadata.num_columns, room
            if cells > CELLS_A_BYTE * disk_bytes(path) + FREE_CELLS:
                raise ParquetError(f"declares {cells} values in {path.stat().st_size} bytes")
            for batch in file.iter_batches(max(1, BATCH_CELLS // max(1, columns)), use_threads=False):
                left -= batch.nbytes
                if left < 0:
                    raise ParquetError("its lists and texts unfold to more than it can hold")
                yield pa.Table.from_batches([batch], file.schema_arrow)
    except (OSError, pa.ArrowException) as error:
        raise ParquetError(" ".join(str(error).split())[:300]) from None
