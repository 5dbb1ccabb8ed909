"""A clip that kills, hangs or confuses its worker costs itself, and nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from extractors.extraction import ExtractionConfig
from flows import workers
from flows.workers import RunStopped, WorkerError, WorkerPool, WorkerSpec
from pipeline.errors import StoreError
from pipeline.store import FeatureStore
from tests.flows.faults import FaultyWork, Unstartable, clip


@pytest.fixture
def pool():
    made = WorkerPool()
    yield made
    made.close()


@pytest.fixture
def spec(tmp_path):
    store = FeatureStore(tmp_path / "store", create=True)
    return WorkerSpec(store.path, ExtractionConfig(), deadline_s=30.0, work=FaultyWork)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("segfault", "signal SIGSEGV"),
        ("abort", "signal SIGABRT: F0000 check failed: depth > 0"),
        ("exit", "exit code 3"),
    ],
)
def test_a_clip_that_kills_its_worker_fails_with_the_reason_and_the_next_one_is_done(pool, spec, order, reason):
    with pool.borrow(spec) as worker:
        lost, done = worker.extract(clip(order)), worker.extract(clip("fine"))
    assert (lost.status, lost.stage) == ("failed", "crash")
    assert reason in lost.error and "tried 2 times" in lost.error and repr(order) in lost.error
    assert done.status == "computed" and list(FeatureStore(spec.store)) == ["fine"]


def test_a_clip_that_hangs_is_killed_at_its_deadline(pool, spec):
    short = WorkerSpec(spec.store, spec.config, 0.5, FaultyWork)
    with pool.borrow(short) as worker:
        lost = worker.extract(clip("hang"))
    assert (lost.status, lost.stage) == ("failed", "timeout")
    assert "--timeout" in lost.error


def test_a_clip_that_kills_its_worker_once_is_done_the_second_time(pool, spec):
    with pool.borrow(spec) as worker:
        assert worker.extract(clip("once")).status == "computed"


def test_workers_that_do_not_start_stop_the_run_and_no_clip_is_blamed(pool, spec, monkeypatch):
    monkeypatch.setattr(workers, "STARTS", 2)
    broken = WorkerSpec(spec.store, spec.config, 30.0, Unstartable)
    with (
        pool.borrow(broken) as worker,
        pytest.raises(WorkerError, match=r"no worker process starts \(exit code 1: ImportError: no such library\)"),
    ):
        worker.extract(clip("fine"))


def test_a_store_that_cannot_be_written_stops_the_run(pool, spec):
    with pool.borrow(spec) as worker, pytest.raises(StoreError, match="disk full"):
        worker.extract(clip("full"))


def test_closing_the_pool_wakes_who_waits_for_a_clip_and_lends_no_more(pool, spec):
    raised = []

    def owner() -> None:
        try:
            with pool.borrow(spec) as worker:
                worker.extract(clip("pid"))
                ready.set()
                worker.extract(clip("hang"))
        except RunStopped as error:
            raised.append(error)

    ready = threading.Event()
    thread = threading.Thread(target=owner)
    thread.start()
    assert ready.wait(120)
    time.sleep(0.3)
    pool.close()
    thread.join(10)
    assert not thread.is_alive() and len(raised) == 1
    with pytest.raises(RunStopped), pool.borrow(spec):
        pass


def test_a_worker_lives_from_clip_to_clip_and_from_borrower_to_borrower(pool, spec):
    pids = set()
    for name in ("a", "b"):
        with pool.borrow(spec) as worker:
            pids.add(worker.extract(clip("pid", name)).path)
    assert len(pids) == 1


def test_a_worker_computes_in_one_thread_so_that_no_bit_depends_on_the_number_of_cores(pool, spec, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with pool.borrow(spec) as worker:
        assert worker.extract(clip("threads")).path == "1"
    assert os.environ["OMP_NUM_THREADS"] == "2"


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_worker_dies_with_its_owner_even_when_it_hangs(spec, tmp_path):
    script = tmp_path / "owner.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from extractors.extraction import ExtractionConfig\n"
        "from flows.workers import WorkerPool, WorkerSpec\n"
        "from tests.flows.faults import FaultyWork, clip\n"
        "if __name__ == '__main__':\n"
        f"    spec = WorkerSpec(Path({str(spec.store)!r}), ExtractionConfig(), 600.0, FaultyWork)\n"
        "    with WorkerPool().borrow(spec) as worker:\n"
        "        print(worker.extract(clip('pid')).path, flush=True)\n"
        "        worker.extract(clip('hang'))\n"
    )
    root = Path(__file__).parents[2]
    owner = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert owner.stdout is not None
    worker = int(owner.stdout.readline())
    time.sleep(0.5)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    for _ in range(100):
        if not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split(")")[1]:
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its owner by 10 s")


def test_notes_have_no_name_so_that_no_file_is_left_whatever_ends_the_run(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    pool = WorkerPool()
    with pool.borrow(spec) as worker:
        assert "depth > 0" in worker.extract(clip("abort")).error
        assert not [*(tmp_path / "temporary").iterdir()]
    pool.close()
