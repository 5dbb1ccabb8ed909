"""Progress: what a person sees of a run while it goes on."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

from flows.outcome import Outcome

if TYPE_CHECKING:
    from dmd.learning.seed_job import Progress, TrainingProgress

Observer = Callable[[Outcome], None]
"""Called once for every clip, from any thread, as soon as its outcome is known."""
OBSERVER: ContextVar[Observer | None] = ContextVar("OBSERVER", default=None)
"""Who watches the flow that is called from this context; a flow's parameters must stay plain values."""

TRAINING: ContextVar["Progress | None"] = ContextVar("TRAINING", default=None)
"""Who is told of every step and epoch of a training that is started from this context."""


@contextlib.contextmanager
def watched(observe: Observer) -> Iterator[None]:
    """Let ``observe`` see the outcomes of the flows called inside."""
    token = OBSERVER.set(observe)
    try:
        yield
    finally:
        OBSERVER.reset(token)


@contextlib.contextmanager
def clip_progress(total: int, *, quiet: bool = False) -> Iterator[None]:
    """Show one bar with clips, hours of video, rate, time left and failures, on standard error.

    Without a terminal it prints one line a failure and nothing else.
    """
    if quiet:
        yield
        return
    if not sys.stderr.isatty():
        with watched(_print_failure):
            yield
        return
    with _bar(total) as observe, watched(observe):
        yield


def _print_failure(outcome: Outcome) -> None:
    if outcome.status == "failed":
        print(f"failed: {outcome.error}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Observer]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    lock = threading.Lock()
    seen = {"media_s": 0.0, "failed": 0.0, "clips": 0.0}
    columns = (
        TextColumn("extracting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("clips  {task.fields[rate]}  {task.fields[media]} of video  {task.fields[failed]} failed"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("extract", total=total, media="0:00:00", failed=0, rate="-")
        began = time.monotonic()

        def observe(outcome: Outcome) -> None:
            with lock:
                seen["media_s"] += outcome.duration_s
                seen["failed"] += outcome.status == "failed"
                if outcome.status == "failed":
                    progress.console.print(f"failed: {escape(outcome.error)}", style="yellow")
                seen["clips"] += 1
                rate = f"{60 * seen['clips'] / (time.monotonic() - began + 1e-3):.1f}/min"
                media, failed = clock(seen["media_s"]), int(seen["failed"])
                progress.update(bar, advance=1, media=media, failed=failed, rate=rate)

        yield observe


@contextlib.contextmanager
def training_progress(*, quiet: bool = False) -> Iterator[None]:
    """Show a bar a seed with its epoch, validation loss and time left, on a terminal's standard error."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs  {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    bars: dict[int, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def observe(at: "TrainingProgress") -> None:
            if at.seed not in bars:
                bars[at.seed] = progress.add_task(f"seed {at.seed}", total=at.epochs, loss="")
            if at.valid_loss is not None:
                loss = f"validation loss {at.valid_loss:.4f}, best in epoch {at.best_epoch}"
                progress.update(bars[at.seed], completed=at.epoch, loss=loss)
            if at.stopped:
                progress.update(bars[at.seed], total=at.epoch)

        token = TRAINING.set(observe)
        try:
            yield
        finally:
            TRAINING.reset(token)


def clock(seconds: float) -> str:
    """Return a duration as h:mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
