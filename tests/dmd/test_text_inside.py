"""Training and scoring with a BERT inside the model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from dmd.runs.checkpoint import load_run
from dmd.scoring import score_clips
from dmd.training import train_run
from dmd.training_config import TrainingConfig
from pipeline.errors import ModelMissingError
from pipeline.formats.mmsa import read_mmsa
from tests.dmd.quick import Stopped, quick, stop_at, weights
from tests.dmd.synthetic import Recipe, make_clip, make_dataset
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=2100, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64,
    )  # fmt: skip
    BertModel(shape).save_pretrained(folder)
    return folder


def words(folder: Path, prefix: str = "dmd.text_encoder") -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    found = load_file(folder / "seed-1" / "model.safetensors")
    return {name: value for name, value in found.items() if name.startswith(prefix)}


@pytest.mark.parametrize("text", ["frozen", "fine_tuned"])
def test_bert_is_trained_only_where_it_is_asked_for(tmp_path: Path, bert: Path, text: str) -> None:
    data = make_dataset(Recipe(clips=24))
    train_run(data, tmp_path / "run", quick(text=text, text_model=bert, encoder_learning_rate=1e-2))
    trained = words(tmp_path / "run")
    given = BertModel.from_pretrained(bert).state_dict()
    name = "encoder.layer.0.attention.self.query.weight"
    same = torch.equal(trained[f"dmd.text_encoder.bert.{name}"], given[name])
    assert same == (text == "frozen")


def test_it_resumes_and_scores(tmp_path: Path, bert: Path) -> None:
    data = make_dataset(Recipe(clips=24))
    config = quick(text="fine_tuned", text_model=bert, checkpoint_s=0)
    train_run(data, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train_run(data, tmp_path / "run", config, stop_at(2))
    train_run(data, tmp_path / "run", config)
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")
    run = load_run(tmp_path / "run")
    together = {row.clip_id: row for row in score_clips(run, [make_clip(n, Recipe(words=3 + n)) for n in range(30)])}
    alone = {row.clip_id: row for row in score_clips(run, [make_clip(28, Recipe(words=31))])}
    assert all(together[name] == row for name, row in alone.items())


def test_the_pieces_of_a_public_file_are_read(tmp_path: Path, bert: Path) -> None:
    content = mmsa_content()
    for part in content.values():
        del part["text"]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    train_run(data, tmp_path / "run", quick(text="fine_tuned", text_model=bert, epochs=1))
    run = load_run(tmp_path / "run")
    assert run.modalities == ("text", "audio", "face")
    assert np.isfinite(run.predict(data, np.arange(24))).all()


def test_a_folder_without_a_bert_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"no readable config\.json of a BERT"):
        train_run(make_dataset(), tmp_path / "run", quick(text="frozen", text_model=tmp_path))
    with pytest.raises(ValueError, match="needs text_model"):
        TrainingConfig(text="frozen")
