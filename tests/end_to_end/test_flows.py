"""The flows on the sample clips: failures beside results, nothing done twice, one worker or two, the same bytes."""

import csv
import shutil
import sys
from pathlib import Path

import pytest

from flows.outcome import SOME_FAILED
from pipeline.store import FeatureStore
from tests.flows.conftest import prefect_server

__all__ = ["prefect_server"]
pytestmark = pytest.mark.usefixtures("prefect_server")


def contents(store: Path) -> dict[str, bytes]:
    return {str(file.relative_to(store)): file.read_bytes() for file in (store / "clips").rglob("*.safetensors")}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("flows")


@pytest.fixture(scope="module")
def first(work, sample_source, prefect_server):
    from flows import extract

    return extract(source=str(sample_source), out=str(work / "store"), workers=2)


def test_a_bad_clip_is_reported_with_its_reason_and_the_rest_goes_on(first, work):
    assert (first.clips, first.failed, first.exit_code) == (16, 1, SOME_FAILED)
    assert first.computed == 15 and len(FeatureStore(work / "store")) == 15
    (failure,) = FeatureStore(work / "store").failures()
    assert failure.clip_id == "broken$_$1" and failure.stage == "read" and failure.error


def test_running_again_recomputes_nothing_and_says_so(first, work, sample_source):
    from flows import extract

    before = contents(work / "store")
    again = extract(source=str(sample_source), out=str(work / "store"))
    assert (again.computed, again.kept, again.failed) == (0, 15, 1)
    assert contents(work / "store") == before


@pytest.fixture
def two_clips(tmp_path, sample_source):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("anna", "bruno"):
        shutil.copy(sample_source / "Raw" / name / "1.mp4", source / f"{name}.mp4")
        (source / f"{name}.txt").write_text("this is what was said")
    return source


def test_after_adding_one_clip_one_is_computed_and_one_worker_writes_the_bytes_of_two(
    first, two_clips, tmp_path, sample_source
):
    from flows import extract

    assert extract(source=str(two_clips), out=str(tmp_path / "a"), workers=1).computed == 2
    shutil.copy(sample_source / "Raw" / "emma" / "1.mp4", two_clips / "emma.mp4")
    added = extract(source=str(two_clips), out=str(tmp_path / "a"), workers=1)
    assert (added.computed, added.kept) == (1, 2)
    assert extract(source=str(two_clips), out=str(tmp_path / "b"), workers=2).computed == 3
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_new_label_is_taken_over_without_computing_anything(first, work, tmp_path, sample_source):
    from flows import extract

    copy = tmp_path / "data"
    shutil.copytree(sample_source, copy)
    shutil.copytree(work / "store", tmp_path / "store")
    label = (copy / "label.csv").read_text()
    (copy / "label.csv").write_text(label.replace(",2.6,2.6,", ",1.2,2.6,"))
    found = extract(source=str(copy), out=str(tmp_path / "store"))
    assert (found.computed, found.updated, found.kept) == (0, 1, 14)
    assert FeatureStore(tmp_path / "store").load("anna$_$1").info.label == "1.2"


def test_a_store_trains_a_model_that_scores_the_store_and_a_new_video(first, work, sample_source, tmp_path):
    from flows import score, train

    run = train(source=str(work / "store"), out=str(work / "run"), config=str(sample_source / "smoke.yaml"))
    assert set(run.evaluation) >= {"valid"}
    stored = score(source=str(work / "store"), out=str(work / "stored.csv"), model=str(work / "run"))
    assert (stored.scored, stored.failed) == (15, 0)
    video = sample_source / "Raw" / "anna" / "1.mp4"
    fresh = score(source=str(video), out=str(tmp_path / "fresh.jsonl"), model=str(work / "run"))
    assert fresh.scored == 1 and "text_missing" in fresh.rows[-1]["flags"]
    with (work / "stored.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["segment"] == "all"]
    assert [row["clip_id"] for row in rows] == sorted(row["clip_id"] for row in rows)
    by_id = {row["clip_id"]: row for row in rows}
    assert by_id["slides$_$1"]["modalities"] == "text+audio" and "face_missing" in by_id["slides$_$1"]["flags"]
    assert by_id["silent$_$1"]["modalities"] == "text+face"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
def test_workers_cannot_reach_the_network(tmp_path):
    import socket

    from extractors.extraction import ExtractionConfig
    from flows.workers import WorkerPool, WorkerSpec
    from tests.flows.faults import FaultyWork, clip

    assert socket.socket(socket.AF_INET).close() is None
    store = FeatureStore(tmp_path / "store", create=True)
    pool = WorkerPool()
    try:
        with pool.borrow(WorkerSpec(store.path, ExtractionConfig(), 30.0, FaultyWork)) as worker:
            assert worker.extract(clip("dial")).error == "PermissionError"
    finally:
        pool.close()
