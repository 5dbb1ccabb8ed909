"""Searches that know how long sounds last."""

from functools import cache

import numpy as np
import pytest

from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.durations import drawn_out, held, with_durations
from extractors.alignment.placed import PlacedPhone, PlacedWord
from extractors.alignment.viterbi import best_path
from extractors.alignment.word_graph import NO_WORD, WordGraph, word_graph

WORDS = [[("AE", "T")], [("S", "IY")]]


@cache
def model() -> SphinxModel:
    pytest.importorskip("pocketsphinx")
    return SphinxModel.load()


def frames_of(graph: WordGraph, phone: str) -> int:
    """How many frames a phone gets where every frame is like every phone."""
    scores = np.zeros((100, graph.senones.size), np.float32)
    scores[:, graph.silent_senones] = -5.0
    path = best_path(graph.graph, scores)
    assert path is not None
    here = (graph.phones[path.states] == model().number(phone)) & (graph.words[path.states] != NO_WORD)
    return int(here.sum())


def test_where_nothing_is_heard_sounds_last_as_long_as_usual() -> None:
    plain = word_graph(model(), WORDS)
    timed = with_durations(model(), plain, 100)
    lengths = {phone: frames_of(timed, phone) for phone in ("AE", "T", "S", "IY")}
    assert max(lengths.values()) <= 55  # of 100 frames, all of which words must share
    assert lengths["T"] < lengths["AE"]
    assert max(frames_of(plain, phone) for phone in lengths) > 60


def test_the_words_are_the_same_and_need_as_few_frames() -> None:
    plain = word_graph(model(), WORDS)
    timed = with_durations(model(), plain, 100)
    assert set(timed.words) == set(plain.words)
    assert (timed.senones == plain.senones).all()
    shortest = np.zeros((12, plain.senones.size), np.float32)
    assert best_path(timed.graph, shortest) is not None
    assert best_path(timed.graph, shortest[:11]) is None


def test_a_search_too_large_for_memory_goes_without() -> None:
    plain = word_graph(model(), WORDS)
    assert with_durations(model(), plain, 10_000_000) is plain


def test_only_a_sound_longer_than_any_is_drawn_out() -> None:
    def lasting(frames: int) -> list[PlacedWord]:
        return [PlacedWord((PlacedPhone("AE", 0, 60), PlacedPhone("T", 60, 60 + frames)))]

    assert not drawn_out(lasting(20))
    assert drawn_out(lasting(50))
    assert not drawn_out([])


def test_nobody_speaks_inside_a_phone_that_is_held_for_half_a_second() -> None:
    words = [
        PlacedWord((PlacedPhone("HH", 10, 15), PlacedPhone("AY", 15, 65))),
        PlacedWord((PlacedPhone("HH", 70, 130),)),
    ]
    assert np.flatnonzero(held(words, 200)).tolist() == list(range(80, 120))
