"""What a page shows of one clip, as JSON values: words, segments, curves, holes."""

from collections.abc import Mapping
from typing import Any

from flows.pages.film import Filmer
from flows.pages.flags import FLAG_MEANINGS
from flows.pages.lanes import lanes, missing, times, unsure
from flows.pages.scores import NO_SCORES, ClipScores, Score
from pipeline.aligned import AlignedClip
from pipeline.track import FeatureColumn

LOW_CONFIDENCE = 0.5
"""A word whose place is trusted less than this is hatched."""


def clip_view(
    clip: AlignedClip,
    scores: ClipScores = NO_SCORES,
    columns: Mapping[str, FeatureColumn] | None = None,
    filmer: Filmer | None = None,
) -> dict[str, Any]:
    """Return a clip as the page's script draws it.

    Parameters
    ----------
    clip : AlignedClip
    scores : ClipScores
        Its rows of a score table.
    columns : mapping, optional
        `modality.name` -> what is known of the column, for units and meanings.
    filmer : Filmer, optional
        Draws the face from the media.
    """
    whole = scores.best
    return {
        "id": clip.clip_id,
        "duration": clip.duration_s,
        "flags": list(clip.flags),
        "scoreFlags": [flag for flag in (whole.flags if whole else ()) if flag not in clip.flags],
        "label": clip.info.label,
        "score": _score(whole) if whole else None,
        "scores": [_score(row) for row in scores.segments],
        "words": _words(clip, scores),
        "segments": [[segment.start_s, segment.end_s] for segment in clip.segments],
        "times": times(clip),
        "lanes": lanes(clip, columns or {}),
        "missing": missing(clip),
        "unsure": unsure(clip),
        "film": filmer.film(clip) if filmer else {},
        "present": {modality: bool(track.mask.any()) for modality, track in clip.native.items()},
    }


def scales(scores: Mapping[str, ClipScores]) -> dict[str, Any]:
    """Return what the script needs beside the clips: where colours end, what flags mean."""
    rows = [row for clip in scores.values() for row in (*clip.segments, *([clip.whole] if clip.whole else []))]
    values = [abs(row.score) for row in rows if row.score is not None and row.task == "regression"]
    contributions = [abs(value) for row in rows for value in row.words]
    return {
        "scoreMost": max([1.0, *values]),
        "contributionMost": max(contributions, default=1.0) or 1.0,
        "lowConfidence": LOW_CONFIDENCE,
        "flags": dict(FLAG_MEANINGS),
    }


def _words(clip: AlignedClip, scores: ClipScores) -> list[list[Any]]:
    """Return rows `[text, start_s, end_s, confidence, rung, score, contribution]`; pauses are left out."""
    rows: list[list[Any]] = []
    by_segment = _by_segment(clip, scores)
    for at, segment in enumerate(clip.segments):
        score = by_segment.get(at)
        length = segment.end_word - segment.first_word
        contributions = score.words if score and len(score.words) == length else ()
        for row in range(segment.first_word, segment.end_word):
            word = clip.words[row]
            if word.rung == "pause":
                continue
            contribution = contributions[row - segment.first_word] if contributions else None
            value = score.score if score and score.task == "regression" else None
            rows.append([word.text, word.start_s, word.end_s, word.confidence, word.rung, value, contribution])
    return rows


def _by_segment(clip: AlignedClip, scores: ClipScores) -> dict[int, Score]:
    """Match score rows to segments: in order if all are there, else by their times; a clip's row serves all."""
    if len(scores.segments) == len(clip.segments):
        return dict(enumerate(scores.segments))
    found = {
        at: score
        for at, segment in enumerate(clip.segments)
        for score in scores.segments
        if score.start_s is not None and abs(score.start_s - segment.start_s) < 0.05
    }
    if not found and scores.whole is not None:
        return dict.fromkeys(range(len(clip.segments)), scores.whole)
    return found


def _score(score: Score) -> dict[str, Any]:
    return {
        "start": score.start_s,
        "end": score.end_s,
        "task": score.task,
        "value": score.score,
        "label": score.label,
        "low": score.low,
        "high": score.high,
        "probabilities": [[name, share] for name, share in score.probabilities.items()],
        "modalities": list(score.modalities),
        "contributions": [[name, value] for name, value in score.contributions.items()],
        "base": score.base,
        "deletion": score.deletion,
        "text": score.text,
    }
