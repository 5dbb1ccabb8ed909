"""Launching worker processes, the first one ahead of time: it loads its libraries while the command loads Prefect."""

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from multiprocessing.connection import Connection

from flows.spawning import importable_main, one_core
from flows.worker_notes import WorkerNotes
from flows.worker_process import serve


class Launched:
    """A subprocess that is told over its pipe what it does."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.notes = WorkerNotes()
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=serve, args=(theirs, os.getpid(), self.notes), name="dmd-worker", daemon=True
        )
        with importable_main(), one_core():
            self.process.start()
        theirs.close()

    def end(self) -> None:
        """Kill it, wait until it is gone, and give its pipe and its notes back."""
        self.pipe.close()
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.notes.close()


_early: list[Launched] = []


@contextlib.contextmanager
def early_worker(wanted: bool) -> Iterator[None]:
    """Start a process at once, from the main thread; the first worker inside takes it, else the block ends it."""
    if wanted:
        _early.append(Launched())
    try:
        yield
    finally:
        while _early:
            _early.pop().end()


def launch() -> Launched:
    """Return the process that was started early, else a new one."""
    return _early.pop() if _early else _starter().submit(Launched).result()


@cache
def _starter() -> ThreadPoolExecutor:
    """Return a thread that outlives all tasks: the kernel's death signal follows who started a process."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="dmd-worker-starter")
