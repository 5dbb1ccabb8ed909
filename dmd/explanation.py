"""Why this score: what each modality and each word contributed, by the model's own masks.

Modalities: Shapley values (Shapley 1953; Lundberg and Lee, NeurIPS 2017) over all subsets S of the modalities the
model reads, the others masked as the model masks a missing modality:

    phi_m = sum over S without m of |S|! (M - |S| - 1)! / M! * (v(S + m) - v(S))

v(no modality) is the model's score of a sample of which it sees nothing, so the values and this base add up to
the score (before it is limited to the label range). A modality that a sample lacks has exactly 0.

Words: occlusion. A word contributes the score minus the score of the sample without its row, in all modalities.
BERT has read the other words with this one in sight: what they took over from it stays.

Faithfulness: the score must move more when the third of the words with the largest contributions is taken out at
once than when the third with the smallest is (a deletion test; Samek et al., IEEE TNNLS 2017).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from dmd.prediction import clip_means
from dmd.runs.checkpoint import TrainedRun
from pipeline.dataset import Dataset, ModalityRows, PieceRows, Rows, SampleIndex

Floats = NDArray[np.float64]
DELETED = 1 / 3
"""Share of the words that the deletion test takes out."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a score is made of, in units of the score (classification: of the probability of its label)."""

    base: float
    """The score of a sample of which nothing is seen."""
    shapley: Mapping[str, float]
    """Modality -> its contribution."""
    words: tuple[float, ...] | None = None
    """Of each row; None for a whole clip of several segments."""
    deletion_top: float | None = None
    """How far the score moves without the third of the words with the largest contributions; None for few words."""
    deletion_low: float | None = None
    """The same for the third with the smallest."""


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Explanations of some samples, for every class where there are classes."""

    rows: Rows
    base: Floats
    """[shape=(k,) or (k, C)]"""
    shapley: Mapping[str, Floats]
    words: tuple[Floats, ...]
    """[shape=(L,) or (L, C)] of each sample."""
    deletions: tuple[tuple[Floats, Floats] | None, ...]

    def of_sample(self, at: int, label: int | None) -> Explanation:
        """Return the explanation of one sample; ``label`` is its class, None for regression."""
        deletion = self.deletions[at]
        top, low = (None, None) if deletion is None else (_pick(part, label) for part in deletion)
        words = tuple(_pick(word, label) for word in self.words[at])
        shapley = {name: _pick(values[at], label) for name, values in self.shapley.items()}
        return Explanation(_pick(self.base[at], label), shapley, words, top, low)

    def of_clip(self, dataset: Dataset, clip: int, label: int | None) -> Explanation:
        """Return the explanation of a clip: the mean over its samples, weighted as its score is."""
        own = np.flatnonzero(dataset.samples.clip[self.rows] == clip)

        def mean(values: Floats) -> float:
            return _pick(clip_means(dataset, self.rows[own], values[own])[1][0], label)

        return Explanation(mean(self.base), {name: mean(values) for name, values in self.shapley.items()})


def explain(run: TrainedRun, dataset: Dataset, rows: Rows) -> Explained:
    """Explain the scores of samples.

    Costs 2^M predictions a sample, and one a row of it.
    """
    base, shapley = shapley_values(run, dataset, rows)
    found = [_words(run, dataset, int(row)) for row in rows]
    return Explained(rows, base, shapley, tuple(words for words, _ in found), tuple(gap for _, gap in found))


def shapley_values(run: TrainedRun, dataset: Dataset, rows: Rows) -> tuple[Floats, dict[str, Floats]]:
    """Return the base and each modality's Shapley value, for each of the samples (and classes)."""
    names = run.modalities
    value = {
        subset: run.predict(dataset, rows, subset).mean(axis=0)
        for size in range(len(names) + 1)
        for subset in combinations(names, size)
    }
    total = factorial(len(names))
    found = {}
    for name in names:
        gains = []
        for subset, without in value.items():
            if name not in subset:
                weight = factorial(len(subset)) * factorial(len(names) - len(subset) - 1) / total
                gains.append(weight * (value[_with(subset, name, names)] - without))
        found[name] = np.sum(gains, axis=0)
    return value[()], found


def word_contributions(run: TrainedRun, dataset: Dataset, row: int) -> Floats:
    """Return what each row of a sample contributes [L] or [L, C]: the score minus the score without that row."""
    length = int(dataset.samples.weight[row])
    return _score(run, dataset, row) - _without(run, dataset, row, [[at] for at in range(length)])


def _words(run: TrainedRun, dataset: Dataset, row: int) -> tuple[Floats, tuple[Floats, Floats] | None]:
    """Return the contributions of a sample's rows, and how far the score moves in the deletion test."""
    contributions = word_contributions(run, dataset, row)
    size = contributions if contributions.ndim == 1 else contributions.max(axis=1)
    count = int(len(size) * DELETED)
    if not count:
        return contributions, None
    order = np.argsort(-np.abs(size), kind="stable")
    seen = _without(run, dataset, row, [order[:count].tolist(), order[-count:].tolist()])
    moved = np.abs(_score(run, dataset, row) - seen)
    return contributions, (moved[0], moved[1])


def _score(run: TrainedRun, dataset: Dataset, row: int) -> Floats:
    return np.asarray(run.predict(dataset, np.array([row], np.int64)).mean(axis=0)[0])


def _without(run: TrainedRun, dataset: Dataset, row: int, gone: Sequence[Sequence[int]]) -> Floats:
    """Return the score of a sample without these rows, for each set of rows."""
    if not len(gone):
        return np.zeros((0, *_score(run, dataset, row).shape))
    copies = occluded(dataset, row, gone)
    return np.asarray(run.predict(copies, np.arange(len(gone), dtype=np.int64)).mean(axis=0))


def occluded(dataset: Dataset, row: int, gone: Sequence[Sequence[int]]) -> Dataset:
    """Return copies of one sample, each without some of its rows: their values unknown, their pieces left out."""
    count = len(gone)
    modalities = {}
    for name, part in dataset.modalities.items():
        values, real = part.sample(row)
        copies = np.repeat(values[None], count, axis=0)
        for at, rows in enumerate(gone):
            copies[at, [r for r in rows if r < len(values)]] = np.nan
        flat = copies.reshape(count * len(values), values.shape[1])
        present = np.asarray((np.isfinite(copies).any(axis=2) & real).any(axis=1))
        modalities[name] = ModalityRows(flat, np.tile(real, count), np.arange(count + 1) * len(values), present)
    samples = SampleIndex(*(np.repeat(part[row : row + 1], count) for part in _columns(dataset.samples)))
    return replace(dataset, samples=samples, modalities=modalities, pieces=_pieces(dataset.pieces, row, gone))


def _pieces(pieces: PieceRows | None, row: int, gone: Sequence[Sequence[int]]) -> PieceRows | None:
    if pieces is None or pieces.word_index is None:
        return pieces
    first, end = int(pieces.offsets[row]), int(pieces.offsets[row + 1])
    ids, index = np.asarray(pieces.ids[first:end]), np.asarray(pieces.word_index[first:end])
    kept = [~np.isin(index, list(rows)) for rows in gone]
    offsets = np.concatenate([[0], np.cumsum([int(keep.sum()) for keep in kept])]).astype(np.int64)
    return PieceRows(np.concatenate([ids[k] for k in kept]), np.concatenate([index[k] for k in kept]), offsets)


def _columns(samples: SampleIndex) -> tuple[NDArray[np.generic], ...]:
    return samples.clip, samples.segment, samples.weight, samples.start_s, samples.end_s


def _with(subset: tuple[str, ...], name: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(other for other in names if other == name or other in subset)


def _pick(value: Floats | np.float64, label: int | None) -> float:
    return float(value) if label is None else float(np.asarray(value)[label])
