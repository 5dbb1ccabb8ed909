"""Engines: where the batches of an extraction run, on this machine or on a Dask cluster."""

import importlib.util
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

Engine = Literal["local", "dask"]
ENGINES: tuple[Engine, ...] = ("local", "dask")
SCHEDULER_VARIABLE = "DMD_DASK_SCHEDULER"
"""Address of a running Dask scheduler, as in tcp://head:8786; without it a cluster is started on this machine."""


def check_engine(engine: str) -> Engine:
    """Return the engine; refuse one that does not exist or is not installed.

    Raises
    ------
    UsageError
        So.
    """
    known = next((name for name in ENGINES if name == engine), None)
    if known is None:
        raise UsageError(f"--engine: there is no engine {engine!r}; choose one of {', '.join(ENGINES)}")
    if engine == "dask" and importlib.util.find_spec("prefect_dask") is None:
        raise UsageError("--engine dask: Dask is not installed; run: pip install 'dmd-video[dask]'")
    return known


@contextmanager
def task_runner(engine: Engine, workers: int) -> "Iterator[TaskRunner[Any]]":
    """Give a started task runner with room for ``workers`` batches at a time."""
    from prefect.task_runners import ThreadPoolTaskRunner

    if engine == "local":
        with ThreadPoolTaskRunner[Any](max_workers=workers) as threads:
            yield threads
        return
    import dask

    address = os.environ.get(SCHEDULER_VARIABLE)
    cluster = {"n_workers": workers, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    # A worker's process must be allowed children of its own: the killable ones that open the clips.
    with dask.config.set(CONFIGURATION), _address_for_children():
        from prefect_dask.task_runners import DaskTaskRunner

        # Dask takes its level from the configuration when it is first imported, which may have been before.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        runner = DaskTaskRunner(address=address) if address else DaskTaskRunner(cluster_kwargs=cluster)
        with runner:
            yield runner


CONFIGURATION = {
    "distributed.worker.daemon": False,
    "distributed.logging.distributed": "critical",
    "distributed.scheduler.allowed-failures": 3,
}


@contextmanager
def _address_for_children() -> Iterator[None]:
    """Tell the processes of a cluster where Prefect's server is: each would start its own otherwise."""
    from prefect.settings import PREFECT_API_URL

    before = os.environ.get("PREFECT_API_URL")
    os.environ["PREFECT_API_URL"] = str(PREFECT_API_URL.value())
    try:
        yield
    finally:
        if before is None:
            del os.environ["PREFECT_API_URL"]
        else:
            os.environ["PREFECT_API_URL"] = before
