"""A worker process that is started early is the one that works, and is never left behind."""

import time
from multiprocessing import active_children

import pytest

from extractors.extraction import ExtractionConfig
from flows import launching
from flows.launching import early_worker
from flows.workers import WorkerPool, WorkerSpec
from pipeline.store import FeatureStore
from tests.flows.faults import FaultyWork, clip


@pytest.fixture
def spec(tmp_path):
    store = FeatureStore(tmp_path / "store", create=True)
    return WorkerSpec(store.path, ExtractionConfig(), deadline_s=30.0, work=FaultyWork)


def test_the_first_worker_is_the_process_that_was_started_early_and_the_second_a_new_one(spec):
    pool = WorkerPool()
    with early_worker(wanted=True):
        (early,) = launching._early
        with pool.borrow(spec) as first, pool.borrow(spec) as second:
            assert first.extract(clip("fine")).status == "computed"
            assert first._launched is early
            assert second.extract(clip("fine")).status == "computed"
            assert second._launched is not early
    assert early.process.is_alive()  # it belongs to the pool now
    pool.close()
    assert not early.process.is_alive()


def test_an_early_process_that_died_meanwhile_costs_nothing(spec):
    pool = WorkerPool()
    with early_worker(wanted=True), pool.borrow(spec) as worker:
        (early,) = launching._early
        early.process.kill()
        early.process.join()
        assert worker.extract(clip("fine")).status == "computed"
    pool.close()


def test_one_that_nobody_takes_ends_with_the_block_also_after_an_error():
    before = {child.pid for child in active_children()}
    with pytest.raises(ValueError, match="no such option"), early_worker(wanted=True):
        raise ValueError("no such option")
    began = time.monotonic()
    while {child.pid for child in active_children()} - before and time.monotonic() - began < 10:
        time.sleep(0.05)
    assert not {child.pid for child in active_children()} - before
    assert launching._early == []


def test_none_is_started_where_none_is_wanted():
    with early_worker(wanted=False):
        assert launching._early == []
