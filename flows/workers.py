"""Workers: killable subprocesses that extract one clip at a time and write it to the store themselves.

Who watches whom: a batch task (a thread of the flow, or a Dask worker's thread) borrows one worker and owns it
until the batch is done. It alone sets the deadline of each clip, kills the worker that misses it or dies,
starts a new one, tries the clip once more, and then gives it up with the reason. A worker dies with its owner.
"""

import atexit
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from extractors.extraction import Device, ExtractionConfig
from flows.launching import Launched, launch
from flows.outcome import Outcome
from flows.work import Work
from pipeline.clip import Clip
from pipeline.errors import PipelineError, StoreError
from pipeline.stores.quarantine import CRASH, MEMORY, TIMEOUT

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

    def __init__(self, spec: WorkerSpec) -> None:
        self.spec = spec
        self._launched: Launched | None = None
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
        launched = self._launched  # its owner may be ending it at the same time
        if launched is not None:
            launched.process.kill()

    def close(self) -> None:
        """End the subprocess; for its owner."""
        if self._launched is not None:
            self._launched.end()
        self._launched = None

    def _heed_stop(self) -> None:
        if self._stopped:
            self.close()
            raise RunStopped("the run was stopped")

    def _make_ready(self) -> None:
        """Start the subprocess unless it is there; one that cannot start is no clip's fault."""
        for left in reversed(range(STARTS)):
            self._heed_stop()
            if self._launched is not None and self._launched.process.is_alive():
                return
            try:
                self._start()
            except (EOFError, OSError):
                reason = self._last_words()
                self.close()
                self._heed_stop()
                if not left:
                    raise WorkerError(
                        f"no worker process starts ({reason}), tried {STARTS} times; see `dmd doctor`, then {RESUME}"
                    ) from None

    def _ask(self, clip: Clip) -> Outcome | tuple[str, str]:
        """Return the outcome, or (stage, reason) when the worker was lost over it."""
        assert self._launched is not None
        pipe = self._launched.pipe
        try:
            pipe.send(clip)
            if not pipe.poll(self.spec.deadline_s):
                return TIMEOUT, f"not done after {self.spec.deadline_s:.0f} s"
            outcome = pipe.recv()
        except (EOFError, OSError):
            return CRASH, f"ended its worker process ({self._last_words()})"
        assert isinstance(outcome, Outcome)
        # What is left of its memory is of no use to the next clip.
        return (MEMORY, "needs more memory than there is") if outcome.stage == MEMORY else outcome

    def _start(self) -> None:
        self.close()
        self._launched = launch()
        pipe = self._launched.pipe
        pipe.send(self.spec)
        if not pipe.poll(START_S):
            raise OSError("the worker did not report")
        pipe.recv()

    def _last_words(self) -> str:
        """Return how the subprocess ended, and the last line that it wrote."""
        if self._launched is None:
            return "did not start"
        process = self._launched.process
        process.join(5)
        return f"{_reason(process.exitcode)}{self._launched.notes.last()}"


def _reason(exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return "signal SIGKILL: most often because memory ran out"
    if exit_code is not None and exit_code < 0:
        return f"signal {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


class WorkerPool:
    """Idle workers of this process, by what they do; thread-safe."""

    def __init__(self) -> None:
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._closed = False
        self._lock = threading.Lock()

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
                worker = Worker(spec)
                self._all = [known for known in self._all if known not in others] + [worker]
            else:
                self._idle.remove(worker)
        for other in others:
            other.close()
        try:
            yield worker
        finally:
            with self._lock:
                kept = not self._closed
                if kept:
                    self._idle.append(worker)
            if not kept:
                worker.close()

    def close(self) -> None:
        """End all workers, lent ones too: a run that was interrupted ends at once, with what is stored."""
        with self._lock:
            self._closed = True
            lent = [worker for worker in self._all if worker not in self._idle]
            idle, self._all, self._idle = self._idle, [], []
        for worker in lent:
            worker.stop()
        for worker in idle:
            worker.close()


_of_this_process: list[WorkerPool] = []
_making = threading.Lock()


def pool_of_this_process() -> WorkerPool:
    """Return the pool that the tasks of a Dask worker share; it ends with the process."""
    with _making:
        if not _of_this_process:
            _of_this_process.append(WorkerPool())
            atexit.register(_of_this_process[0].close)
        return _of_this_process[0]
