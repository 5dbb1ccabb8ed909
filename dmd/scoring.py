"""Scores of clips: one row a segment and one for the clip, each with its interval, its modalities and its flags."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmd.explanation import Explained, Explanation, explain
from dmd.measures.calibration import ClassificationCalibration
from dmd.measures.domain import outside
from dmd.prediction import clip_means
from dmd.runs.checkpoint import TrainedRun
from pipeline.aligned import FLAGS, AlignedClip
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.datasets.schema import MODALITIES, clip_schema
from pipeline.errors import EmptyClipError, PipelineError

Floats = NDArray[np.float64]
CLIPS_AT_ONCE = 32
ALL = "all"
"""The segment of the row that stands for the whole clip."""
TEXT_ONLY = ("text",)
NO_SCORE: Mapping[tuple[str, ...], str] = {
    TEXT_ONLY: "no score is given; put what is said into a .txt or .srt file beside the clip, or let a "
    "recogniser write it (docs/words.md)"
}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One row of a score table."""

    clip_id: str
    segment: str
    """Number of the segment from 0, or `all` for the clip."""
    start_s: float
    end_s: float
    text: str
    task: str
    score: float
    """In the label range of training; classification: probability of ``label``."""
    label: str
    """Regression: `negative`, `neutral` or `positive` by the band of the run; classification: the likeliest class."""
    probabilities: Mapping[str, float] | None
    """Classification: every class; None for regression."""
    score_low: float
    score_high: float
    """Regression: the label lies here with 90 % probability; classification: 90 % interval for the share of such
    predictions that are right (see `dmd.measures.calibration`). NaN for a run that was never calibrated."""
    modalities: tuple[str, ...]
    """Those that carried the score."""
    flags: tuple[str, ...]
    explanation: Explanation | None = None
    """Only where it was asked for."""

    def as_columns(self) -> dict[str, Any]:
        """Return the row as a table writes it: lists joined, probabilities as JSON, an unknown interval None."""
        known = np.isfinite(self.score_low)
        return {
            "clip_id": self.clip_id,
            "segment": self.segment,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "text": self.text,
            "task": self.task,
            "score": self.score,
            "label": self.label,
            "probabilities": None if self.probabilities is None else json.dumps(dict(self.probabilities)),
            "score_low": self.score_low if known else None,
            "score_high": self.score_high if known else None,
            "modalities": "+".join(self.modalities),
            "flags": ";".join(self.flags),
            **({} if self.explanation is None else _explanation_columns(self.explanation)),
        }


def _explanation_columns(found: Explanation) -> dict[str, Any]:
    """Return the columns of an explanation; a modality that the model does not read has 0."""
    return {
        "base_score": found.base,
        **{f"shapley_{name}": found.shapley.get(name, 0.0) for name in MODALITIES},
        "word_contributions": None if found.words is None else json.dumps([round(word, 6) for word in found.words]),
        "deletion_top": found.deletion_top,
        "deletion_low": found.deletion_low,
    }


Failed = Callable[[str, PipelineError], None]


def score_clips(
    run: TrainedRun, clips: Iterable[AlignedClip], failed: Failed | None = None, *, explained: bool = False
) -> Iterator[ScoreRow]:
    """Score clips.

    Parameters
    ----------
    run : TrainedRun
    clips : iterable of AlignedClip
        Read as they are needed, some at a time; the score of a clip does not depend on the others.
    failed : callable, optional
        Called with the id of a clip that cannot be scored, and why; without it the error is raised.
    explained : bool
        Say of each score what it is made of (`dmd.explanation`); costs a prediction a word.

    Yields
    ------
    ScoreRow
        For each clip its segments in order, then the row of the whole clip: the mean of its segments' scores,
        weighted by their rows.

    Raises
    ------
    FeatureMismatchError
        The clips' features are not those the model was trained on; the message lists the names that differ.
    EmptyClipError
        (Given to ``failed``.) A clip has none of the modalities the model was trained with.
    """
    source = iter(clips)
    while chunk := list(islice(source, CLIPS_AT_ONCE)):
        usable = []
        for clip in chunk:
            try:
                _check(run, clip)
                usable.append(clip)
            except EmptyClipError as error:
                if failed is None:
                    raise
                failed(clip.clip_id, error)
        if usable:
            yield from _scored(run, usable, explained)


def score_dataset(run: TrainedRun, dataset: Dataset, *, explained: bool = False) -> Iterator[ScoreRow]:
    """Score the clips of a public feature file; samples without any modality of the model give no row.

    Raises
    ------
    FeatureMismatchError
        The features are not those the model was trained on.
    """
    run.demand_fit(dataset)
    present = np.stack([_present(dataset, m) for m in run.modalities]).any(axis=0)
    rows = np.flatnonzero(present).astype(np.int64)
    yield from _rows(run, dataset, rows, [clip.text for clip in dataset.clips], explained)


def carried_by(run: TrainedRun, clip: AlignedClip) -> tuple[str, ...]:
    """Return the modalities of a clip that the model can look at."""
    return tuple(m for m in MODALITIES if m in run.modalities and getattr(clip, m).mask.any())


def _check(run: TrainedRun, clip: AlignedClip) -> None:
    if not carried_by(run, clip):
        have = "+".join(m for m in MODALITIES if getattr(clip, m).mask.any()) or "nothing"
        raise EmptyClipError(
            f"clip {clip.clip_id!r}: has {have}, and the model was trained with {'+'.join(run.modalities)} alone; "
            f"{NO_SCORE.get(run.modalities, 'no score is given')}"
        )
    run.record.feature_schema.demand(clip_schema(clip), run.modalities, f"clip {clip.clip_id!r}")


def _scored(run: TrainedRun, clips: list[AlignedClip], explained: bool) -> Iterator[ScoreRow]:
    dataset = dataset_from_clips(clips, "these clips")
    texts = [
        " ".join(word.text for word in clip.words[segment.first_word : segment.end_word] if word.text)
        for clip in clips
        for segment in clip.segments
    ]
    yield from _rows(run, dataset, np.arange(len(dataset), dtype=np.int64), texts, explained)


def _rows(
    run: TrainedRun, dataset: Dataset, rows: NDArray[np.int64], texts: list[str], explained: bool
) -> Iterator[ScoreRow]:
    """Yield the rows of these samples and of their clips, in the order of the clips."""
    has = {m: _present(dataset, m) for m in run.modalities}
    # A segment without any modality of the model (silence between words, say) has no score and no weight.
    scored = rows[np.stack([has[m][rows] for m in run.modalities]).any(axis=0)] if len(rows) else rows
    values = run.predict(dataset, scored).mean(axis=0)
    clips, means = clip_means(dataset, scored, values)
    why = explain(run, dataset, scored) if explained else None
    first = 0
    for clip, mean in zip(clips, means, strict=True):
        own = scored[dataset.samples.clip[scored] == clip]
        here = _Here(run, dataset, int(clip), why)
        found = [
            here.row(first + at, int(row), values[first + at], texts[int(row)], has) for at, row in enumerate(own)
        ]
        first += len(own)
        yield from found
        yield here.whole(found, mean)


def _present(dataset: Dataset, modality: str) -> NDArray[np.bool_]:
    found = dataset.modalities[modality].present
    return found if len(found) else np.zeros(len(dataset), bool)


@dataclass(frozen=True, slots=True, eq=False)
class _Here:
    """One clip while its rows are made."""

    run: TrainedRun
    dataset: Dataset
    clip: int
    why: Explained | None

    def row(self, at: int, row: int, value: Floats, text: str, has: Mapping[str, NDArray[np.bool_]]) -> ScoreRow:
        """Return the row of one segment."""
        modalities = tuple(m for m in self.run.modalities if has[m][row])
        strange = outside(self.dataset, self.run.normaliser, row, self.run.record.out_of_domain, modalities)
        samples = self.dataset.samples
        place = float(samples.start_s[row]), float(samples.end_s[row])
        found = self._made(str(int(samples.segment[row])), place, text, value, modalities, strange)
        return replace(found, explanation=self.why.of_sample(at, self._class(found))) if self.why else found

    def whole(self, rows: list[ScoreRow], value: Floats) -> ScoreRow:
        """Return the row of the clip."""
        modalities = tuple(m for m in MODALITIES if any(m in row.modalities for row in rows))
        strange = any("out_of_domain" in row.flags for row in rows)
        place = min(row.start_s for row in rows), max(row.end_s for row in rows)
        found = self._made(ALL, place, self.dataset.clips[self.clip].text, value, modalities, strange)
        if self.why is None:
            return found
        return replace(found, explanation=self.why.of_clip(self.dataset, self.clip, self._class(found)))

    def _class(self, row: ScoreRow) -> int | None:
        targets = self.run.record.targets
        return targets.classes.index(row.label) if targets.task == "classification" else None

    def _made(
        self,
        segment: str,
        place: tuple[float, float],
        text: str,
        value: Floats,
        modalities: tuple[str, ...],
        strange: bool,
    ) -> ScoreRow:
        record = self.run.record
        score, label, probabilities = self._judged(value)
        low, high = record.calibration.interval(score) if record.calibration else (np.nan, np.nan)
        clip = self.dataset.clips[self.clip]
        flags = set(clip.flags)
        if strange:
            flags.add("out_of_domain")
        if self.run.modalities == TEXT_ONLY:
            flags.add("text_only_model")
        read = record.reading.written(text) if record.reading else text
        if record.style is not None and "text" in modalities and record.style.foreign(read):
            flags.add("transcript_style_shift")
        return ScoreRow(
            clip.clip_id, segment, *place, text, record.targets.task, score, label, probabilities,
            float(low), float(high), modalities, tuple(flag for flag in FLAGS if flag in flags),
        )  # fmt: skip

    def _judged(self, value: Floats) -> tuple[float, str, Mapping[str, float] | None]:
        targets, calibration = self.run.record.targets, self.run.record.calibration
        if targets.task == "regression":
            score = float(np.clip(value, targets.low, targets.high))
            return score, targets.polarity(score), None
        shares = calibration.apply(value) if isinstance(calibration, ClassificationCalibration) else value
        at = int(shares.argmax())
        found = {name: float(share) for name, share in zip(targets.classes, shares, strict=True)}
        return float(shares[at]), targets.classes[at], found
