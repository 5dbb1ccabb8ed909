"""The page of a store: what is in it, what is missing, what looks wrong, and some of its clips."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.pages import missingness, oddities
from flows.pages.clip_view import clip_view, scales
from flows.pages.dictionary import known_columns
from flows.pages.document import write_page
from flows.pages.film import Filmer, Media
from flows.pages.flags import FLAG_MEANINGS
from flows.pages.scores import NO_SCORES, ClipScores, Rows, scores_of
from flows.pages.store_summary import StoreSummary, histogram, summarise
from flows.pages.store_tables import tables
from pipeline.store import FeatureStore
from pipeline.track import FeatureColumn

CLIPS_SHOWN = 16
"""Clips whose curves are on the page: about 40 kB for ten seconds."""
SECONDS_SHOWN = 1200.0
"""Together they last no longer than this, so that the page stays light."""
LABELS_SHOWN = 12


def write_store_page(
    store: FeatureStore,
    out: Path,
    scores: Rows = None,
    columns: Mapping[str, FeatureColumn] | None = None,
    media: Media | None = None,
    notes: Sequence[str] = (),
    clips_shown: int = CLIPS_SHOWN,
) -> Path:
    """Write the page of a store: one HTML file that needs nothing else.

    Parameters
    ----------
    store : FeatureStore
    out : Path
        The file; its folder must exist.
    scores : Path, sequence of mappings, or None
        A score file or score rows.
    columns : mapping, optional
        `modality.name` -> what is known of the column, for units and meanings; by default those of our extractors.
    media : Media, optional
        Where the clips' media lie: faces are then drawn as lines, and as pictures only if that is asked for.
    notes : sequence of str
        What a reader must know before reading on, as that the scores come from a smoke run.
    clips_shown : int
        How many clips are shown with their curves: all of a small store, else the strangest and longest.

    Returns
    -------
    Path
        The absolute path of the file.

    Raises
    ------
    StoreError
        A clip's file is damaged, or the folder of ``out`` is missing or not writable.
    UsageError
        The score file cannot be read, or is of other clips.
    """
    known, found = columns or known_columns(), scores_of(list(store), scores, str(store.path))
    summary = summarise(store)
    shown = _shown(summary, clips_shown)
    with Filmer(media) as filmer:
        views = [clip_view(store.load(clip_id), found.get(clip_id, NO_SCORES), known, filmer) for clip_id in shown]
    charts = _charts(summary, found)
    context: dict[str, Any] = {
        "name": store.path.resolve().name,
        "summary": summary,
        "shown": shown,
        "charts": charts,
        "labels": summary.counted("label")[:LABELS_SHOWN] if summary.missingness.task == "classification" else [],
        "scored_as": Counter(row.best.label for row in found.values() if row.best).most_common(LABELS_SHOWN),
        "meanings": FLAG_MEANINGS,
        "notes": notes,
        "columns_note": _notes(summary),
        "min_labelled": missingness.MIN_CLIPS,
        "min_clips": oddities.MIN_CLIPS,
    }
    data = {
        "clips": views,
        "charts": charts,
        "tables": tables(summary, found, known, {clip_id: at for at, clip_id in enumerate(shown)}),
        **scales(found),
    }
    return write_page(out, "store.html", f"{context['name']}: store", context, data)


def _shown(summary: StoreSummary, count: int) -> list[str]:
    """Return the clips to show with their curves, in the order of the store."""
    ranked = [clip.clip_id for clip in summary.clips]
    if len(ranked) > count:
        strange = [oddity.clip_id for oddity in summary.strangest]
        ranked = list(dict.fromkeys([*strange, *(clip.clip_id for clip in summary.longest), *ranked]))
    duration_s = {clip.clip_id: clip.duration_s for clip in summary.clips}
    chosen: list[str] = []
    spent_s = 0.0
    for clip_id in ranked:
        if len(chosen) < count and spent_s + duration_s[clip_id] <= SECONDS_SHOWN:
            chosen.append(clip_id)
            spent_s += duration_s[clip_id]
    return sorted(chosen or ranked[:1])


def _charts(summary: StoreSummary, scores: Mapping[str, ClipScores]) -> dict[str, dict[str, Any]]:
    clips = summary.clips
    best = [found.best for found in scores.values()]
    wanted: Sequence[tuple[str, str, Sequence[float | None], tuple[float | None, float | None]]] = (
        ("duration", "seconds", [clip.duration_s for clip in clips], (0.0, None)),
        ("face", "share of frames", [clip.face_share for clip in clips], (0.0, 1.0)),
        ("speech", "share of the duration", [clip.speech_share for clip in clips], (0.0, 1.0)),
        ("confidence", "mean confidence", [clip.confidence for clip in clips], (0.0, 1.0)),
        ("score", "score", [row.score for row in best if row and row.task == "regression"], (None, None)),
    )
    charts = {}
    for name, label, values, bounds in wanted:
        counted = histogram(values, *bounds)
        if counted is None:
            continue
        centres = [counted.low + counted.width * (at + 0.5) for at in range(len(counted.counts))]
        most = max(range(len(centres)), key=lambda at: counted.counts[at])
        charts[name] = {
            "kind": "bars",
            "x": centres,
            "y": list(counted.counts),
            "width": counted.width,
            "xRange": [counted.low, counted.high],
            "xLabel": label,
            "yLabel": "clips",
            "summary": f"Histogram of {sum(counted.counts)} clips by {label}, from {counted.low:.3g} to "
            f"{counted.high:.3g}; most, {counted.counts[most]}, near {centres[most]:.3g}.",
        }
    return charts


def _notes(summary: StoreSummary) -> str:
    """Return one sentence on columns that look wrong, and one on the text's."""
    wrong = [
        f"{sum(column.verdict == verdict for column in summary.columns)} {verdict}"
        for verdict in ("missing", "mostly missing", "near-constant")
    ]
    text = sum(column.modality == "text" for column in summary.columns)
    listed = f" Of the {text} text columns, hidden units without a meaning of their own, only odd ones are listed."
    return f"Of {len(summary.columns)} columns: {', '.join(wrong)}.{listed if text else ''}"
