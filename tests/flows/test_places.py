"""`dmd doctor` looks at the folders that runs write to."""

import json
import os
import shutil
from collections import namedtuple

import pytest
from typer.testing import CliRunner

from flows import commands_models, places
from flows.cli import app


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    monkeypatch.setenv("DMD_STATE", str(tmp_path / "not" / "yet" / "there"))
    return tmp_path


def row():
    return places.place_rows()[0]


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_it_will_be_made_in(state):
    assert row()["folder"] == str(state / "not" / "yet" / "there")
    assert row()["remedy"] == "" and row()["free_gb"] > 0
    assert not (state / "not").exists()


def test_a_full_disk_is_said(state, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 9 * 10**8, 10**8))
    assert row()["remedy"].startswith("only 95 MB free; free some space")


def test_a_folder_that_cannot_be_written_makes_a_machine_unhealthy_and_is_said_with_the_way_out(state, monkeypatch):
    monkeypatch.setenv("DMD_STATE", "/proc/nowhere")
    assert not places._writable(state / "missing")
    for name in ("package_rows", "device_rows", "model_rows"):
        monkeypatch.setattr(commands_models, name, list)
    said = CliRunner().invoke(app, ["doctor", "--json"])
    assert said.exit_code == 1
    found = json.loads(said.stdout)
    assert found["healthy"] is False
    assert found["places"][0]["remedy"] == "not writable; set DMD_STATE to a folder that is yours"
    assert "PREFECT_HOME" not in os.environ
