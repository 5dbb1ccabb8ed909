"""The extraction flow: SOURCE to STORE, a task a batch of clips, a bad clip never stops the rest."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated

from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from extractors.extraction import EXTRACTION_VERSION, Device
from flows.artifacts import leave_markdown, leave_table
from flows.batches import Crew, run_batches
from flows.engines import Engine
from flows.outcome import ExtractSummary, Outcome
from flows.progress import OBSERVER, Observer
from flows.requests import Request, check, check_crew
from flows.server import served_flow
from flows.workers import WorkerSpec
from pipeline.clip import Clip
from pipeline.sources import Listing
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure
from pipeline.stores.quarantine import GIVEN_UP, Quarantine

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


@served_flow(name="extract", validate_parameters=True, persist_result=False)
def extract(
    source: str,
    out: str,
    preset: str = "embedded",
    config: str | None = None,
    columns: dict[str, str] | None = None,
    language: str = "en",
    workers: Count = 1,
    timeout_s: Seconds = 600.0,
    engine: Engine = "local",
    device: Device = "auto",
    shard: str | None = None,
    retry_failed: bool = False,
) -> State[ExtractSummary]:
    """Extract SOURCE into STORE; what the store already holds of it is kept.

    Parameters
    ----------
    source : str
        A media file, a folder, an MMSA-FET dataset folder or a manifest.
    out : str
        The store; made if it is not there.
    preset : str
        `embedded` or `bert`.
    config : str, optional
        A YAML file over the preset.
    columns : dict, optional
        Manifest columns by our name: {"text": "Utterance"}.
    language : str
        Language of clips that do not state one (BCP 47).
    workers : int
        Worker processes.
    timeout_s : float
        Longest time for one clip, in seconds.
    engine : str
        `local`, or `dask`: a cluster on this machine, or the one whose scheduler `$DMD_DASK_SCHEDULER` names.
    device : str
        Where the torch models run: `auto`, `cpu` or `cuda`; see `extractors.extraction.Extractor`.
    shard : str, optional
        `i/n`: only this part of the source.
    retry_failed : bool
        Try clips again that crashed, outlasted or overfilled their workers in an earlier run.

    Returns
    -------
    ExtractSummary
        Calling the flow gives it; the run's state is named `PartiallyCompleted` when some clips failed.

    Raises
    ------
    PipelineError
        The source, the configuration or the store cannot be used.
    """
    began = time.monotonic()
    request = check(source, out, preset=preset, config=config, columns=columns, language=language, shard=shard)
    check_crew(engine, device)
    effort = Effort(Crew(workers, engine), timeout_s, device, retry_failed)
    outcomes = fill(request, effort, OBSERVER.get())
    summary = _summary(request.store, outcomes, time.monotonic() - began)
    _report(summary)
    return Completed(name="PartiallyCompleted" if summary.failures else "Completed", data=summary)


@dataclass(frozen=True, slots=True)
class Effort:
    """How an extraction is done; none of it decides a value."""

    crew: Crew
    timeout_s: float
    device: Device = "auto"
    retry_failed: bool = False


def fill(request: Request, effort: Effort, observe: Observer | None) -> list[Outcome]:
    """Bring a store up to date with a source, inside a flow.

    Raises
    ------
    StoreError
        Another run is writing to the store, or it cannot be written.
    """
    store, settings = request.store, request.settings.model_dump(mode="json")
    with store.locked() as turn:
        store.write_settings({"extraction": settings})
        given_up = Quarantine(store.path, json.dumps([EXTRACTION_VERSION, settings], sort_keys=True))
        outcomes = _unreadable(request.listing)
        todo: list[Clip] = []
        for clip in request.listing.clips:
            held = None if effort.retry_failed else given_up.reason(clip, effort.timeout_s)
            if held is None:
                todo.append(clip)
            else:
                outcomes.append(Outcome(clip.clip_id, str(clip.path or ""), "failed", held.stage, held.error))
                _remove(store, clip.clip_id)
        if observe is not None:
            for outcome in outcomes:
                observe(outcome)
        spec = WorkerSpec(store.path.resolve(), request.settings, effort.timeout_s, device=effort.device, turn=turn)
        watch = _watcher(store, todo, given_up, effort.timeout_s, observe)
        outcomes += run_batches(todo, spec, effort.crew, watch)
        failures = [Failure(o.clip_id, o.path, o.stage, o.error) for o in outcomes if o.status == "failed"]
        store.write_failures(failures)
    return outcomes


def _watcher(
    store: FeatureStore, clips: Sequence[Clip], given_up: Quarantine, timeout_s: float, observe: Observer | None
) -> Observer:
    """Return who keeps the quarantine while outcomes come in, and passes them on.

    What an earlier run stored of a clip that is given up goes, as that of one that fails does in its worker: it was
    made of another file or other words, and nobody must train on it.
    """
    by_id = {clip.clip_id: clip for clip in clips}
    lock = threading.Lock()

    def watch(outcome: Outcome) -> None:
        with lock:
            if outcome.stage in GIVEN_UP:
                given_up.give_up(by_id[outcome.clip_id], timeout_s, outcome.stage, outcome.error)
                _remove(store, outcome.clip_id)
            elif outcome.status != "failed":
                given_up.release(outcome.clip_id)
        if observe is not None:
            observe(outcome)

    return watch


def _remove(store: FeatureStore, clip_id: str) -> None:
    if clip_id in store:
        store.remove(clip_id)


def _report(summary: ExtractSummary) -> None:
    """Leave in Prefect what the command prints and what failures.csv holds."""
    rows = {field.name: getattr(summary, field.name) for field in fields(summary) if field.name != "failures"}
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {_cell(value)} |" for name, value in rows.items())]
    leave_markdown("summary", "\n".join(lines), "What the extraction did")
    if summary.failures:
        leave_table(
            [{"clip_id": o.clip_id, "path": o.path, "stage": o.stage, "error": o.error} for o in summary.failures],
            f"{summary.failed} of {summary.clips} clips failed",
        )


def _cell(value: object) -> str:
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")


def _unreadable(listing: Listing) -> list[Outcome]:
    return [Outcome(p.clip_id, str(p.path), "failed", "source", p.error) for p in listing.problems]


def _summary(store: FeatureStore, outcomes: Sequence[Outcome], wall_s: float) -> ExtractSummary:
    count = {
        status: sum(o.status == status for o in outcomes) for status in ("computed", "kept", "updated", "failed")
    }
    return ExtractSummary(
        store=str(store.path),
        clips=len(outcomes),
        **count,
        media_s=sum(outcome.duration_s for outcome in outcomes),
        wall_s=wall_s,
        failures=tuple(outcome for outcome in outcomes if outcome.status == "failed"),
    )
