"""CTC alignment: labels in the order they are said, blanks wherever they may stand, by the exact search.

A path through the emissions of a CTC model goes from label to label, may rest on a label or on the blank, and must
pass a blank between two equal labels (Graves et al., ICML 2006). A word begins in the frame where its first label
is first emitted; blanks before it are not its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.alignment.viterbi import StateGraph, best_path

Float = NDArray[np.float32]

FILLER_LOG, SKIP_LOG, EAGER_SKIP_LOG = -10.0, -8.0, -20.0
"""In a loose search: cost of hearing something else, and of leaving a word out."""


@dataclass(frozen=True, slots=True)
class CtcWord:
    """A word between the first and the last emission of its labels."""

    start_frame: int
    end_frame: int
    """Frames ``[start_frame, end_frame)``."""
    fit: float
    """Mean over its label frames of log p(label) - log p(best label), at most 0."""


def ctc_align(
    emissions: Float, words: Sequence[Sequence[int]], blank: int, skip_log: float | None = None
) -> dict[int, CtcWord]:
    """Place words in the emissions of a CTC model.

    Parameters
    ----------
    emissions : ndarray [shape=(T, V)]
        Log probability of each label in each frame.
    words : sequence of sequence of int
        Labels of each word; words without labels are left out.
    blank : int
    skip_log : float, optional
        Cost of leaving a word out. If given, words may be missing, at the end above all, and other speech may stand
        between them; if not, all words are placed.

    Returns
    -------
    dict
        The words that were found, by their index; all that have labels, or none, without ``skip_log``.
    """
    graph, owners, labels = _graph(words, blank, emissions.shape[1], skip_log)
    if not len(graph):
        return {}
    # the filler takes any label, at the price of the best one and a little more
    filler = emissions.max(axis=1, keepdims=True) + np.log(np.float32(0.5))
    path = best_path(graph, np.concatenate([emissions, filler], axis=1))
    if path is None:
        return {}
    owner, label = np.asarray(owners)[path.states], np.asarray(labels)[path.states]
    best = emissions.max(axis=1)
    found: dict[int, CtcWord] = {}
    for word in np.unique(owner[owner >= 0]):
        frames = np.flatnonzero((owner == word) & (label != blank))
        fit = float((emissions[frames, label[frames]] - best[frames]).mean())
        found[int(word)] = CtcWord(int(frames[0]), int(frames[-1]) + 1, fit)
    return found


def _graph(
    words: Sequence[Sequence[int]], blank: int, filler: int, skip_log: float | None
) -> tuple[StateGraph, list[int], list[int]]:
    """Return the graph, the word of each state (-1 between words) and its label."""
    graph, owners, labels = StateGraph(), [], []

    def add(label: int, sources: list[tuple[int, float]], owner: int) -> int:
        owners.append(owner)
        labels.append(label)
        return graph.add(label, 0.0, sources)

    gap = [add(blank, [(-1, 0.0)], -1)]
    gap += [add(filler, [(-1, FILLER_LOG), (gap[0], FILLER_LOG)], -1)] if skip_log is not None else []
    ends: list[int] = [-1]  # where a word may end without a gap; -1 is the beginning
    graph.finals = [(state, 0.0) for state in gap] if skip_log is not None else []
    for number, word in enumerate(words):
        if not word:
            continue
        state, resting = ends[0], gap
        for place, label in enumerate(word):
            direct = [] if state >= 0 and labels[state] == label else [(state, 0.0)]
            state = add(label, [*direct, *((rest, 0.0) for rest in resting)], number)
            if place + 1 < len(word):
                resting = [add(blank, [(state, 0.0)], number)]
        ends, before = [state], gap
        skips = [(rest, skip_log) for rest in before] if skip_log is not None else []
        gap = [add(blank, [(state, 0.0), *skips], -1)]
        gap += [add(filler, [(state, FILLER_LOG), (gap[0], FILLER_LOG)], -1)] if skip_log is not None else []
        finals = [(each, 0.0) for each in (state, *gap)]
        graph.finals = [*graph.finals, *finals] if skip_log is not None else finals
    return graph, owners, labels
