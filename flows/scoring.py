"""The scoring flow: videos or a store to a score table."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from extractors.extraction import Device
from flows.batches import Crew
from flows.datasets import PICKLES, chosen_model, is_stored, open_dataset
from flows.engines import Engine
from flows.extracting import Count, Effort, Seconds, fill
from flows.outcome import Outcome, ScoreSummary
from flows.progress import OBSERVER
from flows.reading import TextReader, text_config
from flows.requests import Request, check, check_crew
from flows.scoretable import check_out, write_scores
from flows.server import served_flow
from pipeline.aligned import AlignedClip
from pipeline.cleanup import cleaned_up
from pipeline.errors import PipelineError, UsageError
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure, write_failures

if TYPE_CHECKING:
    from dmd.runs.checkpoint import TrainedRun

    Ready = tuple[TrainedRun, TextReader | None]


@served_flow(name="score", persist_result=False)
def score(
    source: str,
    out: str,
    model: str | None = None,
    store: str | None = None,
    preset: str = "embedded",
    config: str | None = None,
    columns: dict[str, str] | None = None,
    language: str = "en",
    workers: Count = 1,
    timeout_s: Seconds = 600.0,
    device: Device = "auto",
    engine: Engine = "local",
    explain: bool = False,
) -> ScoreSummary:
    """Score videos, a feature store, or a public feature pickle.

    Parameters
    ----------
    source : str
        As for `extract`; or a store or a feature pickle, which are scored as they are.
    out : str
        The table: .csv, .jsonl or .parquet. Clips that failed stand beside it, in `<out>.failures.csv`.
    model : str, optional
        A RUN folder; by default the starter model that ships, which reads the words alone.
    store : str, optional
        Where the features of videos are kept; by default they are thrown away.
    preset, config, columns, language, workers, timeout_s, engine
        As for `extract`.
    device : str
        `auto`, `cpu` or `cuda`.
    explain : bool
        Say of each score what each modality and each word contributed.

    Returns
    -------
    ScoreSummary

    Raises
    ------
    FeatureMismatchError
        The features do not fit the model; the names that differ are listed.
    PipelineError
        The source, the model or the output cannot be used.
    """
    check_out(Path(out))
    model = chosen_model(model)
    check_crew(engine, device)
    if is_stored(source):
        return score_features(source, out, model, device, [], explain=explain)
    request = {"preset": preset, "config": config, "columns": columns, "language": language}
    with tempfile.TemporaryDirectory(prefix="dmd-score-") as folder, cleaned_up(lambda: shutil.rmtree(folder)):
        kept = store or str(Path(folder) / "store")
        found = check(source, kept, **request)  # type: ignore[arg-type]
        if store is None:
            found = _as_read(found, model)
        with ThreadPoolExecutor(1, thread_name_prefix="dmd-model") as aside:  # seconds that the workers need anyway
            ready = aside.submit(_ready, model, device)
            outcomes = fill(found, Effort(Crew(workers, engine), timeout_s), OBSERVER.get())
        failed = [outcome for outcome in outcomes if outcome.status == "failed"]
        asked = {outcome.clip_id: outcome.path for outcome in outcomes if outcome.status != "failed"}
        return score_features(kept, out, model, device, failed, asked, explain, ready.result)


@task(name="score-features", cache_policy=NO_CACHE, persist_result=False)
def score_features(
    source: str,
    out: str,
    model: str,
    device: str,
    failed: list[Outcome],
    only: Mapping[str, str] | None = None,
    explain: bool = False,
    ready: "Callable[[], Ready] | None" = None,
) -> ScoreSummary:
    """Score stored features and write the tables; with ``only`` (clip id -> media file), these clips of the store.

    ``ready`` gives the model where it was loaded meanwhile.
    """
    from dmd.scoring import ALL, score_clips, score_dataset

    run, reader = ready() if ready else _ready(model, device)
    failures = list(failed)

    def note(clip_id: str, error: PipelineError) -> None:
        failures.append(Outcome(clip_id, (only or {}).get(clip_id, ""), "failed", "score", str(error)))

    if Path(source).suffix.lower() in PICKLES:
        rows = [row.as_columns() for row in score_dataset(run, open_dataset(source), explained=explain)]
    else:
        features = FeatureStore(source)
        failures += [Outcome("", str(source), "failed", "read", str(error)) for error in features.damaged()]
        clips = _clips(features, only)
        clips = map(reader.read, clips) if reader else clips
        rows = [row.as_columns() for row in score_clips(run, clips, note, explained=explain)]
    scored = sum(row["segment"] == ALL for row in rows)
    if not scored and not failures:
        raise UsageError(f"{source}: holds no clip to score; see its failures.csv for what failed and why")
    write_scores(Path(out), rows)
    table = [Failure(o.clip_id, o.path, o.stage, o.error) for o in failures]
    write_failures(Path(f"{out}.failures.csv"), table)
    return ScoreSummary(out, model, scored, len(failures), tuple(failures), tuple(rows))


def _ready(model: str, device: str) -> "Ready":
    """Return a model with all that scoring with it loads, and what reads words for it if it reads its own way."""
    from dmd.runs.checkpoint import load_run

    run = load_run(model, device)
    reader = TextReader(run.record.reading) if run.record.reading else None
    assert run.systems and run.normaliser
    return run, reader


def _as_read(request: Request, model: str) -> Request:
    """Return an extraction that reads words as the model wants them, for a store that nobody keeps."""
    from dmd.runs.folder import read_record

    reading = read_record(Path(model)).reading
    if reading is None:
        return request
    return replace(request, settings=request.settings.model_copy(update={"text": text_config(reading)}))


def _clips(store: FeatureStore, only: Mapping[str, str] | None) -> Iterator[AlignedClip]:
    return (store.load(clip_id) for clip_id in store if only is None or clip_id in only)
