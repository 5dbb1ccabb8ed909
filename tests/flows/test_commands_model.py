"""The commands around a model: train with a target, cross-validate, import a published checkpoint, evaluate."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from flows.cli import app
from flows.training import training_config
from pipeline.errors import ModelMissingError, SplitError, UsageError
from pipeline.formats import mmsa
from tests.dmd.test_import_checkpoint import as_published, published
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa

QUICK = """
epochs: 1
batch_size: 16
tensorboard: false
baselines: false
model: {width: 8, heads: 2, levels: 1, kernel: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model")
    write_mmsa(made / "x.pkl", mmsa_content())
    (made / "quick.yaml").write_text(QUICK)
    return made


def dmd(*arguments: str | Path) -> str:
    found = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.mark.usefixtures("prefect_server")
def test_a_named_target_is_trained_as_classes_with_weights(folder: Path) -> None:
    out = dmd(
        "train", folder / "x.pkl", "--out", folder / "classes", "--config", folder / "quick.yaml", "--seeds", 1,
        "--task", "classification", "--target", "annotation", "--class-weights", "balanced", "--json",
    )  # fmt: skip
    assert set(json.loads(out)["evaluation"]["test"]["seeds"]) >= {"f1_weighted", "f1_macro"}
    record = json.loads((folder / "classes" / "run.json").read_text())
    assert record["targets"]["name"] == "annotation"
    assert record["targets"]["classes"] == ["Negative", "Positive"]
    assert len(record["model"]["class_weights"]) == 2
    confusion = dmd("evaluate", folder / "classes", folder / "x.pkl").splitlines()[-2:]
    assert sum(int(count) for row in confusion for count in row.split("\t")) == 6


@pytest.mark.usefixtures("prefect_server")
def test_training_on_a_recognised_public_file_ends_with_the_paper_beside_the_mean_over_seeds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256((folder / "x.pkl").read_bytes()).hexdigest()
    monkeypatch.setitem(mmsa.PUBLISHED, digest, "MOSI aligned_50")
    (folder / "known").mkdir()
    shutil.copyfile(folder / "x.pkl", folder / "known" / "x.pkl")
    command = ["train", folder / "known" / "x.pkl", "--out", folder / "known.run"]
    table = dmd(*command, "--config", folder / "quick.yaml", "--seeds", 2).split("test (6 clips)\n")[1]
    rows = [line.split("\t") for line in table.splitlines()]
    assert rows[0] == ["metric", "value", "low", "high", "mean over seeds", "deviation", "paper"]
    found = {row[0]: row for row in rows[1:] if len(row) == len(rows[0])}
    assert [found[name][-1] for name in ("acc7", "acc2_non0", "f1_non0")] == ["0.456", "0.860", "0.860"]
    assert found["mae"][-1] == "" and float(found["acc7"][4]) <= 1


@pytest.mark.usefixtures("prefect_server")
def test_cross_validation_predicts_every_clip_once_and_goes_on_where_it_stopped(folder: Path) -> None:
    command = ["cross-validate", folder / "x.pkl", "--out", folder / "folds", "--folds", 2, "--seeds", 2]
    command += ["--config", folder / "quick.yaml"]
    found = json.loads(dmd(*command, "--json"))
    assert found["n"] == 24 and found["folds"] == 2 and len(found["seeds"]["mae"]["values"]) == 2
    assert json.loads((folder / "folds" / "cross_validation.json").read_text())["n"] == 24
    weights = sorted((folder / "folds").glob("fold-*/seed-*/model.safetensors"))
    stamps = [file.stat().st_mtime_ns for file in weights]
    table = dmd(*command)
    assert "24 clips" in table.splitlines()[0] and table.splitlines()[1].startswith("metric\tvalue\tlow\thigh")
    assert len(weights) == 4 and [file.stat().st_mtime_ns for file in weights] == stamps


@pytest.mark.usefixtures("prefect_server")
def test_more_folds_than_groups_are_refused(folder: Path) -> None:
    with pytest.raises(SplitError, match="99 folds need at least 99 groups"):
        dmd("cross-validate", folder / "x.pkl", "--out", folder / "many", "--folds", 99)


def test_a_bert_inside_is_found_by_its_name_and_by_default_the_embedded_one(folder: Path) -> None:
    (folder / "inside.yaml").write_text("text: frozen\n")
    asked = training_config(None, {"text": "fine_tuned"}), training_config(str(folder / "inside.yaml"), {})
    assert [config.text for config in asked] == ["fine_tuned", "frozen"]
    assert all(config.text_model and (config.text_model / "config.json").is_file() for config in asked)
    with pytest.raises(ModelMissingError, match="dmd models fetch no-such-bert"):
        training_config(None, {"text": "frozen", "text_model": "no-such-bert"})
    assert training_config(None, {}).text_model is None


@pytest.mark.parametrize("name", ["aligned", "unaligned"])
def test_a_published_checkpoint_becomes_a_run_that_evaluates(folder: Path, name: str) -> None:
    torch.save(as_published(published(name), bare=True), folder / f"{name}.pth")
    run = folder / f"published-{name}"
    said = dmd("import-checkpoint", folder / f"{name}.pth", "--out", run)
    assert said == f"{name}.pth: width 10, 2 levels, columns text 16, audio 5, face 20, text as features\n"
    lengths = (10, 10, 10) if name == "aligned" else (10, 23, 31)
    write_mmsa(folder / f"{name}.pkl", mmsa_content(lengths=lengths))
    assert json.loads(dmd("evaluate", run, folder / f"{name}.pkl", "--json"))["n"] == 6


def test_a_checkpoint_with_code_in_it_is_refused(folder: Path) -> None:
    torch.save({"weight": print}, folder / "code.pth")
    with pytest.raises(UsageError, match=r"code\.pth: refused: the checkpoint tries to load \S*print"):
        dmd("import-checkpoint", folder / "code.pth", "--out", folder / "code")
    assert not (folder / "code").exists()
