"""What sharper word times are worth: pooled features and a trained score under ours, the true, and worse times.

The clips are those of DMD_GRID. Each is measured once; then its voice and face are pooled over the true words, over
ours, over true words whose every boundary is moved by 30, 60 or 120 ms in either direction, and over words spread
evenly over the speech. The score is how often a logistic regression tells from the pooled columns which word of its
kind was said (26 words of five kinds; 5 folds over clips; trained and tested under the same times).
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.extraction import Extractor
from extractors.timing.proportional import spread_over_speech
from pipeline.clip import Clip
from pipeline.media.speech import speech_envelope
from pipeline.pooling import pool, pooling_words
from pipeline.track import FeatureTrack
from pipeline.words import Word
from tests.benchmarks.grid import FOLDER, RATE_HZ, GridClip, grid_clips

Times = NDArray[np.float64]
JITTERS_MS = (30, 60, 120)
LEAST_TIMES = 5
"""A word that is said less often is no class."""
LETTER_PLACE = 3
"""GRID's fourth word is one of 25 letters: too few of each to learn."""
SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    clip: GridClip
    native: Mapping[str, FeatureTrack]
    duration_s: float
    ours_s: Times


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--clips", type=int, default=60, help="at most this many clips")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    extractor = Extractor()
    clips = [_measured(clip, options.folder, extractor) for clip in grid_clips(options.folder)[: options.clips]]
    conditions = _conditions(clips)
    figures: dict[str, Any] = {"clips": len(clips), "words": sum(len(clip.ours_s) for clip in clips)}
    pooled = {
        name: {kind: _pooled(clips, times_s, kind, extractor) for kind in ("audio", "face")}
        for name, times_s in conditions.items()
    }
    for name, own in pooled.items():
        errors = np.concatenate(conditions[name]) - np.concatenate(conditions["truth"])
        found = {"mean_ms": float(np.abs(errors).mean() * 1000.0)}
        for kind in own:
            found |= _agreement(pooled["truth"][kind], own[kind], kind)
            found |= _accuracy(clips, [own[kind]], kind)
        figures[name] = found | _accuracy(clips, list(own.values()), "both")
    return figures


def _measured(clip: GridClip, folder: Path, extractor: Extractor) -> _Measured:
    found = extractor.extract(Clip(clip.name, folder / f"{clip.name}.mpg", clip.transcript), content="")
    return _Measured(clip, found.native, found.duration_s, np.array([(w.start_s, w.end_s) for w in found.words]))


def _conditions(clips: Sequence[_Measured]) -> dict[str, list[Times]]:
    rng = np.random.default_rng(5)
    truth = [clip.clip.truth_s for clip in clips]
    conditions = {"truth": truth, "ours": [clip.ours_s for clip in clips]}
    for jitter_ms in JITTERS_MS:
        moved = [jittered(times_s, jitter_ms, rng) for times_s in truth]
        conditions[f"jitter_{jitter_ms}_ms"] = [in_order(times_s) for times_s in moved]
    conditions["spread"] = [_spread(clip.clip) for clip in clips]
    return conditions


def jittered(times_s: Times, jitter_ms: float, rng: np.random.Generator) -> Times:
    """Move every boundary by so much, forwards or backwards."""
    return np.asarray(times_s + rng.choice([-1.0, 1.0], times_s.shape) * jitter_ms / 1000.0)


def in_order(times_s: Times) -> Times:
    """Keep words inside the clip and a frame of 40 ms long, as whoever measures them would."""
    starts = np.maximum(times_s[:, 0], 0.0)
    return np.stack([starts, np.maximum(times_s[:, 1], starts + 0.04)], axis=1)


def _spread(clip: GridClip) -> Times:
    speech = speech_envelope(clip.samples, RATE_HZ)
    places = spread_over_speech([float(len(word)) for word in clip.words], speech, clip.duration_s)
    return np.array([(place.start_s, place.end_s) for place in places])


def _pooled(clips: Sequence[_Measured], times_s: Sequence[Times], kind: str, extractor: Extractor) -> Times:
    """[words, D] pooled columns; NaN where nothing is valid."""
    rows = []
    for clip, own_s in zip(clips, times_s, strict=True):
        words = [
            Word(text, *edges, 1.0, "given") for text, edges in zip(clip.clip.words, own_s.tolist(), strict=True)
        ]
        over = pooling_words(words, clip.duration_s, extractor.config.pooling)
        found = pool(clip.native[kind], over, extractor.config.pooling)
        rows.append(np.where(found.valid, found.values.astype(np.float64), np.nan))
    return np.concatenate(rows)


def _agreement(truth: Times, own: Times, kind: str) -> dict[str, float]:
    """Correlation of each column over all words with itself under the true times."""
    found = []
    for column in range(truth.shape[1]):
        both = np.isfinite(truth[:, column]) & np.isfinite(own[:, column])
        if both.sum() > 20 and truth[both, column].std() > 0 and own[both, column].std() > 0:
            found.append(float(np.corrcoef(truth[both, column], own[both, column])[0, 1]))
    return {
        f"{kind}_correlation": float(np.median(found)),
        f"{kind}_correlation_worst_tenth": float(np.percentile(found, 10)),
    }


def _accuracy(clips: Sequence[_Measured], parts: Sequence[Times], kind: str) -> dict[str, float]:
    """Share of words told from the others of their kind, mean and standard deviation over seeds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.preprocessing import StandardScaler

    places = np.concatenate([np.arange(len(clip.clip.words)) for clip in clips])
    said = np.array([word for clip in clips for word in clip.clip.words])
    groups = np.concatenate([np.full(len(clip.clip.words), number) for number, clip in enumerate(clips)])
    columns = np.concatenate(parts, axis=1)
    often = {word for word, times in Counter(said.tolist()).items() if times >= LEAST_TIMES}
    shares = []
    for seed in SEEDS:
        right, asked = 0, 0
        for place in np.unique(places[places != LETTER_PLACE]):
            rows = np.flatnonzero((places == place) & np.isin(said, sorted(often)))
            folds = GroupKFold(5, shuffle=True, random_state=seed)
            for train, test in folds.split(rows, groups=groups[rows]) if len(np.unique(groups[rows])) >= 5 else ():
                if len(np.unique(said[rows[train]])) < 2:
                    continue
                scaler = StandardScaler().fit(columns[rows[train]])
                fit, held = (np.nan_to_num(scaler.transform(columns[rows[part]])) for part in (train, test))
                model = LogisticRegression(C=0.1, max_iter=300).fit(fit, said[rows[train]])
                right += int((model.predict(held) == said[rows[test]]).sum())
                asked += len(test)
        shares.append(right / max(asked, 1))
    return {f"{kind}_accuracy": float(np.mean(shares)), f"{kind}_accuracy_sd": float(np.std(shares))}
