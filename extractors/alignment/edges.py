"""Where words begin and end, once a search knows which they are and about where, and how loud pauses are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.background import Background
from extractors.acoustics.presence import speech_evidence
from extractors.alignment.boundaries import median_boundaries, with_hidden_ends, with_words_elsewhere
from extractors.alignment.placed import PlacedWord
from extractors.alignment.smacks import with_short_stops
from extractors.alignment.viterbi import Path
from extractors.alignment.word_graph import WordGraph

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVEL_WEIGHT, LEVEL_WEIGHT_NOISE = 6.0, 3.0
"""For where words begin and end levels say more than for which words they are."""
QUIET_PERCENTILE = 25.0
"""Of the levels in pauses: how much breath is in them depends on how much sound there is around the words."""
TRUST, TRUST_IN_NOISE = 0.25, 0.12
"""How much of a frame's score counts; less where steady noise blurs it."""


def edge_evidence(level_db: Float64, pauses: Mask, words: Mask, behind: Background) -> Float64:
    """[T] the evidence of speech from levels, as `extractors.acoustics.presence` has it, for the edges of words."""
    if behind.noisy:
        return LEVEL_WEIGHT_NOISE * speech_evidence(level_db, pauses, words, noisy=True)
    return LEVEL_WEIGHT * speech_evidence(level_db, pauses, words, percentile=QUIET_PERCENTILE)


def word_edges(
    graph: WordGraph, weighed: Float, path: Path, placed: Sequence[PlacedWord], behind: Background
) -> Float64:
    """Return where words begin and end by all paths; by the best one where the words are too wrong for that.

    Parameters
    ----------
    graph : WordGraph
    weighed : ndarray [shape=(T, C)]
        Scores of its labels, with `edge_evidence`.
    path : Path
        The best path.
    placed : sequence of PlacedWord
        The words on it, `without_smacks`.
    behind : Background
        What is behind the words.

    Returns
    -------
    ndarray [shape=(L, 2)]
        In frames and parts of them, not decreasing.
    """
    steady = behind.noisy and behind.loud is None
    edges = median_boundaries(graph, weighed, TRUST_IN_NOISE if steady else TRUST, path.states)
    best = np.array([(word.start_frame, word.end_frame) for word in placed], np.float64)
    if edges is None:
        return best
    if behind.noisy:  # the best path is the worse judge there
        return with_hidden_ends(with_short_stops(edges, placed), len(weighed))
    return with_short_stops(with_words_elsewhere(edges, best), placed)
