from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.batch import Modality, Pieces
from pipeline.dataset import dataset_from_clips
from pipeline.datasets.collate import Collator, InputShape
from pipeline.datasets.normaliser import NormaliserConfig, fit_normaliser
from pipeline.errors import UsageError
from pipeline.formats.mmsa import read_mmsa
from tests.dmd.synthetic import Recipe, make_clip, make_dataset
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa

LENGTHS = {"text": 10, "audio": 10, "face": 10}


def test_values_are_normalised_padded_and_masked() -> None:
    data = make_dataset(Recipe(clips=6, words=4))
    normaliser = fit_normaliser(data, np.arange(6))
    batch = Collator(data, normaliser, InputShape(LENGTHS))(np.array([4, 1]))
    raw = data.modalities["audio"].sample(4)[0]
    clean = normaliser.apply("audio", raw)
    assert batch.audio.values.shape == (2, 10, 5)  # the constant column is gone
    np.testing.assert_array_equal(batch.audio.values[0, :4].numpy(), np.nan_to_num(clean))
    assert batch.audio.mask[0].tolist() == [True] * 4 + [False] * 6
    assert not batch.audio.values[0, 4:].any()
    assert batch.rows is not None and batch.rows.tolist() == [4, 1]


def test_a_missing_modality_is_masked_as_a_whole() -> None:
    data = dataset_from_clips([make_clip(0), make_clip(1, modalities=("text",))])
    batch = Collator(data, fit_normaliser(data, np.arange(2)), InputShape(LENGTHS))(np.arange(2))
    assert batch.audio.mask.any(dim=1).tolist() == [True, False]
    assert batch.face.mask.any(dim=1).tolist() == [True, False]


def test_modalities_the_model_may_not_see_are_masked() -> None:
    data = make_dataset()
    batch = Collator(data, fit_normaliser(data, np.arange(2)), InputShape(LENGTHS, ("text",)))(np.arange(2))
    assert isinstance(batch.text, Modality) and batch.text.mask.any()
    assert not batch.audio.mask.any() and not batch.audio.values.any()


def test_a_clip_of_too_many_rows_is_refused_by_name() -> None:
    data = make_dataset(Recipe(clips=1, words=12))
    with pytest.raises(UsageError, match=r"clip 'v0\$_\$0': 12 rows of audio, the model takes 10"):
        Collator(data, fit_normaliser(data, np.arange(1)), InputShape(LENGTHS))(np.arange(1))


def test_word_pieces_stand_between_cls_and_sep_with_their_rows() -> None:
    data = make_dataset(Recipe(clips=2, words=12, segment_words=5))
    collator = Collator(data, fit_normaliser(data, np.arange(1)), InputShape(LENGTHS, pieces=True))
    batch = collator(np.array([1]))
    assert isinstance(batch.text, Pieces) and batch.text.word_index is not None and data.pieces is not None
    first, end = data.pieces.offsets[1:3]
    count = end - first
    assert batch.text.ids[0, : count + 2].tolist() == [101, *data.pieces.ids[first:end].tolist(), 102]
    assert batch.text.word_index[0, : count + 2].tolist() == [-1, *range(count), -1]
    assert batch.text.mask[0].sum() == count + 2
    assert batch.text.ids.shape[1] == collator.piece_length(1) == -(-(count + 2) // 4) * 4


def test_too_many_pieces_lose_the_ends_of_the_longest_words() -> None:
    from dataclasses import replace

    data = make_dataset(Recipe(clips=1, words=2))
    pieces = data.pieces
    assert pieces is not None
    words = np.concatenate([np.zeros(5), np.ones(700)]).astype(np.int32)
    long = replace(pieces, ids=np.arange(705, dtype=np.int32), word_index=words, offsets=np.array([0, 705]))
    data = replace(data, pieces=long)
    batch = Collator(data, fit_normaliser(data, np.arange(1)), InputShape(LENGTHS, pieces=True))(np.arange(1))
    assert isinstance(batch.text, Pieces) and batch.text.word_index is not None
    index = batch.text.word_index[0]
    assert int((index == 0).sum()) == 5 and int((index == 1).sum()) == 505


def test_the_pieces_of_a_public_file_are_one_row_each(tmp_path: Path) -> None:
    content = mmsa_content()
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    batch = Collator(data, fit_normaliser(data, np.arange(4)), InputShape(LENGTHS, pieces=True))(np.arange(3))
    assert isinstance(batch.text, Pieces) and batch.text.word_index is None
    np.testing.assert_array_equal(batch.text.ids.numpy(), content["train"]["text_bert"][:3, 0])
    np.testing.assert_array_equal(batch.text.mask.numpy(), content["train"]["text_bert"][:3, 1] == 1)


def test_whole_rows_keep_what_the_published_code_reads(tmp_path: Path) -> None:
    content = mmsa_content()
    content["train"]["audio"][0, 0, 0] = -np.inf
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    normaliser = fit_normaliser(data, np.arange(4), NormaliserConfig(method="none"))
    batch = Collator(data, normaliser, InputShape(LENGTHS, whole_rows=True))(np.arange(3))
    assert isinstance(batch.text, Modality)
    np.testing.assert_array_equal(batch.text.values.numpy(), content["train"]["text"][:3])
    audio = content["train"]["audio"][:3].astype(np.float32)
    audio[0, 0, 0] = 0.0  # as the published loader does
    np.testing.assert_array_equal(batch.audio.values.numpy(), audio)


def test_a_model_that_reads_pieces_refuses_data_without() -> None:
    from dataclasses import replace

    data = replace(make_dataset(), pieces=None)
    with pytest.raises(UsageError, match="has no word pieces"):
        Collator(data, fit_normaliser(data, np.arange(1)), InputShape(LENGTHS, pieces=True))


def test_targets_become_labels() -> None:
    data = make_dataset()
    targets = np.arange(len(data), dtype=np.int64)
    batch = Collator(data, fit_normaliser(data, np.arange(1)), InputShape(LENGTHS), targets)(np.array([3, 2]))
    assert batch.labels is not None and batch.labels.dtype == torch.int64 and batch.labels.tolist() == [3, 2]
