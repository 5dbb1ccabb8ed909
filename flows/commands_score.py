"""`dmd score` and `dmd report`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands_extract import (
    Columns,
    Config,
    EngineName,
    Json,
    Language,
    Preset,
    Quiet,
    Timeout,
    Workers,
    parse_columns,
)
from flows.commands_train import Device
from flows.outcome import ScoreSummary
from flows.progress import clip_progress
from flows.settings import prepare
from flows.terminal import give_json, give_table, say
from pipeline.errors import UsageError

SHOWN = ("clip_id", "segment", "score", "score_low", "score_high", "label", "modalities", "flags")
ROWS_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Example: dmd score new_clips/ --out scores.csv   (or, with your own model: --model interviews.run)"
    )(score)
    app.command(epilog="Example: dmd report interviews.store --scores scores.csv --out interviews.html")(report)


def score(
    source: Annotated[str, typer.Argument(help="Videos as for `extract`, a feature store, or a feature pickle.")],
    out: Annotated[Path, typer.Option(help="The table: .csv, .jsonl or .parquet.")],
    model: Annotated[
        Path | None, typer.Option(help="A RUN folder; by default the starter model, which reads the words alone.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Keep the features of the videos in this store.")] = None,
    preset: Preset = "embedded",
    config: Config = None,
    columns: Columns = "",
    language: Language = "en",
    workers: Workers = 1,
    timeout: Timeout = 600.0,
    device: Device = "auto",
    engine: EngineName = "local",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each modality and each word contributed to a score.")
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Score videos or stored features with a trained model."""
    prepare()
    from flows.datasets import chosen_model, is_stored
    from flows.launching import early_worker
    from flows.scoretable import check_out
    from pipeline.sources import read_source

    check_out(out)
    chosen = chosen_model(str(model) if model else None)
    named = parse_columns(columns)
    films = not is_stored(source)
    # What is wrong with a source is said before anything that takes seconds to load is loaded.
    listing = read_source(Path(source), columns=named, language=language) if films else None
    with early_worker(engine == "local" and films):
        from flows.requests import check_crew, config_from
        from flows.unaligned import unaligned
        from flows.unmatched import unmatched

        at, on = check_crew(engine, device)
        clips = 0
        if listing is not None:
            clips = len(listing.clips) + len(listing.problems)
            say(f"{clips} clips in {source}; starting ...", quiet=quiet)
            words = config_from(preset, config).words
            for line in (*unaligned(listing.clips, words), *unmatched(listing.clips)):
                say(line, quiet=quiet)
        from flows.scoring import score as flow

        with clip_progress(clips, quiet=quiet):
            summary = flow(
                source=source,
                out=str(out),
                model=chosen,
                store=str(store) if store else None,
                preset=preset,
                config=str(config) if config else None,
                columns=named,
                language=language,
                workers=workers,
                timeout_s=timeout,
                device=on,
                engine=at,
                explain=explain,
            )
    show_scores(summary, quiet=quiet, json=json)
    raise typer.Exit(summary.exit_code)


def show_scores(summary: ScoreSummary, *, quiet: bool, json: bool) -> None:
    """Print the scores of whole clips, and where the rest is."""
    if json:
        give_json({**asdict(summary), "rows": list(summary.rows), "exit_code": summary.exit_code})
        return
    whole: list[Any] = [row for row in summary.rows if row["segment"] == "all"]
    if not quiet:
        give_table(whole[:ROWS_SHOWN], SHOWN)
    more = f" ({len(whole) - ROWS_SHOWN} more there)" if len(whole) > ROWS_SHOWN else ""
    failed = f"; {summary.failed} failed, reasons in {summary.out}.failures.csv" if summary.failed else ""
    say(f"{summary.scored} clips scored -> {summary.out}{more}{failed}", quiet=quiet)


def report(
    source: Annotated[Path, typer.Argument(help="A feature store or a RUN folder.")],
    out: Annotated[Path, typer.Option(help="The page, one self-contained .html file.")],
    scores: Annotated[Path | None, typer.Option(help="A score table to show beside the features.")] = None,
    clip: Annotated[str | None, typer.Option(help="Only this clip of the store.")] = None,
    media: Annotated[str | None, typer.Option(help="The SOURCE of the store: draws faces as lines.")] = None,
    with_frames: Annotated[bool, typer.Option("--with-frames", help="Show the people themselves.")] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write one self-contained page of a store, a clip or a run."""
    prepare()
    from flows.pages import Media, write_clip_page, write_run_page, write_store_page
    from pipeline.sources import read_source
    from pipeline.store import FeatureStore

    if with_frames and media is None:
        raise UsageError("--with-frames shows the media: say where they are with --media SOURCE")
    films = Media({c.clip_id: c for c in read_source(Path(media)).clips}, with_frames) if media else None
    if (source / "run.json").is_file():
        page = write_run_page(source, out, media=films)
    elif (source / "store.json").is_file() and clip is None:
        page = write_store_page(FeatureStore(source), out, scores, media=films)
    elif (source / "store.json").is_file():
        page = write_clip_page(FeatureStore(source).load(str(clip)), out, scores, media=films)
    else:
        raise UsageError(f"{source}: is neither a feature store nor a RUN folder; `dmd extract` makes a store")
    if json:
        give_json({"page": str(page), "bytes": page.stat().st_size})
    else:
        say(f"page in {page}", quiet=quiet)
