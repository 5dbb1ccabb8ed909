"""A run whose processes are killed one after the other, and the same command again: the store of a quiet run."""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from extractors.extraction import ExtractionConfig
from flows.workers import WorkerPool, WorkerSpec
from pipeline.sources import read_source
from pipeline.store import FeatureStore
from tests.flows.processes import naming, none_naming
from tests.pipeline.media_making import talk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
COMMANDS = {"worker": b"spawn_main", "server": b"flows.server_process", "main": b"-m\0flows"}


@pytest.fixture
def source(tmp_path):
    """One clip that takes a while, with some text-only ones before and after it."""
    folder = tmp_path / "clips"
    folder.mkdir()
    talk(folder / "long.mp4", 6.0)
    rows = [("", f"t{number}", f"the words of number {number}") for number in range(6)]
    rows.insert(3, ("long.mp4", "long", "one two three"))
    with (folder / "clips.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("path", "id", "text"), *rows])
    yield folder / "clips.csv"
    for pid in naming(tmp_path):
        os.kill(pid, signal.SIGKILL)


def start(source: Path, home: Path, store: Path, server: str | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("PREFECT_API_URL", None)
    if server is not None:
        environment["PREFECT_API_URL"] = server
    command = [sys.executable, "-m", "flows", "extract", str(source), "--out", str(store), "--quiet"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def kill(home: Path, kind: str) -> None:
    for pid in naming(home):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if COMMANDS[kind] in command and b"resource_tracker" not in command:
            os.kill(pid, signal.SIGKILL)


def wait_for(store: Path, clips: int, run: subprocess.Popen[str]) -> None:
    while run.poll() is None and (not (store / "store.json").exists() or len(FeatureStore(store)) < clips):
        time.sleep(0.05)


def kill_worker_then(kind: str, run: subprocess.Popen[str], home: Path, store: Path) -> None:
    wait_for(store, 1, run)
    kill(home, "worker")
    wait_for(store, 3, run)
    kill(home, kind)


def contents(store: FeatureStore) -> dict[str, bytes]:
    return {key: store.file(key).read_bytes() for key in store}


def assert_ends_as_a_quiet_run(source: Path, home: Path, store: Path, server: str | None = None) -> None:
    last = start(source, home, store, server)
    assert (last.communicate(timeout=240)[0], last.returncode) == ("", 0)
    quiet = FeatureStore(store.with_name("quiet"), create=True)
    # In a worker, too: its libraries compute with one thread, and the last bits depend on that.
    with closing(WorkerPool()) as pool, pool.borrow(WorkerSpec(quiet.path, ExtractionConfig(), 240.0)) as worker:
        for clip in read_source(source).clips:
            outcome = worker.extract(clip)
            assert outcome.status == "computed", outcome.error
    assert contents(FeatureStore(store)) == contents(quiet)
    assert not FeatureStore(store).failures() and not (store / "quarantine.json").exists()


def test_a_run_whose_worker_and_then_the_flow_are_killed_goes_on_to_the_same_store(prefect_server, source, tmp_path):
    from prefect.settings import PREFECT_API_URL

    store, home, server = tmp_path / "store", tmp_path / "prefect", PREFECT_API_URL.value()
    run = start(source, home, store, server)
    kill_worker_then("main", run, home, store)
    run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL and none_naming(home)
    assert_ends_as_a_quiet_run(source, home, store, server)


@pytest.mark.slow
def test_a_run_whose_server_is_killed_too_goes_on_to_the_same_store(source, tmp_path):
    store, home = tmp_path / "store", tmp_path / "prefect"
    run = start(source, home, store)
    kill_worker_then("server", run, home, store)
    said = run.communicate(timeout=240)[0]
    assert run.returncode in (0, 1) and len(said.splitlines()) <= 1, said

    again = start(source, home, store)
    wait_for(store, 4, again)
    time.sleep(0.5)
    kill(home, "main")
    again.communicate(timeout=60)
    assert none_naming(home)
    assert_ends_as_a_quiet_run(source, home, store)
