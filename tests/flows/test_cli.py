"""The command line: quick help, one line for every error, the exit codes that scripts rely on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.commands_extract import parse_columns
from pipeline.errors import UsageError

COMMANDS = ("extract", "train", "evaluate", "score", "report", "merge", "forget", "serve", "doctor", "models", "demo")


def dmd(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "flows", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )


def test_help_names_every_command_and_each_has_an_example():
    overview = dmd("--help").stdout
    for command in COMMANDS:
        assert f"  {command}" in overview
    for command in ("extract", "train", "evaluate", "score", "report", "merge", "forget", "serve", "doctor"):
        shown = dmd(command, "--help")
        assert shown.returncode == 0 and "Example: dmd " in shown.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys; import flows.cli; "
        "heavy = {'torch', 'prefect', 'transformers', 'librosa', 'mediapipe', 'cv2', 'av', 'pandas', 'scipy'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.csv").write_text("text,label\nhello,1\n")
    (tmp_path / "outside.csv").write_text("path,text\n../../etc/passwd,hello\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["extract", "nowhere", "--out", "s"], "nowhere"),
        (["extract", "empty", "--out", "s"], "empty"),
        (["extract", "notes.csv", "--out", "s"], "path"),
        (["extract", "empty", "--out", "s", "--preset", "large"], "embedded, bert"),
        (["extract", "empty", "--out", "s", "--columns", "text"], "ours=theirs"),
        (["extract", "clip.csv", "--out", "s", "--shard", "5/4"], "i/n"),
        (["extract", "clip.csv", "--out", "s", "--engine", "ray"], "local, dask"),
        (["extract", "clip.csv", "--out", "s", "--device", "tpu"], "auto, cpu, cuda"),
        (["merge", "empty", "--out", "s"], "empty: no feature store"),
        (["forget", "a", "--store", "empty"], "empty: no feature store"),
        (["export", "empty", "x.pkl", "--format", "mmsa"], "empty: no feature store"),
        (["train", "nowhere", "--out", "r"], "nowhere"),
        (["train", "empty", "--out", "r"], "dmd extract empty --out STORE"),
        (["train", "empty", "--out", "r", "--task", "guess"], "task"),
        (["score", "empty", "--model", "nowhere", "--out", "x.csv"], "nowhere"),
        (["score", "empty", "--model", "nowhere", "--out", "x.doc"], ".csv, .jsonl, .parquet"),
        (["score", "empty", "--model", "nowhere", "--out", "no/x.csv"], "make it first"),
        (["report", "empty", "--out", "x.html"], "neither a feature store nor a RUN folder"),
        (["models", "fetch", "gpt"], "no model is named 'gpt'"),
    ],
)
def test_wrong_usage_is_one_line_that_names_what_is_wrong_and_exit_code_2(folder, arguments, said):
    found = dmd(*arguments, cwd=folder)
    lines = [line for line in found.stderr.splitlines() if line.strip()]
    assert (found.returncode, len(lines)) == (2, 1), found.stderr
    assert lines[0].startswith("dmd: ") and said in lines[0]


def test_an_unknown_option_is_wrong_usage():
    assert dmd("extract", "x", "--out", "y", "--colour").returncode == 2


def test_doctor_says_what_is_installed_with_licences_and_that_the_embedded_preset_can_run():
    found = dmd("doctor", "--json")
    record = json.loads(found.stdout)
    assert found.returncode == 0 and record["healthy"]
    assert all(row["licence"] for row in record["packages"] if row["version"])
    assert {row["name"] for row in record["models"]} >= {"face-embedded", "text-embedded", "bert-base-uncased"}
    assert all(row["remedy"] for row in record["models"] if row["state"] in ("missing", "damaged"))


def test_columns_are_read_as_pairs():
    assert parse_columns("text=Utterance, label=Sentiment") == {"text": "Utterance", "label": "Sentiment"}
    with pytest.raises(UsageError, match="'text'"):
        parse_columns("text")
