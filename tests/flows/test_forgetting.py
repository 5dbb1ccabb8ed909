"""Forgetting a clip reaches the tables of failures that Prefect keeps, and what others need there stays."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.errors import UsageError
from pipeline.store import FeatureStore

LATE_EVENTS_S = 30


@pytest.fixture
def two_failures(prefect_server, tmp_path):
    """A store of two clips that cannot be read, made by a run."""
    from flows import extract

    (tmp_path / "clips.csv").write_text("path,id\ngone.mp4,anna-withdrew\nlost.mp4,bruno\n")
    found = extract(source=str(tmp_path / "clips.csv"), out=str(tmp_path / "store"))
    assert found.failed == 2
    return tmp_path / "store"


def tables():
    from prefect.client.orchestration import get_client

    from flows.forgetting import _tables

    with get_client(sync_client=True) as client:
        return [json.loads(table.data) for table in _tables(client)]


def test_a_run_about_the_file_of_a_forgotten_clip_is_forgotten_and_one_about_its_folder_is_not(
    prefect_server, tmp_path
):
    from prefect.client.orchestration import get_client

    from flows import extract
    from flows.cli import app
    from flows.forgetting import _is_of_file, _runs

    (tmp_path / "carla-withdrew.mp4").write_bytes(b"no film")
    for source in (tmp_path / "carla-withdrew.mp4", tmp_path):
        extract(source=str(source), out=str(tmp_path / f"store-{source.name}"))
    store = tmp_path / "store-carla-withdrew.mp4"
    said = CliRunner().invoke(app, ["forget", "carla-withdrew", "--store", str(store), "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert (found["failures"], found["rows_in_prefect"], found["runs_in_prefect"]) == (1, 2, 1)
    with get_client(sync_client=True) as client:
        runs = _runs(client)
    assert any(run.parameters["source"] == str(tmp_path) for run in runs)
    assert not any(_is_of_file(run, "carla-withdrew") for run in runs)


def test_the_message_of_a_run_that_ended_over_a_clip_is_forgotten(prefect_server):
    from prefect import flow

    from flows.forgetting import _database, forget_in_prefect

    @flow(name="over-a-clip")
    def over_a_clip() -> None:
        raise UsageError("clip 'dora-withdrew': stands in train and in test")

    with pytest.raises(UsageError):
        over_a_clip()
    database = _database()
    assert database is not None

    def traces() -> list[Path]:
        return [file for file in database.parent.glob("*.db*") if b"dora-withdrew" in file.read_bytes()]

    assert traces()
    assert forget_in_prefect("dora-withdrew").messages > 0
    # The server of the run still runs and writes its events some seconds after they happened.
    for _ in range(LATE_EVENTS_S):
        if not traces():
            break
        time.sleep(1)
        forget_in_prefect("dora-withdrew")
    assert traces() == []


@pytest.mark.slow
def test_no_byte_of_a_forgotten_clip_is_left_in_the_store_and_in_the_state_of_runs(tmp_path):
    """Text, id and path, searched in every file, also in what a database keeps of deleted rows."""
    secret = "nobody but zoe ever said these eleven words about her mother"
    (tmp_path / "clips.csv").write_text(
        f"path,id,text\n,zoe-1,{secret}\n,yan-1,and these are the words of yan\ngone/zoe-2.mp4,zoe-2,\n"
    )
    store, state = tmp_path / "store", tmp_path / "state"
    environment = {**os.environ, "DMD_STATE": str(state), "PYTHONPATH": str(Path(__file__).parents[2])}
    for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_API_DATABASE_CONNECTION_URL"):
        environment.pop(name, None)

    def run(*arguments: object) -> int:
        command = [sys.executable, "-m", "flows", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    def traces() -> list[str]:
        marks = [b"zoe", secret.encode(), b"her mother"]
        files = [file for folder in (store, state) for file in folder.rglob("*") if file.is_file()]
        return [str(file) for file in files if any(mark in file.read_bytes() for mark in marks)]

    assert run("extract", tmp_path / "clips.csv", "--out", store) == 3
    assert run("score", store, "--out", store / "scores.csv", "--explain") == 0
    assert run("report", store, "--out", store / "page.html") == 0
    assert len(traces()) >= 4
    for clip_id in ("zoe-1", "zoe-2"):
        assert run("forget", clip_id, "--store", store) == 0
    assert traces() == []
    assert list(FeatureStore(store)) == ["yan-1"] and "yan-1" in (store / "scores.csv").read_text()


def test_a_forgotten_clip_leaves_the_tables_of_prefect_and_the_others_stay(two_failures):
    from flows.cli import app

    before = tables()
    assert any("anna-withdrew" in str(table) for table in before)
    said = CliRunner().invoke(app, ["forget", "anna-withdrew", "--store", str(two_failures), "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["rows_in_prefect"] == 1
    after = tables()
    assert "anna-withdrew" not in str(after) and any("bruno" in str(table) for table in after)
    assert len(after) == len(before)
    assert [row.clip_id for row in FeatureStore(two_failures).failures()] == ["bruno"]

    assert CliRunner().invoke(app, ["forget", "bruno", "--store", str(two_failures)]).exit_code == 0
    assert "bruno" not in str(tables())
