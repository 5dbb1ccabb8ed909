from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.aligned import ClipInfo
from pipeline.dataset import dataset_from_clips
from pipeline.datasets.datafolder import open_dataset, save_dataset
from pipeline.errors import FeatureMismatchError, SplitError, StoreError, UsageError
from tests.dmd.synthetic import NAMES, Recipe, make_clip, make_clips, make_dataset


def test_a_sample_is_a_segment_and_keeps_its_rows() -> None:
    recipe = Recipe(clips=3, words=12, segment_words=5)
    clips = make_clips(recipe)
    data = dataset_from_clips(clips)
    assert len(data) == sum(len(clip.segments) for clip in clips) > 3
    row = 0
    for clip in clips:
        for segment in clip.segments:
            values, real = data.modalities["audio"].sample(row)
            part = slice(segment.first_word, segment.end_word)
            expected = np.where(clip.audio.valid[part], clip.audio.values[part], np.nan)
            np.testing.assert_array_equal(values, expected)
            assert real.all()
            assert data.samples.weight[row] == segment.end_word - segment.first_word
            row += 1


def test_word_pieces_count_their_rows_from_the_segment() -> None:
    data = make_dataset(Recipe(clips=1, words=12, segment_words=5))
    assert data.pieces is not None and data.pieces.word_index is not None
    for row in range(len(data)):
        first, end = data.pieces.offsets[row], data.pieces.offsets[row + 1]
        np.testing.assert_array_equal(data.pieces.word_index[first:end], np.arange(data.samples.weight[row]))


def test_what_is_missing_as_a_whole_is_not_present() -> None:
    data = dataset_from_clips([make_clip(0, modalities=("text", "face")), make_clip(1)])
    assert data.modalities["audio"].present.tolist() == [False, True]


def test_clips_of_other_columns_are_refused_by_name() -> None:
    names = {**NAMES, "audio": ("loudness_db", "flat", "jitter", "tilt_db", "rate", "formant_hz")}
    with pytest.raises(FeatureMismatchError, match=r"clip 'v1\$_\$1'.*missing pitch_semitones, unknown formant_hz"):
        dataset_from_clips([make_clip(0), make_clip(1, names=names)])


def test_clips_of_another_face_model_are_refused() -> None:
    with pytest.raises(FeatureMismatchError, match="face: made by model sha256 other"):
        dataset_from_clips([make_clip(0), make_clip(1, models={"text": "t" * 8, "face": "other"})])


def test_no_clip_is_refused() -> None:
    with pytest.raises(UsageError, match="holds no clip"):
        dataset_from_clips([])


def test_a_split_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(SplitError, match=r"no split 'dev'; there is test, train, valid"):
        make_dataset().clips_in("dev")


def test_a_blank_label_is_no_label() -> None:
    clip = make_clip(0)
    data = dataset_from_clips([replace(clip, info=ClipInfo("  ", "train", None, "v"))])
    assert data.clips[0].targets == {}


def test_a_saved_dataset_is_the_same_and_memory_mapped(tmp_path: Path) -> None:
    data = make_dataset()
    save_dataset(data, tmp_path / "data")
    back = open_dataset(tmp_path / "data")
    assert back is not None
    assert back.fingerprint() == data.fingerprint()
    assert back.clips == data.clips
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_another_stamp_is_not_opened(tmp_path: Path) -> None:
    save_dataset(make_dataset(), tmp_path / "data")
    assert open_dataset(tmp_path / "data", {"bytes": 1}) is None
    assert open_dataset(tmp_path / "nothing") is None


def test_a_damaged_folder_is_said(tmp_path: Path) -> None:
    save_dataset(make_dataset(), tmp_path / "data")
    (tmp_path / "data" / "audio.values.npy").unlink()
    with pytest.raises(StoreError, match=r"is damaged .*delete the folder"):
        open_dataset(tmp_path / "data")


def test_the_fingerprint_sees_a_value_a_label_and_a_split() -> None:
    data = make_dataset()
    seen = {data.fingerprint(), data.with_splits(["train"] * len(data.clips)).fingerprint()}
    clips = make_clips()
    clips[0] = replace(clips[0], info=replace(clips[0].info, label="0.5"))
    seen.add(dataset_from_clips(clips, "made clips").fingerprint())
    clips = make_clips()
    values = clips[0].face.values.copy()
    values[0, 0] += 1e-3
    clips[0] = replace(clips[0], face=replace(clips[0].face, values=values))
    seen.add(dataset_from_clips(clips, "made clips").fingerprint())
    assert len(seen) == 4
