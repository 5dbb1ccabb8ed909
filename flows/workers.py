"""Workers: killable subprocesses that extract one clip at a time and write it to the store themselves.

Who watches whom: a batch task (a thread of the flow, or a Dask worker's thread) borrows one worker and owns it
until the batch is done. It alone sets the deadline of each clip, kills the worker that misses it or dies,
starts a new one, tries the clip once more, and then gives it up with the reason. A worker dies with its owner.
"""

import atexit
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from extractors.extraction import Device, ExtractionConfig
from flows.outcome import Outcome
from flows.spawning import importable_main, one_core
from flows.work import Work
from flows.worker_notes import WorkerNotes
from flows.worker_process import serve
from pipeline.clip import Clip
from pipeline.errors import PipelineError, StoreError
from pipeline.quarantine import CRASH, MEMORY, TIMEOUT

TRIES = 2
"""A clip that kills or outlasts its worker is tried once more in a fresh one, then given up."""
STARTS = 3
"""So often a worker is started before the run ends: something may have killed it on its way."""
START_S = 300.0
"""A worker that has not reported by then, on a machine however loaded, will not."""
REMEDIES = {
    CRASH: "re-encode it or leave it out",
    TIMEOUT: "leave it out, or give it more time with --timeout",
    MEMORY: "cut it with start_s,end_s, or run with fewer --workers",
}
RESUME = "run the same command again: what is finished is kept"


class WorkerError(PipelineError):
    """No worker process starts."""


class RunStopped(PipelineError):
    """The run was interrupted while a clip was in work; the clip is neither done nor failed."""


class Doer(Protocol):
    """What a worker holds: models that are loaded once."""

    def do(self, clip: Clip) -> Outcome:
        """Bring one clip of the store up to date."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """What a worker does and where it writes."""

    store: Path
    config: ExtractionConfig
    deadline_s: float = 600.0
    """Longest time for one clip."""
    work: Callable[[Path, ExtractionConfig, Device, str | None], Doer] = Work
    """Makes, in the subprocess, what does the work."""
    device: Device = "auto"
    """Where its torch models run."""
    turn: str | None = None
    """Of the run that it works for: `FeatureStore.locked`."""


class Worker:
    """One subprocess and the pipe to it."""

    def __init__(self, spec: WorkerSpec, starter: ThreadPoolExecutor) -> None:
        self.spec = spec
        self._starter = starter
        self._process: Any = None
        self._notes = WorkerNotes()
        self._pipe: Connection | None = None
        self._stopped = False

    def extract(self, clip: Clip) -> Outcome:
        """Extract one clip within its deadline, whatever it does to the worker.

        Raises
        ------
        StoreError
            The store cannot be written: the run must stop.
        WorkerError
            No worker process starts.
        RunStopped
            The pool was closed meanwhile.
        """
        lost = (CRASH, "")
        for _ in range(TRIES):
            self._make_ready()
            answer = self._ask(clip)
            self._heed_stop()
            if isinstance(answer, Outcome):
                if answer.stage == "write":
                    raise StoreError(answer.error)
                return answer
            self.close()
            lost = answer
        path = str(clip.path or "")
        reason = f"{lost[1]}, tried {TRIES} times; {REMEDIES[lost[0]]}"
        return Outcome(clip.clip_id, path, "failed", lost[0], f"clip {clip.clip_id!r} ({path}): {reason}")

    def stop(self) -> None:
        """End the subprocess from another thread; its owner, waiting for an answer, then raises `RunStopped`.

        The pipe is left to the owner: a descriptor closed under a waiting thread would never wake it.
        """
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the subprocess; for its owner."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None and self._process.is_alive():
            self._process.kill()
        if self._process is not None:
            self._process.join()
        self._process = self._pipe = None

    def discard(self) -> None:
        """End the subprocess for good; for its owner, who asks nothing more of it."""
        self.close()
        self._notes.close()

    def _heed_stop(self) -> None:
        if self._stopped:
            self.close()
            raise RunStopped("the run was stopped")

    def _make_ready(self) -> None:
        """Start the subprocess unless it is there; one that cannot start is no clip's fault."""
        for left in reversed(range(STARTS)):
            self._heed_stop()
            if self._process is not None and self._process.is_alive():
                return
            try:
                self._starter.submit(self._start).result()
            except (EOFError, OSError):
                reason = f"{self._exit_code()}{self._notes.last()}"
                self.close()
                self._heed_stop()
                if not left:
                    raise WorkerError(
                        f"no worker process starts ({reason}), tried {STARTS} times; see `dmd doctor`, then {RESUME}"
                    ) from None

    def _ask(self, clip: Clip) -> Outcome | tuple[str, str]:
        """Return the outcome, or (stage, reason) when the worker was lost over it."""
        assert self._pipe is not None
        try:
            self._pipe.send(clip)
            if not self._pipe.poll(self.spec.deadline_s):
                return TIMEOUT, f"not done after {self.spec.deadline_s:.0f} s"
            outcome = self._pipe.recv()
        except (EOFError, OSError):
            return CRASH, f"ended its worker process ({self._exit_code()}{self._notes.last()})"
        assert isinstance(outcome, Outcome)
        # What is left of its memory is of no use to the next clip.
        return (MEMORY, "needs more memory than there is") if outcome.stage == MEMORY else outcome

    def _start(self) -> None:
        self.close()
        self._notes.empty()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, self.spec, os.getpid(), self._notes), name="dmd-worker", daemon=True
        )
        with importable_main(), one_core():
            self._process.start()
        theirs.close()
        if not self._pipe.poll(START_S):
            raise OSError("the worker did not report")
        self._pipe.recv()

    def _exit_code(self) -> str:
        if self._process is None:
            return "did not start"
        self._process.join(5)
        code = self._process.exitcode
        if code == -signal.SIGKILL:
            return "signal SIGKILL: most often because memory ran out"
        if code is not None and code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"


class WorkerPool:
    """Idle workers of this process, by what they do; thread-safe."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._closed = False
        self._lock = threading.Lock()
        # The kernel's death signal follows the thread that started a process, so one that outlives all tasks does.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dmd-worker-starter")

    @contextlib.contextmanager
    def borrow(self, spec: WorkerSpec) -> Iterator[Worker]:
        """Lend a worker of this specification, an idle one if there is one."""
        with self._lock:
            if self._closed:
                raise RunStopped("the run was stopped")
            worker = next((worker for worker in self._idle if worker.spec == spec), None)
            others: list[Worker] = []
            if worker is None:
                # A long-lived pool (a Dask worker's) must not hold the models of runs that are over.
                others, self._idle = self._idle, []
                worker = Worker(spec, self._starter)
                self._all = [known for known in self._all if known not in others] + [worker]
            else:
                self._idle.remove(worker)
        for other in others:
            other.discard()
        try:
            yield worker
        finally:
            with self._lock:
                kept = not self._closed
                if kept:
                    self._idle.append(worker)
            if not kept:
                worker.discard()

    def close(self) -> None:
        """End all workers, lent ones too: a run that was interrupted ends at once, with what is stored."""
        with self._lock:
            self._closed = True
            lent = [worker for worker in self._all if worker not in self._idle]
            idle, self._all, self._idle = self._idle, [], []
        for worker in lent:
            worker.stop()
        for worker in idle:
            worker.discard()


_of_this_process: list[WorkerPool] = []
_making = threading.Lock()


def pool_of_this_process() -> WorkerPool:
    """Return the pool that the tasks of a Dask worker share; it ends with the process."""
    with _making:
        if not _of_this_process:
            _of_this_process.append(WorkerPool())
            atexit.register(_of_this_process[0].close)
        return _of_this_process[0]
