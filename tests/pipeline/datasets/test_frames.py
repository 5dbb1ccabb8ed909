"""Named columns: what is not known is null, and a Parquet file gives the clips back."""

import numpy as np
import pytest

from pipeline.datasets.frames import native_frame, read_parquet, word_frame, write_parquet
from pipeline.datasets.libraries import ClipDataset, to_dataset
from pipeline.errors import UsageError
from pipeline.store import FeatureStore
from tests.pipeline.making import aligned_clip

CLIPS = [aligned_clip("v$_$1", label="1.5", split="train"), aligned_clip("v$_$2", rows=3, seed=1, split="test")]


def test_a_frame_has_a_row_a_word_and_named_columns():
    frame = word_frame(CLIPS)
    assert len(frame) == 8 and {"clip_id", "text", "start_s", "audio.a0", "face.f4", "text.t7"} <= set(frame.columns)
    assert np.array_equal(frame["face.f0"].isna()[:5], ~CLIPS[0].face.valid[:, 0])


def test_native_tracks_are_frames_over_time():
    frame = native_frame(CLIPS[0], "audio")
    assert frame.shape == (10, 3) and frame.index.name == "time_s"


def test_parquet_gives_the_clips_back(tmp_path):
    assert write_parquet(CLIPS, tmp_path / "x.parquet") == 8
    for mine, found in zip(CLIPS, read_parquet(tmp_path / "x.parquet"), strict=True):
        assert (found.clip_id, found.words, found.info, found.flags) == (
            mine.clip_id,
            mine.words,
            mine.info,
            mine.flags,
        )
        for name in ("text", "audio", "face"):
            np.testing.assert_array_equal(getattr(found, name).values, getattr(mine, name).values)
            np.testing.assert_array_equal(getattr(found, name).valid, getattr(mine, name).valid)
        np.testing.assert_array_equal(found.pieces.ids, mine.pieces.ids)


def test_another_table_is_refused_by_name(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="is no table of words"):
        list(read_parquet(tmp_path / "x.parquet"))


@pytest.fixture
def store(tmp_path):
    found = FeatureStore(tmp_path / "store", create=True)
    for clip in CLIPS:
        found.write(clip)
    return found


def test_a_torch_dataset_gives_rows_and_what_is_known_of_them(store):
    data = ClipDataset(store, "test")
    (item,) = list(data)
    assert len(data) == 1 and item["clip_id"] == "v$_$2" and item["audio"].shape == (3, 4)
    assert item["face_valid"].dtype.is_floating_point is False
    with pytest.raises(UsageError, match="split 'dev'"):
        ClipDataset(store, "dev")


def test_a_hugging_face_dataset_has_the_named_columns(store):
    pytest.importorskip("datasets", reason="the optional package `datasets` is not installed")
    found = to_dataset(store)
    assert len(found) == 8 and found[0]["clip_id"] == "v$_$1"
