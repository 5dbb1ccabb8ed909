"""BERT's pieces pooled to words: one row a word, a function of the segment alone."""

import numpy as np
import pytest
import torch

from extractors.one_core import one_core
from extractors.text import TextConfig, TextExtractor, installed_folder, model_digest
from pipeline.aligned import Segment
from pipeline.errors import ModelMissingError


@pytest.fixture(scope="module")
def extractor():
    return TextExtractor()


def whole(words):
    return (Segment(0, len(words), 0.0, 1.0),) if words else ()


@one_core()
def test_each_word_is_the_mean_of_its_pieces_hidden_states(extractor):
    words = "Unbelievably, I can't wait!".split()
    found = extractor.embed(words, whole(words))
    ids = [extractor._tokenizer.cls_token_id, *found.pieces.ids.tolist(), extractor._tokenizer.sep_token_id]
    with torch.inference_mode():
        hidden = extractor._model(torch.tensor([ids])).last_hidden_state[0, 1:-1].numpy()
    for row in range(len(words)):
        expected = hidden[found.pieces.word_index == row].mean(axis=0)
        np.testing.assert_allclose(found.words.values[row], expected, atol=1e-6)
    assert found.words.values.shape == (4, 384) and found.words.mask.all()


def test_a_segment_is_read_alone_whatever_stands_beside_it(extractor):
    words = ["good", "day", "to", "you", "my", "friend"]
    both = extractor.embed(words, (Segment(0, 2, 0, 1), Segment(2, 6, 1, 2)))
    alone = extractor.embed(words[:2], whole(words[:2]))
    assert np.array_equal(both.words.values[:2], alone.words.values)


def test_rows_without_text_or_without_a_known_piece_are_missing_and_the_rest_is_not(extractor):
    words = ["so", "", "\u200b", "what"]
    found = extractor.embed(words, whole(words))
    assert found.words.mask.tolist() == [True, False, False, True]
    assert not found.words.values[1:3].any()


def test_text_longer_than_bert_is_read_in_windows_cut_between_words(extractor):
    words = ["antidisestablishmentarianism"] * 200
    found = extractor.embed(words, whole(words))
    assert len(found.pieces.ids) > 1000 and found.words.mask.all()
    windows = extractor._windows(found.pieces.word_index.astype(np.int64), Segment(0, 200, 0, 1))
    starts = [found.pieces.word_index[first] for first, _ in windows]
    ends = [found.pieces.word_index[end - 1] for _, end in windows]
    assert all(end - first <= 510 for first, end in windows)
    assert all(a < b for a, b in zip(ends[:-1], starts[1:], strict=True))


def test_no_words_make_no_rows(extractor):
    assert extractor.embed([], ()).words.values.shape == (0, 384)


def test_a_model_that_is_not_here_is_named_with_the_command_that_brings_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ModelMissingError, match="dmd models fetch bert-nowhere"):
        model_digest("bert-nowhere")
    with pytest.raises(ModelMissingError, match="--preset embedded"):
        TextExtractor(TextConfig(model=str(tmp_path / "nothing")))
    for path in (tmp_path / "nothing", "./nothing", "~/nothing", "models/bert/large"):
        with pytest.raises(ModelMissingError, match="is not on this machine"):
            model_digest(str(path))


def test_weights_in_parts_count_as_weights(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelMissingError):
        installed_folder(str(tmp_path))
    for part in (1, 2):
        (tmp_path / f"model-0000{part}-of-00002.safetensors").write_bytes(b"part")
    assert installed_folder(str(tmp_path)) == tmp_path
    before = model_digest(str(tmp_path))
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"other")
    assert model_digest(str(tmp_path)) != before


def test_a_bert_of_another_width_from_a_folder_works_too(tmp_path):
    from transformers import BertConfig, BertModel, BertTokenizerFast

    from extractors.text import model_source

    tokenizer = BertTokenizerFast.from_pretrained(model_source("embedded"), local_files_only=True)
    torch.manual_seed(0)
    shape = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = TextExtractor(TextConfig(model=str(tmp_path))).embed(["hello"], whole(["hello"]))
    assert found.words.values.shape == (1, 24) and len(model_digest(str(tmp_path))) == 64


def test_loading_a_model_writes_nothing_on_the_terminal(capfd):
    TextExtractor()
    found = capfd.readouterr()
    assert found.out + found.err == ""
