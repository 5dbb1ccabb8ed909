"""How much better the exact search explains the sound with the words in another order than in their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.adaptation import AdaptedModel
from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.durations import with_durations
from extractors.alignment.viterbi import best_path
from extractors.alignment.word_graph import WordGraph, word_graph
from extractors.alignment.word_order import OtherOrder
from extractors.pronunciation.pronounce import Pronunciation

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]


FAR_COSTS = 20.0
"""Nats less for a word that was moved over several others: more such orders are tried, and a weak word is heard in
front of all others now and then."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactSearch:
    """The search that placed some words, to place them again in another order."""

    model: SphinxModel
    adapted: AdaptedModel
    """Knows channel and noise."""
    words: Sequence[Sequence[Pronunciation]]
    features: Float
    """[shape=(T, 3, 13)]"""
    evidence: Float64
    """[shape=(T,)] of speech in each frame."""
    timed: bool
    """Whether it knows how long sounds last."""

    def gain(self, rivals: Sequence[OtherOrder]) -> float:
        """Return by how many nats the best of other orders is better than the own one of its words.

        Those that are not better without context are not tried; 0 if none is better.
        """
        return max((self._gain(rival) for rival in rivals if rival.gain > 0.0), default=0.0)

    def _gain(self, rival: OtherOrder) -> float:
        features, evidence = self.features[rival.sound], self.evidence[rival.sound]
        orders = (rival.order, sorted(rival.order), said_twice(rival.order))
        graphs = [word_graph(self.model, [self.words[word] for word in order]) for order in orders]
        senones = np.unique(np.concatenate([graph.senones for graph in graphs]))  # scored once for all
        scores = self.adapted.scores(features, senones)

        def worth(graph: WordGraph) -> float:
            own = scores[:, np.searchsorted(senones, graph.senones)]
            searched = with_durations(self.model, graph, len(features)) if self.timed else graph
            found = best_path(searched.graph, searched.weighed(own, evidence))
            return found.score if found else -np.inf

        moved, own, twice = graphs
        moved_worth = worth(moved)
        gain = moved_worth - worth(own)
        # a word that is heard in its own place as well was not moved: a breath sounds like it elsewhere
        if gain <= 0.0 or moved_worth <= worth(twice):
            return 0.0
        return gain if _neighbours_swapped(rival.order) else max(gain - FAR_COSTS, 0.0)


def _neighbours_swapped(order: Sequence[int]) -> bool:
    """Whether two words that follow each other were swapped, and nothing else was moved."""
    return sum(word != own for word, own in zip(order, sorted(order), strict=True)) == 2


def said_twice(order: Sequence[int]) -> tuple[int, ...]:
    """Return the words in this order, those that were moved also where they stand by their numbers."""
    kept = _longest_rise(order)
    found = list(order)
    for word in sorted(set(order).difference(kept)):
        at = next((place for place, other in enumerate(found) if other in kept and other > word), len(found))
        found.insert(at, word)
    return tuple(found)


def _longest_rise(order: Sequence[int]) -> set[int]:
    """Return as many of the words as stand in the order of their numbers."""
    longest: list[int] = []
    rises: list[list[int]] = []
    for word in order:
        before: list[int] = []
        for rise in rises:
            if rise[-1] < word and len(rise) > len(before):
                before = rise
        rises.append([*before, word])
        longest = rises[-1] if len(rises[-1]) > len(longest) else longest
    return set(longest)
