"""RUN folders from strangers: records that ask for models of any size."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dmd.config import DmdConfig
from dmd.import_checkpoint import import_checkpoint
from dmd.runs import weights_file
from dmd.runs.checkpoint import load_run
from dmd.system import DmdSystem
from pipeline.errors import StoreError
from tests.dmd.test_import_checkpoint import as_published, published

SEEDS = 2
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two seeds, without a training."""
    folder = tmp_path_factory.mktemp("whole")
    torch.save(as_published(published("aligned"), bare=True), folder / "dmd.pth")
    import_checkpoint(folder / "dmd.pth", folder / "run")
    file = folder / "run" / "run.json"
    record = json.loads(file.read_text())
    record["seeds"] = [{**record["seeds"][0], "seed": seed} for seed in range(SEEDS)]
    file.write_text(json.dumps(record))
    shutil.copytree(folder / "run" / "seed-0", folder / "run" / "seed-1")
    return folder / "run"


@pytest.fixture
def changed(whole: Path, tmp_path: Path) -> Callable[[Change], Path]:
    def change(what: Change) -> Path:
        shutil.copytree(whole, tmp_path / "run")
        file = tmp_path / "run" / "run.json"
        record = json.loads(file.read_text())
        what(record)
        file.write_text(json.dumps(record))
        return tmp_path / "run"

    return change


BERT = {"hidden_size": 16, "heads": 1, "intermediate_size": 1 << 18, "vocabulary": 1 << 22, "layers": 200}


@pytest.mark.parametrize(
    "what",
    [
        lambda r: r["model"].update(width=4096, heads=1),
        lambda r: r["model"].update(levels=256, width=1024, heads=1),
        lambda r: r["model"].update(text_length=100_000, audio_length=100_000, face_length=100_000),
        lambda r: r["model"].update(text_encoder={**BERT, "hidden_size": r["model"]["text_dim"]}),
    ],
)
def test_a_record_that_asks_for_an_enormous_model_is_refused_before_it_is_made(
    changed: Callable[[Change], Path], what: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = DmdSystem.__init__

    def only_shapes(self: DmdSystem, config: DmdConfig) -> None:
        made(self, config)
        assert all(tensor.is_meta for tensor in self.state_dict().values()), "memory was asked for"

    run = load_run(changed(what), "cpu")
    monkeypatch.setattr(DmdSystem, "__init__", only_shapes)
    with pytest.raises(StoreError, match=r"(has shape .*|is missing) where run\.json says"):
        assert run.systems


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda r: r["model"].update(width=1 << 20), "less than or equal to 8192"),
        (lambda r: r["model"].update(levels=1 << 30), "less than or equal to 256"),
        (lambda r: r.update(seeds=r["seeds"] * 1000), "a seed stands there twice"),
    ],
)
def test_a_record_beyond_all_bounds_is_refused(changed: Callable[[Change], Path], what: Change, said: str) -> None:
    folder = changed(what)
    with pytest.raises(StoreError, match=r"run\.json: is damaged or of another version"):
        load_run(folder, "cpu")


def test_a_large_model_of_the_right_shapes_is_made(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_file, "SMALL", 0)
    assert len(load_run(whole, "cpu").systems) == SEEDS


@pytest.mark.parametrize(
    "shape", [{}, {"levels": 6, "width": 64, "heads": 4}, {"audio_length": 500, "aligned": False}]
)
def test_the_bound_of_a_model_s_size_is_one(shape: dict[str, Any]) -> None:
    config = DmdConfig(**shape)
    assert weights_file._at_most(config) >= sum(tensor.numel() for tensor in DmdSystem(config).state_dict().values())


def test_a_bert_s_weights_are_counted() -> None:
    config = DmdConfig(text_dim=16, text_encoder=BERT)  # type: ignore[arg-type]
    assert weights_file._at_most(config) > 16 * BERT["vocabulary"]
