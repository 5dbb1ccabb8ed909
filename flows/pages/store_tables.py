"""The long tables of a store's page, as JSON values that its script sorts, filters and turns."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.pages.columns import ColumnSummary
from flows.pages.facts import ClipFacts
from flows.pages.scores import NO_SCORES, ClipScores
from flows.pages.store_summary import StoreSummary
from flows.pages.tables import Table, make_table
from pipeline.track import FeatureColumn

Shown = Mapping[str, int]


def tables(
    summary: StoreSummary, scores: Mapping[str, ClipScores], known: Mapping[str, FeatureColumn], shown: Shown
) -> dict[str, Table]:
    """Return the tables by name.

    Parameters
    ----------
    shown : mapping
        Clip id -> its place among the clips that the page shows with their curves.
    """
    return {
        "clips": _clips(summary.clips, scores, shown),
        "failures": make_table(
            "Clips that failed, and why",
            (("Clip", "text"), ("Stage", "text"), ("Reason", "long"), ("File", "long")),
            [[row.clip_id, row.stage, row.error, row.path] for row in summary.failures],
        ),
        "columns": _columns(summary.columns, known),
        "missingness": make_table(
            f"Missingness and label, {summary.missingness.labelled} labelled clips",
            (
                ("Missing", "text"),
                ("Clips", "number"),
                ("Spearman's ρ" if summary.missingness.task == "regression" else "Effect (η²)", "number"),
                ("p", "number"),
                ("Verdict", "text"),
            ),
            [
                [
                    row.what,
                    row.clips,
                    row.effect,
                    row.p,
                    "goes with the label" if row.suspicious else "chance will do",
                ]
                for row in summary.missingness.rows
            ],
        ),
        "longest": make_table(
            "Longest clips",
            (("Clip", "clip"), ("Duration", "seconds"), ("Words", "number"), ("Segments", "number")),
            [[_link(clip.clip_id, shown), clip.duration_s, clip.words, clip.segments] for clip in summary.longest],
        ),
        "strangest": make_table(
            "Strangest clips: their means against the other clips'",
            (("Clip", "clip"), ("Outlying columns", "percent"), ("Furthest off (robust deviations)", "long")),
            [
                [_link(odd.clip_id, shown), odd.share, ", ".join(f"{name} {z:+.1f}" for name, z in odd.columns)]
                for odd in summary.strangest
            ],
        ),
    }


def _clips(clips: Sequence[ClipFacts], scores: Mapping[str, ClipScores], shown: Shown) -> Table:
    """Return the table of clips, without the columns that no clip fills."""
    columns: list[tuple[str, str, list[Any]]] = [
        ("Clip", "clip", [_link(clip.clip_id, shown) for clip in clips]),
        ("Score", "score", [_score(scores.get(clip.clip_id, NO_SCORES)) for clip in clips]),
        ("Label", "text", [clip.label for clip in clips]),
        ("Duration", "seconds", [clip.duration_s for clip in clips]),
        ("Words", "number", [clip.words for clip in clips]),
        ("Face", "percent", [clip.face_share for clip in clips]),
        ("Spoken", "percent", [clip.speech_share for clip in clips]),
        ("Confidence", "number", [clip.confidence for clip in clips]),
        ("Split", "text", [clip.split for clip in clips]),
        ("Speaker", "text", [clip.speaker for clip in clips]),
        ("Flags", "flags", [_flags(clip, scores.get(clip.clip_id, NO_SCORES)) for clip in clips]),
    ]
    filled = [column for column in columns if any(value not in (None, [None] * 3 + [""]) for value in column[2])]
    heads = tuple((label, kind) for label, kind, _ in filled)
    rows = [list(row) for row in zip(*(values for *_, values in filled), strict=True)]
    return make_table("All clips" + (": choose one to see it" if shown else ""), heads, rows)


def _columns(columns: Sequence[ColumnSummary], known: Mapping[str, FeatureColumn]) -> Table:
    """Return the table of columns; hidden units of a text model have no meaning of their own and mostly no row."""
    rows = []
    for column in [*(c for c in columns if c.modality != "text"), *odd_text(columns)]:
        about = known.get(f"{column.modality}.{column.name.partition(':')[0]}")
        quantiles = column.quantiles or (None,) * 7
        rows.append(
            [
                f"{column.modality}.{column.name}",
                about.unit if about and about.unit != "1" else None,
                column.present,
                [list(column.edges), list(column.counts)],
                quantiles[3],
                quantiles[0],
                quantiles[1],
                quantiles[5],
                quantiles[6],
                column.outliers,
                column.verdict or None,
            ]
        )
    heads = (
        ("Column", "text"),
        ("Unit", "text"),
        ("Measured", "percent"),
        ("Values", "spark"),
        ("Median", "number"),
        ("Least", "number"),
        ("5 %", "number"),
        ("95 %", "number"),
        ("Most", "number"),
        ("Outliers", "percent"),
        ("Verdict", "text"),
    )
    return make_table("Columns", heads, rows)


def odd_text(columns: Sequence[ColumnSummary]) -> list[ColumnSummary]:
    """Return the text columns worth a row: those that look wrong, unless all do, as where no clip has a text."""
    text = [column for column in columns if column.modality == "text"]
    odd = [column for column in text if column.verdict]
    return odd if len(odd) < len(text) else []


def _link(clip_id: str, shown: Shown) -> list[Any]:
    return [clip_id, shown.get(clip_id)]


def _score(scores: ClipScores) -> list[Any]:
    best = scores.best
    return [best.score, best.low, best.high, best.label] if best else [None, None, None, ""]


def _flags(clip: ClipFacts, scores: ClipScores) -> list[str]:
    extra = scores.best.flags if scores.best else ()
    return list(dict.fromkeys([*clip.flags, *extra]))
