"""Scores as a page needs them: read from a score file, or from rows that are at hand."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.untrusted.jsontext import parse_json
from pipeline.untrusted.parquetfile import read_tables
from pipeline.untrusted.tables import MAX_TABLE_BYTES
from pipeline.untrusted.textfile import read_bytes

MAX_ROWS = 2_000_000
"""Of a score file: twenty segments of each of 100,000 clips."""
WHOLE_CLIP = "all"
"""The `segment` of the row that stands for the clip."""
CONTRIBUTION = "shapley_"
"""Columns `shapley_text`, `shapley_audio`, `shapley_face` hold what each modality contributed."""


@dataclass(frozen=True, slots=True)
class Score:
    """One row of a score table."""

    clip_id: str
    segment: str
    start_s: float | None
    end_s: float | None
    text: str
    task: str
    score: float | None
    label: str
    low: float | None
    high: float | None
    probabilities: Mapping[str, float]
    modalities: tuple[str, ...]
    flags: tuple[str, ...]
    contributions: Mapping[str, float]
    """Modality -> its share of the score; empty if the table has none."""
    words: tuple[float, ...]
    """What each word of the row contributed (occlusion); empty if the table has none."""
    base: float | None = None
    """The score of a clip of which nothing is seen."""
    deletion: tuple[float, float] | None = None
    """How far the score moves without the third of the words that contribute most, and least."""


@dataclass(frozen=True, slots=True)
class ClipScores:
    """The scores of one clip."""

    whole: Score | None
    segments: tuple[Score, ...]

    @property
    def best(self) -> Score | None:
        """The row of the clip, else that of its only segment."""
        return self.whole or (self.segments[0] if len(self.segments) == 1 else None)


NO_SCORES = ClipScores(None, ())
Rows = Path | Sequence[Mapping[str, Any]] | None


def by_clip(rows: Rows) -> dict[str, ClipScores]:
    """Group score rows by clip.

    Parameters
    ----------
    rows : Path, sequence of mappings, or None
        A score file (.csv, .jsonl, .parquet), its rows, or nothing.

    Raises
    ------
    UsageError
        The file is missing, of another kind, or holds no score rows.
    """
    if rows is None:
        return {}
    found = [_score(row) for row in (read_rows(rows) if isinstance(rows, Path) else rows)]
    clips: dict[str, list[Score]] = {}
    for score in found:
        clips.setdefault(score.clip_id, []).append(score)
    return {
        clip_id: ClipScores(
            next((score for score in group if score.segment == WHOLE_CLIP), None),
            tuple(score for score in group if score.segment != WHOLE_CLIP),
        )
        for clip_id, group in clips.items()
    }


def scores_of(clip_ids: Sequence[str], rows: Rows, where: str) -> dict[str, ClipScores]:
    """Return the scores of these clips; a table of other clips alone is refused.

    Raises
    ------
    UsageError
        As for `by_clip`, or no row is of any of these clips.
    """
    found = by_clip(rows)
    kept = {clip_id: found[clip_id] for clip_id in clip_ids if clip_id in found}
    if found and clip_ids and not kept:
        raise UsageError(
            f"the scores are of other clips ({next(iter(found))!r}, ...) than {where} ({clip_ids[0]!r}, ...); "
            "score what is shown: `dmd score STORE --out scores.csv`"
        )
    return kept


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a score file."""
    if not path.is_file():
        raise UsageError(f"{path}: no such score file; write one with `dmd score SOURCE --out {path}`")
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path}: a score file is .csv, .jsonl or .parquet; give the one that `dmd score` wrote")
    try:
        rows = reader(path)
    except (ValueError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as scores ({' '.join(str(error).split())[:200]})") from None
    if rows and not {"clip_id", "score"} <= rows[0].keys():
        raise UsageError(f"{path}: has no columns clip_id and score; give the file that `dmd score` wrote")
    return rows


def _read_csv(path: Path) -> list[dict[str, Any]]:
    content = read_bytes(path, MAX_TABLE_BYTES).decode("utf-8", "surrogateescape")
    try:
        return list(csv.DictReader(io.StringIO(content, newline="")))
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _read_jsonl(path: Path) -> list[dict[str, Any]]:
    lines = read_bytes(path, MAX_TABLE_BYTES).decode("utf-8").splitlines()
    return [parse_json(line) for line in lines if line.strip()]


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for table in read_tables(path):
        rows += table.to_pylist()
        if len(rows) > MAX_ROWS:
            raise ValueError(f"it has more than {MAX_ROWS} rows")
    return rows


def _score(row: Mapping[str, Any]) -> Score:
    return Score(
        clip_id=str(row["clip_id"]),
        segment=str(row.get("segment", WHOLE_CLIP)),
        start_s=_float(row.get("start_s")),
        end_s=_float(row.get("end_s")),
        text=str(row.get("text") or ""),
        task=str(row.get("task") or ""),
        score=_float(row.get("score")),
        label=str(row.get("label") or ""),
        low=_float(row.get("score_low")),
        high=_float(row.get("score_high")),
        probabilities=_probabilities(row.get("probabilities")),
        modalities=_parts(row.get("modalities"), "+"),
        flags=_parts(row.get("flags"), ";"),
        contributions={
            key.removeprefix(CONTRIBUTION): value
            for key, value in ((key, _float(row[key])) for key in row if key.startswith(CONTRIBUTION))
            if value is not None
        },
        words=_numbers(row.get("word_contributions")),
        base=_float(row.get("base_score")),
        deletion=_pair(row.get("deletion_top"), row.get("deletion_low")),
    )


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _pair(first: Any, second: Any) -> tuple[float, float] | None:
    one, other = _float(first), _float(second)
    return None if one is None or other is None else (one, other)


def _parts(value: Any, by: str) -> tuple[str, ...]:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return tuple(str(part) for part in value)
    return tuple(part for part in str(value or "").split(by) if part)


def _probabilities(value: Any) -> dict[str, float]:
    value = _decoded(value)
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {
        str(name): number for name, number in ((name, _float(share)) for name, share in pairs) if number is not None
    }


def _numbers(value: Any) -> tuple[float, ...]:
    value = _decoded(value)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(_float(item) or 0.0 for item in value)


def _decoded(value: Any) -> Any:
    """Return a JSON text as its value, anything else as it is."""
    if not isinstance(value, str) or not value.strip():
        return value
    try:
        return parse_json(value)
    except ValueError:
        return None
