import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.config import TextEncoderConfig
from dmd.network.text_encoder import TextEncoder, pooled_to_words
from dmd.system import DmdSystem
from pipeline.batch import Batch, Pieces
from pipeline.errors import ModelMissingError
from tests.dmd.batches import random_batch, small_config

SHAPE = TextEncoderConfig(
    hidden_size=8, layers=2, heads=2, intermediate_size=16, vocabulary=40, positions=32, dropout=0.1
)


def pieces(batch=2, count=14, rows=12):
    torch.manual_seed(0)
    ids = torch.randint(5, 40, (batch, count))
    mask = torch.arange(count) < torch.tensor([count, 6])[:batch, None]
    index = torch.full((batch, count), -1)
    index[0, 1:-1] = torch.tensor([0, 0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8])
    index[1, 1:5] = torch.tensor([0, 1, 1, 2])
    return Pieces(ids, mask, index, rows)


def test_a_row_is_the_mean_of_its_pieces():
    given_pieces = pieces()
    hidden = torch.randn(2, 14, 3)
    found = pooled_to_words(hidden, given_pieces)
    torch.testing.assert_close(found.values[0, 4], hidden[0, 6:9].mean(dim=0))
    torch.testing.assert_close(found.values[1, 1], hidden[1, 2:4].mean(dim=0))
    assert found.mask.sum(dim=1).tolist() == [9, 3]
    assert not found.values[~found.mask].any()


@settings(max_examples=10, deadline=None)
@given(extra=st.integers(1, 6), seed=st.integers(0, 1000))
def test_padding_of_pieces_changes_nothing(extra, seed):
    torch.manual_seed(seed)
    encoder = TextEncoder(SHAPE, pooler=False).eval()
    short = pieces()
    wide = Pieces(
        *(torch.nn.functional.pad(x, (0, extra), value=v) for x, v in ((short.ids, 0), (short.mask, False))),
        torch.nn.functional.pad(short.word_index, (0, extra), value=-1),
        short.rows,
    )
    first, second = encoder(short), encoder(wide)
    torch.testing.assert_close(first.values, second.values, rtol=0, atol=1e-5)
    assert torch.equal(first.mask, second.mask)


@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.integers(0, 14), min_size=1, max_size=5), seed=st.integers(0, 1000))
def test_training_reads_like_lengths_together_and_finds_the_same(lengths, seed):
    torch.manual_seed(seed)
    encoder = TextEncoder(SHAPE.model_copy(update={"dropout": 0.0}), pooler=False)
    mask = torch.arange(14) < torch.tensor(lengths)[:, None]
    ids = torch.randint(5, 40, mask.shape) * mask
    given_pieces = Pieces(ids, mask, None, 14)
    found, gradients = [], []
    for training in (True, False):
        hidden = encoder.train(training)(given_pieces).values * mask[..., None]
        encoder.zero_grad()
        (hidden * torch.linspace(0, 1, 8)).square().sum().backward()
        found.append(hidden.detach())
        gradients.append([p.grad.clone() for p in encoder.parameters()])
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-5)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_batch_is_not_padded_to_its_longest_sequence_in_training(monkeypatch):
    encoder = TextEncoder(SHAPE, pooler=False).train()
    read, seen = encoder._read, []
    monkeypatch.setattr(encoder, "_read", lambda ids, *rest: seen.append(tuple(ids.shape)) or read(ids, *rest))
    mask = torch.arange(14) < torch.tensor([3, 14, 4, 8])[:, None]
    encoder(Pieces(torch.ones(4, 14, dtype=torch.long), mask, None, 14))
    assert seen == [(3, 8), (1, 14)]


def test_frozen_layers_keep_their_weights_and_have_no_dropout():
    shape = SHAPE.model_copy(update={"frozen_layers": 1})
    encoder = TextEncoder(shape, pooler=False).train()
    trained = {name.split("encoder.layer.")[-1][0] for name, p in encoder.bert.named_parameters() if p.requires_grad}
    assert trained == {"1"}
    modes = [encoder.bert.embeddings.training, *(layer.training for layer in encoder.bert.encoder.layer)]
    assert modes == [False, False, True]
    with pytest.raises(ValueError, match="3 layers of the text encoder cannot be frozen: it has 2"):
        TextEncoderConfig(**{**SHAPE.model_dump(), "frozen_layers": 3})


@pytest.mark.parametrize("fine_tuned", [True, False])
def test_bert_learns_only_when_fine_tuned(fine_tuned):
    torch.manual_seed(0)
    shape = SHAPE.model_copy(update={"fine_tuned": fine_tuned})
    system = DmdSystem(small_config(text_dim=8, text_encoder=shape)).train()
    rest = random_batch(small_config(), [9, 3])
    batch = Batch(pieces(), rest.audio, rest.face, labels=rest.labels)
    _, terms = system.step_losses(batch)
    terms.total.backward()
    bert = system.dmd.text_encoder.bert
    assert any(p.grad is not None for p in bert.parameters()) == fine_tuned
    assert bert.training == fine_tuned
    assert system.predict(batch).shape == (2,)


def test_weights_and_shape_come_from_a_saved_folder(tmp_path):
    torch.manual_seed(1)
    saved = TextEncoder(SHAPE, pooler=False)
    saved.bert.save_pretrained(tmp_path)
    shape = TextEncoderConfig.from_folder(tmp_path, fine_tuned=False)
    assert shape == SHAPE.model_copy(update={"fine_tuned": False})
    loaded = TextEncoder(shape, pooler=False)
    loaded.load_pretrained(tmp_path)
    for name, tensor in saved.bert.state_dict().items():
        assert torch.equal(tensor, loaded.bert.state_dict()[name]), name


def test_a_folder_without_a_bert_is_named(tmp_path):
    with pytest.raises(ModelMissingError, match=r"no readable config\.json of a BERT"):
        TextEncoderConfig.from_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ModelMissingError, match="model type 'gpt2', need 'bert'"):
        TextEncoderConfig.from_folder(tmp_path)
    with pytest.raises(ModelMissingError, match="give the folder of a BERT of this shape"):
        TextEncoder(SHAPE, pooler=False).load_pretrained(tmp_path / "nothing")
