"""Progress: what a person sees of a run while it goes on."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from flows.outcome import Outcome

Observer = Callable[[Outcome], None]
"""Called once for every clip, from any thread, as soon as its outcome is known."""
OBSERVER: ContextVar[Observer | None] = ContextVar("OBSERVER", default=None)
"""Who watches the flow that is called from this context; a flow's parameters must stay plain values."""


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
    seen = {"media_s": 0.0, "failed": 0}
    columns = (
        TextColumn("extracting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("clips  {task.fields[media]} of video  {task.fields[failed]} failed"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("extract", total=total, media="0:00:00", failed=0)

        def observe(outcome: Outcome) -> None:
            with lock:
                seen["media_s"] += outcome.duration_s
                seen["failed"] += outcome.status == "failed"
                if outcome.status == "failed":
                    progress.console.print(f"failed: {escape(outcome.error)}", style="yellow")
                progress.update(bar, advance=1, media=clock(seen["media_s"]), failed=int(seen["failed"]))

        yield observe


def clock(seconds: float) -> str:
    """Return a duration as h:mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
