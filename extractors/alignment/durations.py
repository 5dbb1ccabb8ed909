"""How long sounds last, inside a search: a state of a hidden Markov model becomes a chain of one state a frame.

A Markov chain hardly minds whether a stop lasts 50 ms or half a second. In clean sound the spectra decide; in babble
a path that holds a `t` over other people's words may be as good. Here each of the three states of a phone costs by
how far (as a log) its length is from a third of what the phone lasts (explicit duration models: Russell and Moore,
ICASSP 1985), and a state that lasts longer than the whole phone does when it is stressed costs more for each frame.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np

from extractors.acoustics.sphinx_files import STATES
from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.placed import PlacedWord
from extractors.alignment.viterbi import NEVER, StateGraph
from extractors.alignment.word_graph import NO_WORD, WordGraph
from extractors.pronunciation.phones import PHONES, expected_s, inherent_s

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
_FRAMES_A_SECOND = 100.0


def drawn_out(words: Iterable[PlacedWord]) -> bool:
    """Whether a phone lasts longer than any sound does."""
    return any(
        phone.end_frame - phone.start_frame > DRAWN_OUT * inherent_s(phone.name) * _FRAMES_A_SECOND
        for word in words
        for phone in word.phones
    )


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
    known = [word != NO_WORD and name in PHONES for word, name in zip(graph.words, names, strict=True)]
    lengths = [_longest(name) if timed else 1 for name, timed in zip(names, known, strict=True)]
    if sum(lengths) * frames > MOST_CELLS:
        return graph
    timed, owners = StateGraph(), list[int]()
    exits: list[list[tuple[int, float]]] = []
    for state, (label, stay, before) in enumerate(
        zip(graph.graph.labels, graph.graph.stays, graph.graph.sources, strict=True)
    ):
        sources = [
            each
            for source, cost in before
            for each in (
                [(source, cost)] if source < 0 else [(last, cost + leaving) for last, leaving in exits[source]]
            )
        ]
        owners += [state] * lengths[state]
        if not known[state]:
            exits.append([(timed.add(label, stay, sources), 0.0)])
            continue
        costs, found = _leaving(names[state], lengths[state]), list[tuple[int, float]]()
        for step, cost in enumerate(costs):
            last = step == len(costs) - 1
            number = timed.add(label, stay - LONGER_COST if last else NEVER, sources)
            found.append((number, cost))
            sources = [(number, stay)]
        exits.append(found)
    timed.finals = [(last, cost + leaving) for state, cost in graph.graph.finals for last, leaving in exits[state]]
    own = np.asarray(owners, np.int64)
    return WordGraph(
        timed,
        graph.senones,
        graph.silent_senones,
        graph.words[own],
        graph.variants[own],
        graph.phones[own],
        graph.places[own],
    )


@cache
def _longest(phone: str) -> int:
    return max(FEWEST_FRAMES, round(inherent_s(phone) * _FRAMES_A_SECOND))


@cache
def _leaving(phone: str, frames: int) -> list[float]:
    """Return what it costs to leave a state of a phone after 1, 2, ... frames; nothing at its usual length."""
    usual = expected_s([phone]) * _FRAMES_A_SECOND / STATES
    strain = np.log(np.arange(1, frames + 1) / usual) / SPREAD
    return [float(cost) for cost in -0.5 * strain**2]
