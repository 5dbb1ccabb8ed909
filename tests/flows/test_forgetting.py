"""Forgetting a clip reaches the tables of failures that Prefect keeps, and what others need there stays."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.store import FeatureStore


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
