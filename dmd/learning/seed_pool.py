"""Seeds at the same time: one process each, which may be killed without harm."""

import multiprocessing
import queue
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dmd.learning.seed_job import Progress, SeedJob, SeedResult, TrainingProgress, finished_seed
from dmd.learning.seed_training import train_seed
from pipeline.datasets.datafolder import open_dataset
from pipeline.errors import PipelineError

POLL_S = 0.5


def train_seeds(jobs: Sequence[SeedJob], at_once: int, data: Path | None, progress: Progress) -> list[SeedResult]:
    """Train all seeds; those that are done already are not trained again.

    Parameters
    ----------
    jobs : sequence of SeedJob
    at_once : int
        1 trains in this process.
    data : Path, optional
        Folder of the dataset, which the processes map into memory; needed for more than one at a time.
    progress : callable

    Raises
    ------
    PipelineError
        A seed failed; what the others have done is kept.
    """
    waiting = [job for job in jobs if finished_seed(job.folder, job.seed) is None]
    if at_once == 1 or len(waiting) < 2 or data is None:
        for job in waiting:
            train_seed(job, progress)
    else:
        _in_processes(waiting, at_once, data, progress)
    results = [finished_seed(job.folder, job.seed) for job in jobs]
    return [result for result in results if result is not None]


def _in_processes(waiting: list[SeedJob], at_once: int, data: Path, progress: Progress) -> None:
    context = multiprocessing.get_context("spawn")
    events: Any = context.Queue()
    running: dict[int, Any] = {}
    errors: list[str] = []
    try:
        while (waiting and not errors) or running:
            while waiting and len(running) < at_once and not errors:
                job = waiting.pop(0)
                light = replace(job, dataset=_without_rows(job))
                process = context.Process(target=_train, args=(light, data, events), daemon=True)
                process.start()
                running[job.seed] = process
            _listen(events, progress, errors)
            for seed in [seed for seed, process in running.items() if not process.is_alive()]:
                process = running.pop(seed)
                process.join()
                _listen(events, progress, errors, wait=False)
                if process.exitcode and not errors:
                    errors.append(
                        f"seed {seed}: its process ended with code {process.exitcode} (out of memory?); run the same "
                        "command again, with fewer --jobs"
                    )
    finally:
        for process in running.values():
            process.terminate()
            process.join()
    if errors:
        raise PipelineError(errors[0])


def _listen(events: Any, progress: Progress, errors: list[str], *, wait: bool = True) -> None:
    """Pass on what the processes say, until nothing is said for a moment."""
    while True:
        try:
            event = events.get(timeout=POLL_S if wait else 0.05)
        except queue.Empty:
            return
        if isinstance(event, TrainingProgress):
            progress(event)
        else:
            errors.append(event)
        wait = False


def _train(job: SeedJob, data: Path, events: Any) -> None:
    dataset = open_dataset(data)
    assert dataset is not None
    whole = replace(job, dataset=dataset.with_splits([clip.split for clip in job.dataset.clips]))
    try:
        train_seed(whole, events.put)
    except PipelineError as error:
        events.put(str(error))
    except KeyboardInterrupt:
        return


def _without_rows(job: SeedJob) -> Any:
    """Return the dataset's records alone: a process maps the rows itself."""
    return replace(job.dataset, modalities={}, pieces=None)
