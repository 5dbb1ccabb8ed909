"""`dmd extract`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.outcome import ExtractSummary
from flows.progress import clip_progress, clock
from flows.settings import prepare
from flows.terminal import give_json, say
from pipeline.errors import UsageError

Source = Annotated[
    str, typer.Argument(help="A media file, a folder, an MMSA-FET dataset folder, or a .csv/.jsonl manifest.")
]
Preset = Annotated[
    str,
    typer.Option(help="`embedded` (MiniLM BERT, works offline), `bert` (bert-base-uncased), or a language: `de`."),
]
Config = Annotated[Path | None, typer.Option(help="YAML with settings that replace the preset's.")]
Columns = Annotated[str, typer.Option(help="Names of manifest columns, e.g. text=Utterance,label=Sentiment.")]
Language = Annotated[str, typer.Option(help="Language of clips that do not state one.")]
Workers = Annotated[int, typer.Option(min=1, help="Worker processes; about 1.2 GB of memory each.")]
Timeout = Annotated[float, typer.Option(min=1.0, help="Longest time for one clip, in seconds.")]
EngineName = Annotated[str, typer.Option("--engine", help="`local`, or `dask` (see docs/cluster.md).")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Seed = Annotated[int, typer.Option(help="No step of an extraction is random; taken so that options fit everywhere.")]
ShardName = Annotated[str | None, typer.Option("--shard", help="i/n: only this part of SOURCE; then `dmd merge`.")]
Retry = Annotated[bool, typer.Option("--retry-failed", help="Try clips again that crashed or ran out of time.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print errors only.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: dmd extract interviews/ --out interviews.store --workers 4")(extract)


def extract(
    source: Source,
    out: Annotated[
        Path, typer.Option(help="The feature store; made if it is not there, brought up to date if it is.")
    ],
    preset: Preset = "embedded",
    config: Config = None,
    columns: Columns = "",
    language: Language = "en",
    workers: Workers = 1,
    timeout: Timeout = 600.0,
    engine: EngineName = "local",
    device: Device = "auto",
    seed: Seed = 0,
    shard: ShardName = None,
    retry_failed: Retry = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Extract word-aligned text, audio and face features of every clip."""
    summary = run_extract(
        source,
        out,
        preset=preset,
        config=config,
        columns=parse_columns(columns),
        language=language,
        workers=workers,
        timeout_s=timeout,
        quiet=quiet,
        engine=engine,
        device=device,
        shard=shard,
        retry_failed=retry_failed,
    )
    if json:
        give_json({**asdict(summary), "exit_code": summary.exit_code})
    raise typer.Exit(summary.exit_code)


def run_extract(
    source: str,
    out: Path,
    *,
    preset: str = "embedded",
    config: Path | None = None,
    columns: dict[str, str] | None = None,
    language: str = "en",
    workers: int = 1,
    timeout_s: float = 600.0,
    quiet: bool = False,
    engine: str = "local",
    device: str = "auto",
    shard: str | None = None,
    retry_failed: bool = False,
) -> ExtractSummary:
    """Check the request, run the flow with a progress bar, and say what was done.

    Raises
    ------
    PipelineError
        The source, the configuration or the store cannot be used.
    """
    prepare()
    from flows.launching import early_worker
    from flows.requests import check, check_crew

    at, on = check_crew(engine, device)
    settings = str(config) if config else None
    found = check(source, str(out), preset=preset, config=settings, columns=columns, language=language, shard=shard)
    with early_worker(engine == "local"):
        clips = len(found.listing.clips) + len(found.listing.problems)
        say(f"{clips} clips in {source}; starting ...", quiet=quiet)
        from flows.extracting import extract as flow
        from flows.unaligned import unaligned
        from flows.unmatched import unmatched

        for line in (*unaligned(found.listing.clips, found.settings.words), *unmatched(found.listing.clips)):
            say(line, quiet=quiet)

        with clip_progress(clips, quiet=quiet):
            summary = flow(
                source=source,
                out=str(out),
                preset=preset,
                config=settings,
                columns=columns,
                language=language,
                workers=workers,
                timeout_s=timeout_s,
                engine=at,
                device=on,
                shard=shard,
                retry_failed=retry_failed,
            )
    assert isinstance(summary, ExtractSummary)  # a flow that returns a state gives its data to the caller
    say(_sentence(summary), quiet=quiet)
    return summary


def parse_columns(text: str) -> dict[str, str]:
    """Return {ours: theirs} of `ours=theirs,...`.

    Raises
    ------
    UsageError
        A part is not of that form.
    """
    pairs = [part.partition("=") for part in text.split(",") if part]
    bad = [ours for ours, equals, theirs in pairs if not (ours and equals and theirs)]
    if bad:
        raise UsageError(
            f"--columns: {bad[0]!r} is not of the form ours=theirs, as in text=Utterance,label=Sentiment"
        )
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _sentence(summary: ExtractSummary) -> str:
    done = f"{summary.computed} computed, {summary.kept} kept as they were, {summary.updated} with new labels"
    effort = f"{clock(summary.media_s)} of video in {clock(summary.wall_s)}"
    line = f"{done}, {summary.failed} failed; {effort} -> {summary.store}"
    return f"{line}; reasons in {Path(summary.store) / 'failures.csv'}" if summary.failed else line
