"""MMSA pickles: one grid of word pieces, padded to 50, every split, and nothing in them but arrays."""

import pickle
import pickletools
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipeline.aligned import WordPieces
from pipeline.errors import UsageError
from pipeline.formats.mmsa import read_mmsa
from pipeline.formats.mmsa_write import LENGTH, piece_samples, write_mmsa
from tests.pipeline.making import aligned_clip


def with_pieces(clip, counts):
    index = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    return replace(clip, pieces=WordPieces(np.arange(1000, 1000 + len(index), dtype=np.int32), index))


def written(tmp_path, clips, splits):
    path = tmp_path / "out.pkl"
    done = write_mmsa(clips, path, splits)
    return done, pickle.loads(path.read_bytes()), path


def test_a_row_is_a_piece_and_has_what_its_word_has(tmp_path):
    clip = with_pieces(aligned_clip(rows=3, label="1.5"), [1, 3, 2])
    _, found, _ = written(tmp_path, [clip], {"v$_$1": "train"})
    train = found["train"]
    assert train["text_bert"][0, 0, :8].tolist() == [101, *range(1000, 1006), 102]
    assert train["text_bert"][0, 1].sum() == 8
    for key, modality in (("text", clip.text), ("audio", clip.audio), ("vision", clip.face)):
        rows = train[key][0]
        np.testing.assert_array_equal(rows[1:7], modality.values[[0, 1, 1, 1, 2, 2]])
        assert not rows[0].any() and not rows[7:].any() and rows.shape == (LENGTH, modality.values.shape[1])
    assert train["id"] == ["v$_$1"] and train["annotations"] == ["Positive"]


def test_every_split_is_there_and_an_empty_one_has_the_same_shapes(tmp_path):
    done, found, _ = written(tmp_path, [aligned_clip(label="-1")], {"v$_$1": "valid"})
    assert dict(done.samples) == {"train": 0, "valid": 1, "test": 0}
    assert found["test"]["audio"].shape == (0, LENGTH, 4) and found["test"]["text_bert"].shape == (0, 3, LENGTH)


def test_a_long_clip_becomes_several_samples_cut_between_words():
    clip = with_pieces(aligned_clip(rows=50), [3] * 50)
    parts = list(piece_samples(clip))
    assert [len(ids) for ids, _ in parts] == [48, 48, 48, 6]
    np.testing.assert_array_equal(np.concatenate([ids for ids, _ in parts]), clip.pieces.ids)
    assert all(set(a[1].tolist()).isdisjoint(b[1].tolist()) for a, b in pairwise(parts))


def test_our_own_reader_and_any_numpy_read_it(tmp_path):
    clip = with_pieces(aligned_clip(rows=3, label="1.5"), [1, 3, 2])
    _, _, path = written(tmp_path, [clip, aligned_clip("v$_$2", label="-3")], {"v$_$1": "train", "v$_$2": "test"})
    names = {arg for op, arg, _ in pickletools.genops(path.read_bytes()) if op.name == "GLOBAL"}
    assert names <= {"numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype"}
    data = read_mmsa(path, tmp_path / "cache")
    assert [clip.clip_id for clip in data.clips] == ["v$_$1", "v$_$2"]
    assert data.clips[1].targets["label"] == "-3"


def test_without_any_label_the_message_names_another_format(tmp_path):
    with pytest.raises(UsageError, match="--format parquet"):
        write_mmsa([aligned_clip()], tmp_path / "x.pkl", {"v$_$1": "train"})
