"""The extraction flow: SOURCE to STORE, a task a batch of clips, a bad clip never stops the rest."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner

from extractors.extraction import ExtractionConfig, preset
from flows.outcome import ExtractSummary, Outcome
from flows.progress import OBSERVER, Observer
from flows.server import served_flow
from flows.workers import WorkerPool, WorkerSpec
from pipeline.clip import Clip
from pipeline.errors import PipelineError, UsageError
from pipeline.sources import Listing, read_source
from pipeline.store import Failure, FeatureStore

MAX_BATCH = 25
"""Clips of a task: Prefect spends 10 ms and 25 KB of database on each task run, whatever it holds."""


def config_from(preset_name: str, file: Path | None) -> ExtractionConfig:
    """Return a preset's configuration with a YAML file's values laid over it.

    Raises
    ------
    UsageError
        The file cannot be read, or holds a key or a value that does not exist.
    """
    base = preset(preset_name)
    if file is None:
        return base
    import yaml
    from pydantic import ValidationError

    try:
        given = yaml.safe_load(file.read_text("utf-8")) or {}
        return ExtractionConfig.model_validate(_overlaid(base.model_dump(), given))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, TypeError, AttributeError) as error:
        raise UsageError(f"{file}: is not a usable configuration: {' '.join(str(error).split())}") from None


def _overlaid(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    return {
        **base,
        **{k: _overlaid(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v
           for k, v in given.items()},
    }  # fmt: skip


@task(name="extract-batch", cache_policy=NO_CACHE, persist_result=False)
def extract_batch(
    clips: Sequence[Clip], spec: WorkerSpec, pool: WorkerPool, observe: Observer | None
) -> list[Outcome]:
    """Extract some clips, one after the other, in one borrowed worker."""
    outcomes = []
    with pool.borrow(spec) as worker:
        for clip in clips:
            outcome = worker.extract(clip)
            if observe is not None:
                observe(outcome)
            outcomes.append(outcome)
    return outcomes


@served_flow(name="extract", validate_parameters=True, persist_result=False)
def extract(
    source: str,
    out: str,
    preset: str = "embedded",
    config: str | None = None,
    columns: dict[str, str] | None = None,
    language: str = "en",
    workers: int = 1,
    timeout_s: float = 600.0,
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
    request = check(source, out, preset=preset, config=config, columns=columns, language=language)
    outcomes = fill(request, workers, timeout_s, OBSERVER.get())
    summary = _summary(request.store, outcomes, time.monotonic() - began)
    if summary.failures:
        _report(summary.failures, len(outcomes))
    return Completed(name="PartiallyCompleted" if summary.failures else "Completed", data=summary)


@dataclass(frozen=True, slots=True)
class Request:
    """An extraction that can start."""

    settings: ExtractionConfig
    listing: Listing
    store: FeatureStore


def check(
    source: str,
    out: str,
    *,
    preset: str = "embedded",
    config: str | None = None,
    columns: Mapping[str, str] | None = None,
    language: str = "en",
) -> Request:
    """Check all that can be wrong before the first clip is opened.

    Raises
    ------
    PipelineError
        The source, the configuration or the store cannot be used.
    """
    settings = config_from(preset, Path(config) if config else None)
    listing = read_source(Path(source), columns=dict(columns or {}), language=language)
    return Request(settings, listing, FeatureStore(out, create=True))


def fill(request: Request, workers: int, timeout_s: float, observe: Observer | None) -> list[Outcome]:
    """Bring a store up to date with a source, inside a flow.

    Raises
    ------
    StoreError
        Another run is writing to the store, or it cannot be written.
    """
    with request.store.locked():
        request.store.write_settings({"extraction": request.settings.model_dump(mode="json")})
        outcomes = _unreadable(request.listing, observe)
        spec = WorkerSpec(request.store.path.resolve(), request.settings, timeout_s)
        outcomes += _run(request.listing.clips, spec, workers, observe)
        failures = [Failure(o.clip_id, o.path, o.stage, o.error) for o in outcomes if o.status == "failed"]
        request.store.write_failures(failures)
    return outcomes


def _run(clips: Sequence[Clip], spec: WorkerSpec, workers: int, observe: Observer | None) -> list[Outcome]:
    """Run the batches; one that Prefect itself fails costs its clips, not the run."""
    size = max(1, min(MAX_BATCH, len(clips) // (4 * workers)))
    batches = [tuple(clips[at : at + size]) for at in range(0, len(clips), size)]
    pool = WorkerPool()
    outcomes: list[Outcome] = []
    try:
        with ThreadPoolTaskRunner[Any](max_workers=workers) as runner:
            parameters = [{"clips": batch, "spec": spec, "pool": pool, "observe": observe} for batch in batches]
            runs: list[Any] = [runner.submit(extract_batch, parameters=given) for given in parameters]
            try:
                for batch, run in zip(batches, runs, strict=True):
                    outcomes += _outcomes(batch, run.result(raise_on_failure=False))
            except BaseException:
                pool.close()  # before the runner waits for its tasks: Ctrl-C must not wait for clips
                raise
    finally:
        pool.close()
    return outcomes


def _outcomes(batch: Sequence[Clip], found: list[Outcome] | Exception) -> list[Outcome]:
    if isinstance(found, PipelineError):  # the store cannot be written: nothing that follows could be kept
        raise found
    if isinstance(found, Exception):
        error = f"its batch failed ({type(found).__name__}: {found}); run the same command again"
        return [Outcome(clip.clip_id, str(clip.path or ""), "failed", "crash", error) for clip in batch]
    return found


def _report(failures: Sequence[Outcome], clips: int) -> None:
    create_table_artifact(
        key="failures",
        table=[{"clip_id": o.clip_id, "path": o.path, "stage": o.stage, "error": o.error} for o in failures],
        description=f"{len(failures)} of {clips} clips failed",
    )


def _unreadable(listing: Listing, observe: Observer | None) -> list[Outcome]:
    outcomes = [Outcome(p.clip_id, str(p.path), "failed", "source", p.error) for p in listing.problems]
    for outcome in outcomes:
        if observe is not None:
            observe(outcome)
    return outcomes


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
