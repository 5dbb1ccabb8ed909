"""A Dask worker that is lost, in short: without Prefect, with one worker that Dask starts again."""

import sys

import pytest

from extractors.extraction import ExtractionConfig
from flows.batches import Batch, extract_batch
from flows.engines import CONFIGURATION
from flows.workers import WorkerSpec
from pipeline.store import FeatureStore
from tests.flows.faults import FaultyWork, clip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")


def test_the_batch_of_a_lost_dask_worker_is_done_again_and_what_was_stored_is_whole(tmp_path):
    import dask
    from distributed import Client, LocalCluster

    store = FeatureStore(tmp_path / "store", create=True)
    with (
        store.locked() as turn,
        dask.config.set(CONFIGURATION),
        LocalCluster(1, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)) as cluster,
        Client(cluster) as client,
    ):
        spec = WorkerSpec(store.path, ExtractionConfig(), 60.0, FaultyWork, turn=turn)
        batch = Batch([clip("fine", "before"), clip("orphan"), clip("fine", "after")], spec)
        found = client.submit(extract_batch.fn, batch, None, None).result(timeout=120)
    assert [outcome.status for outcome in found] == ["computed"] * 3
    assert (store.path / "orphaned").exists() and list(store) == ["after", "before", "orphan"]
