"""Batches: the Prefect tasks of an extraction, some clips each, on either engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.engines import Engine, task_runner
from flows.outcome import Outcome
from flows.progress import Observer
from flows.workers import WorkerPool, WorkerSpec, pool_of_this_process
from pipeline.clip import Clip
from pipeline.errors import PipelineError

MAX_BATCH = 25
"""Clips of a task: Prefect spends 10 ms and 25 KB of database on each task run, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the work."""

    workers: int = 1
    engine: Engine = "local"


class Batch:
    """The clips of a task and what to do with them.

    No dataclass on purpose: in search of futures, Prefect walks through dataclasses and sequences among a task's
    arguments, several times a task, to each word of each transcript.
    """

    __slots__ = ("clips", "spec")

    def __init__(self, clips: Sequence[Clip], spec: WorkerSpec) -> None:
        self.clips = tuple(clips)
        self.spec = spec


@task(name="extract-batch", cache_policy=NO_CACHE, persist_result=False)
def extract_batch(batch: Batch, pool: WorkerPool | None, observe: Observer | None) -> list[Outcome]:
    """Extract some clips, one after the other, in one borrowed worker; without a pool, one of this process."""
    outcomes = []
    with (pool or pool_of_this_process()).borrow(batch.spec) as worker:
        for clip in batch.clips:
            outcome = worker.extract(clip)
            if observe is not None:
                observe(outcome)
            outcomes.append(outcome)
    return outcomes


def run_batches(clips: Sequence[Clip], spec: WorkerSpec, crew: Crew, observe: Observer) -> list[Outcome]:
    """Extract clips; a batch that Prefect or Dask itself fails costs its clips, not the run.

    Raises
    ------
    StoreError
        The store cannot be written.
    """
    size = max(1, min(MAX_BATCH, len(clips) // (4 * crew.workers)))
    batches = [Batch(clips[at : at + size], spec) for at in range(0, len(clips), size)]
    # Threads share the pool and report each clip; what lives elsewhere has its own pool, and reports a batch.
    here = crew.engine == "local"
    pool = WorkerPool() if here else None
    given = {"pool": pool, "observe": observe if here else None}
    outcomes: list[Outcome] = []
    try:
        with task_runner(crew.engine, crew.workers) as runner:
            runs: list[Any] = [
                runner.submit(extract_batch, parameters={"batch": batch, **given}) for batch in batches
            ]
            try:
                for batch, run in zip(batches, runs, strict=True):
                    found = _outcomes(batch.clips, run.result(raise_on_failure=False))
                    for outcome in () if here else found:
                        observe(outcome)
                    outcomes += found
            except BaseException:
                if pool is not None:
                    pool.close()  # before the runner waits for its tasks: Ctrl-C must not wait for clips
                raise
    finally:
        if pool is not None:
            pool.close()
    return outcomes


def _outcomes(clips: Sequence[Clip], found: list[Outcome] | Exception) -> list[Outcome]:
    if isinstance(found, PipelineError):  # the store cannot be written: nothing that follows could be kept
        raise found
    if isinstance(found, Exception):
        error = f"its batch failed ({type(found).__name__}: {found}); run the same command again"
        return [Outcome(clip.clip_id, str(clip.path or ""), "failed", "crash", error) for clip in clips]
    return found
