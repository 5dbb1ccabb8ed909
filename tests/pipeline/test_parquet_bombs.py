"""Parquet files of some kilobytes that unfold to gigabytes."""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.datasets import frames
from pipeline.datasets.frames import read_parquet, write_parquet
from pipeline.errors import UsageError
from pipeline.untrusted import parquetfile
from pipeline.untrusted.parquetfile import ParquetError, read_tables
from tests.pipeline.bombs import outcome
from tests.pipeline.making import aligned_clip

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
READ = "[clip for clip in pipeline.datasets.frames.read_parquet(path)]"


def repeated(value: Any, rows: int) -> Any:
    return pa.DictionaryArray.from_arrays(
        pa.array([0]).take(pa.nulls(rows, pa.int64()).fill_null(0)), pa.array([value])
    )


def written(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd", **options)
    return path


@linux
def test_columns_without_end_are_refused(tmp_path: Path) -> None:
    zeros = pa.nulls(2_000_000, pa.float32()).fill_null(0)
    columns = {"clip_id": repeated("a", 2_000_000), **{f"text.{at}": zeros for at in range(40)}}
    path = written(tmp_path / "x.parquet", columns)
    assert path.stat().st_size < 400_000
    assert "declares 82000000 values in" in outcome(path, READ)


@linux
def test_a_long_text_in_every_row_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    columns = {name: repeated("x" * 2_000_000, 20_000) for name in ("clip_id", "text")}
    path = written(tmp_path / "x.parquet", columns)
    assert path.stat().st_size < 100_000
    assert outcome(path, READ).startswith("refused")


@linux
def test_a_list_without_end_in_one_row_is_refused(tmp_path: Path) -> None:
    inner = pa.nulls(20_000_000, pa.int64()).fill_null(0)
    pieces = pa.ListArray.from_arrays(pa.array([0, len(inner)], pa.int32()), inner)
    path = written(tmp_path / "x.parquet", {"clip_id": ["a"], "pieces": pieces})
    assert path.stat().st_size < 300_000
    assert outcome(path, READ).startswith("refused")


def test_a_clip_of_more_words_than_anybody_says_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet([aligned_clip("v", rows=9)], tmp_path / "x.parquet")
    monkeypatch.setattr(frames, "MAX_CLIP_ROWS", 8)
    with pytest.raises(UsageError, match="clip 'v' has more than 8 words"):
        list(read_parquet(tmp_path / "x.parquet"))


def test_clips_are_whole_however_a_table_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [aligned_clip(f"v{at}", rows=at + 1, seed=at) for at in range(6)]
    write_parquet(clips, tmp_path / "x.parquet")
    whole = list(read_parquet(tmp_path / "x.parquet"))
    monkeypatch.setattr(parquetfile, "BATCH_CELLS", 1)
    assert len(list(read_tables(tmp_path / "x.parquet"))) == 21
    parts = list(read_parquet(tmp_path / "x.parquet"))
    assert [clip.words for clip in parts] == [clip.words for clip in whole] == [clip.words for clip in clips]
    assert [clip.provenance for clip in parts] == [clip.provenance for clip in whole]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParquetError, match="no regular file"):
        list(read_tables(tmp_path))
