"""How long sounds last, inside a search: a state of a hidden Markov model becomes a chain of one state a frame.

A Markov chain hardly minds whether a stop lasts 50 ms or half a second. In clean sound the spectra decide; in babble
a path that holds a `t` over other people's words may be as good. Here each of the three states of a phone costs by
how far (as a log) its length is from a third of what the phone lasts (explicit duration models: Russell and Moore,
ICASSP 1985), and a state that lasts longer than the whole phone does when it is stressed costs more for each frame.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.sphinx_files import STATES
from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.placed import PlacedWord
from extractors.alignment.viterbi import NEVER, StateArrays
from extractors.alignment.word_graph import NO_WORD, WordGraph
from extractors.pronunciation.phones import PHONES, expected_s, inherent_s

Float64 = NDArray[np.float64]
Int = NDArray[np.int64]

SPREAD = 0.8
"""Standard deviation of the log of how long a state lasts."""
LONGER_COST = 3.0
"""Nats for each frame beyond the length of a stressed phone."""
FEWEST_FRAMES = 3
MOST_CELLS = 30_000_000
"""States times frames up to which a search with durations is worth its memory (60 MB) and time."""
DRAWN_OUT = 3.5
"""Times what a phone lasts when it is stressed. In a hundredth of clean clips a phone lasts longer than 3.2 times, in
a tenth of those in babble longer than 4.4: it was put over sounds that it is not made for."""
HELD_FRAMES, HELD_EDGE_FRAMES = 50, 10
"""In speech no phone lasts longer; words may begin or end so near to the edge of one that does."""
_FRAMES_A_SECOND = 100.0
_AT_ONCE = np.zeros(1)


def drawn_out(words: Iterable[PlacedWord]) -> bool:
    """Whether a phone lasts longer than any sound does."""
    return any(
        phone.end_frame - phone.start_frame > DRAWN_OUT * inherent_s(phone.name) * _FRAMES_A_SECOND
        for word in words
        for phone in word.phones
    )


def held(words: Iterable[PlacedWord], frames: int) -> NDArray[np.bool_]:
    """[T] the inside of phones that last so long that nobody says them: they were put over music or the like."""
    inside = np.zeros(frames, np.bool_)
    for phone in (phone for word in words for phone in word.phones):
        if phone.end_frame - phone.start_frame > HELD_FRAMES:
            inside[phone.start_frame + HELD_EDGE_FRAMES : phone.end_frame - HELD_EDGE_FRAMES] = True
    return inside


def with_durations(model: SphinxModel, graph: WordGraph, frames: int) -> WordGraph:
    """Return the same words as a graph that knows how long sounds last; the graph itself where that is too large.

    Parameters
    ----------
    model : SphinxModel
    graph : WordGraph
    frames : int
        Of the sound that will be searched.
    """
    names = [model.phones[phone] for phone in graph.phones]
    known = np.array(
        [word != NO_WORD and name in PHONES for word, name in zip(graph.words, names, strict=True)], bool
    )
    leaving = [_leaving(name) if timed else _AT_ONCE for name, timed in zip(names, known, strict=True)]
    lengths = np.fromiter(map(len, leaving), np.int64, len(leaving))
    if lengths.sum() * frames > MOST_CELLS:
        return graph
    chains = _Chains(lengths, np.concatenate(leaving))
    owners = np.repeat(np.arange(lengths.size), lengths)
    stays = np.asarray(graph.graph.stays, np.float64)
    ends = chains.starts + lengths - 1
    lasting = np.where(known[owners], NEVER, stays[owners])
    lasting[ends[known]] = stays[known] - LONGER_COST
    timed = StateArrays(
        np.asarray(graph.graph.labels, np.int64)[owners],
        lasting,
        *chains.edges(*graph.graph.edges(), stays),
        [exit for state, cost in graph.graph.finals for exit in chains.exits(state, cost)],
    )
    return WordGraph(
        timed,
        graph.senones,
        graph.silent_senones,
        graph.words[owners],
        graph.variants[owners],
        graph.phones[owners],
        graph.places[owners],
    )


class _Chains:
    """States one after the other in the place of each; every one of them may be left, the first is entered."""

    def __init__(self, lengths: Int, leaving: Float64) -> None:
        self.lengths, self.leaving = lengths, leaving
        self.starts: Int = np.cumsum(lengths) - lengths

    def edges(self, owners: Int, sources: Int, costs: Float64, stays: Float64) -> tuple[Int, Int, Float64]:
        """Return the edges between chains and inside of them, in the order of the states that they lead to."""
        begins = sources < 0
        ways = np.where(begins, 1, self.lengths[sources])
        edge = np.repeat(np.arange(owners.size), ways)
        step = np.arange(edge.size) - np.repeat(np.cumsum(ways) - ways, ways)
        left = np.where(begins[edge], -1, self.starts[sources[edge]] + step)
        paid = costs[edge] + np.where(begins[edge], 0.0, self.leaving[left])
        inner = np.setdiff1d(np.arange(self.leaving.size), self.starts)
        own = np.repeat(np.arange(self.lengths.size), self.lengths)[inner]
        into = np.concatenate([self.starts[owners[edge]], inner])
        order = np.argsort(into, kind="stable")
        return (
            into[order],
            np.concatenate([left, inner - 1])[order],
            np.concatenate([paid, stays[own]])[order],
        )

    def exits(self, state: int, cost: float) -> list[tuple[int, float]]:
        """Return the states of a chain with what it costs to end there."""
        return [
            (int(last), cost + float(self.leaving[last]))
            for last in range(self.starts[state], self.starts[state] + self.lengths[state])
        ]


@cache
def _leaving(phone: str) -> Float64:
    """Return what it costs to leave a state of a phone after 1, 2, ... frames; nothing at its usual length."""
    longest = max(FEWEST_FRAMES, round(inherent_s(phone) * _FRAMES_A_SECOND))
    usual = expected_s([phone]) * _FRAMES_A_SECOND / STATES
    strain = np.log(np.arange(1, longest + 1) / usual) / SPREAD
    return np.asarray(-0.5 * strain**2)
