"""Memory that runs out, a disk that is full, two runs at once: what is stored stays whole, and the reason is said."""

import contextlib
import os
import subprocess

import pytest

from extractors.extraction import ExtractionConfig
from flows.outcome import Outcome
from flows.workers import WorkerPool, WorkerSpec
from pipeline.errors import StoreError
from pipeline.store import FeatureStore
from pipeline.stores.quarantine import GIVEN_UP, Quarantine, read_quarantine
from tests.flows.conftest import prefect_server
from tests.flows.faults import Counting, FaultyWork, clip
from tests.pipeline.making import aligned_clip

__all__ = ["prefect_server"]


@pytest.fixture
def pool():
    made = WorkerPool()
    yield made
    made.close()


def spec_of(store: FeatureStore) -> WorkerSpec:
    return WorkerSpec(store.path, ExtractionConfig(), 60.0, FaultyWork)


def test_a_clip_that_takes_all_memory_costs_itself_and_the_worker_goes_first(pool, tmp_path):
    store = FeatureStore(tmp_path / "store", create=True)
    with pool.borrow(spec_of(store)) as worker:
        assert int(worker.extract(clip("expendable")).path) == 800
        killed = worker.extract(clip("killed"))
        refused = worker.extract(clip("greedy"))
    assert (killed.stage, refused.stage) == ("crash", "memory")
    assert "memory ran out" in killed.error
    assert "needs more memory than there is, tried 2 times; cut it with start_s,end_s" in refused.error


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB; where none can be mounted, a limit on the size of files does not tell the same."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.getuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("needs to mount a small file system; tests/pipeline/test_store.py has the injected error")
    yield disk
    with contextlib.suppress(OSError):
        subprocess.run(["umount", "-l", disk], check=False)


def test_a_full_disk_stops_the_run_with_an_intact_store_that_goes_on_when_there_is_space(pool, small_disk):
    store = FeatureStore(small_disk / "store", create=True)
    ballast = small_disk / "ballast"
    with pool.borrow(spec_of(store)) as worker:
        worker.extract(clip("large", "first"))
        ballast.write_bytes(bytes(1_200_000))
        with pytest.raises(StoreError, match=r"No space left on device.*free some space.*same command") as full:
            for number in range(20):
                worker.extract(clip("large", f"clip{number}"))
        assert "clip" not in str(full.value)  # it ends the run and stays in Prefect's states
        stored = list(store)
        assert "first" in stored and not store.damaged()
        assert all(store.load(clip_id).clip_id == clip_id for clip_id in stored)
        assert not [file for file in store.path.rglob(".partial-*")]
        ballast.unlink()
        lost = next(f"clip{number}" for number in range(20) if f"clip{number}" not in stored)
        assert worker.extract(clip("large", lost)).status == "computed"


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_a_second_run_on_one_store_refuses_and_changes_nothing(prefect_server, tmp_path, engine):
    from flows import extract

    store = FeatureStore(tmp_path / "store", create=True)
    store.write(aligned_clip("a"))
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "b.mp4").write_bytes(b"")
    before = {file: file.read_bytes() for file in store.path.rglob("*") if file.is_file()}
    with store.locked(), pytest.raises(StoreError, match="another run is writing"):
        extract(source=str(tmp_path / "clips"), out=str(store.path), engine=engine)
    after = {file: file.read_bytes() for file in store.path.rglob("*") if file.is_file()}
    assert {file: content for file, content in after.items() if file.name != ".lock"} == before


@pytest.mark.parametrize("stage", GIVEN_UP)
def test_whatever_cost_a_clip_its_worker_puts_it_into_the_quarantine_and_success_takes_it_out(tmp_path, stage):
    from flows.extracting import _watcher

    store = FeatureStore(tmp_path, create=True)
    store.write(aligned_clip("lost"))
    given_up, lost = Quarantine(tmp_path, "settings"), clip("lost")
    watch = _watcher(store, [lost], given_up, 5.0, None)
    watch(Outcome("lost", "", "failed", stage, "clip 'lost': why"))
    held = Quarantine(tmp_path, "settings").reason(lost, 5.0)
    assert held is not None and (held.stage, held.error) == (stage, "clip 'lost': why")
    assert "lost" not in store  # what an earlier run stored of it is not trained on
    watch(Outcome("lost", "", "computed"))
    assert not read_quarantine(tmp_path)


def test_a_failure_that_cost_no_worker_is_tried_again_by_each_run(tmp_path):
    from flows.extracting import _watcher

    watch = _watcher(FeatureStore(tmp_path, create=True), [clip("bad")], Quarantine(tmp_path, "settings"), 5.0, None)
    watch(Outcome("bad", "", "failed", "read", "no"))
    assert not read_quarantine(tmp_path)


@pytest.mark.slow
def test_every_kind_of_fault_is_retried_once_quarantined_and_not_met_again(prefect_server, tmp_path, monkeypatch):
    from flows import extract, extracting

    def spec(*given: object, **more: object) -> WorkerSpec:
        return WorkerSpec(*given, **{**more, "work": Counting})

    monkeypatch.setattr(extracting, "WorkerSpec", spec)
    kinds = {
        **dict.fromkeys(("segfault", "abort", "exit", "killed"), "crash"), "hang": "timeout", "greedy": "memory"
    }  # fmt: skip
    source, store = tmp_path / "clips.csv", tmp_path / "store"
    source.write_text("path,id,text\n,fine,fine\n" + "".join(f",{kind},{kind}\n" for kind in kinds))
    given = {"source": str(source), "out": str(store), "timeout_s": 5.0}
    first = extract(**given)
    assert {outcome.clip_id: outcome.stage for outcome in first.failures} == kinds
    assert {name: held.stage for name, held in read_quarantine(store).items()} == kinds
    counts = {kind: (store / f"tries-{kind}").read_text() for kind in kinds}
    assert counts == dict.fromkeys(kinds, "xx")
    again = extract(**given)
    assert (again.computed, again.failures) == (1, first.failures)
    assert {kind: (store / f"tries-{kind}").read_text() for kind in kinds} == counts


def test_what_crashed_is_not_tried_again_until_it_is_asked_for(prefect_server, tmp_path, monkeypatch):
    from flows import extract, extracting

    def spec(*given: object, **more: object) -> WorkerSpec:
        return WorkerSpec(*given, **{**more, "work": FaultyWork})

    monkeypatch.setattr(extracting, "WorkerSpec", spec)
    source, crashes = tmp_path / "clips.csv", tmp_path / "store" / "crashes"
    source.write_text("path,id,text\n,a,fine\n,b,once\n,c,segfault\n")
    given = {"source": str(source), "out": str(tmp_path / "store")}
    first = extract(**given)
    assert (first.computed, first.failed, crashes.read_text()) == (2, 1, "xx")
    assert list(FeatureStore(tmp_path / "store")) == ["a", "b"]
    again = extract(**given)
    assert (again.failures, crashes.read_text()) == (first.failures, "xx")
    assert extract(**given, retry_failed=True).failed == 1
    assert crashes.read_text() == "xxxx"
    source.write_text("path,id,text\n,c,mended\n")
    assert extract(**given).failed == 0
    assert not read_quarantine(tmp_path / "store")
