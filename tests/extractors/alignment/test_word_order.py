import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.acoustics.sphinx_model import SILENCE, SphinxModel
from extractors.alignment.viterbi import StateGraph, best_path
from extractors.alignment.word_graph import PAUSE_LOG
from extractors.alignment.word_order import HeardWord, _scores, _windows, heard_frames, other_orders
from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import plain_transcript
from tests.extractors.synthetic_speech import needs_espeak, say

MODEL = SphinxModel.load()
SIZE = MODEL.plain_senones.size
PHONES = [MODEL.number(name) for name in ("AA", "B", "IY", "K", "L", "M", "S", "T")]
TEXT = "the little dog carried seven yellow flowers home"
TIMER = WordTimer(WordTimingConfig())


def carved(said: list[tuple[int, ...]], rng: np.random.Generator, frames: int = 4) -> np.ndarray:
    """Scores of a sound that says these words, so many frames a state, silence around them."""
    silence = MODEL.number(SILENCE)
    states = [
        phone * 3 + step
        for phone in (silence, *(each for word in said for each in word), silence)
        for step in range(3)
    ]
    scores = rng.normal(-8.0, 1.0, (len(states) * frames, SIZE))
    scores[np.arange(len(scores)), np.repeat(states, frames)] = 0.0
    return scores.astype(np.float32)


def heard(said: list[tuple[int, ...]], frames: int) -> list[HeardWord]:
    edges = np.linspace(0, frames, len(said) + 1).astype(int)
    return [HeardWord(word, int(start), int(end)) for word, start, end in zip(said, edges, edges[1:], strict=False)]


def one_by_one(said: list[tuple[int, ...]], scores: np.ndarray) -> float:
    """The same best path by the search that places words."""
    graph = StateGraph()

    def phones(sequence, sources):
        for phone in sequence:
            for step in range(3):
                state = graph.add(phone * 3 + step, float(MODEL.stay[phone, step]), sources)
                sources = [(state, float(MODEL.leave[phone, step]))]
        return sources

    def pause(sources):
        return phones([MODEL.number(SILENCE)], [(state, cost + PAUSE_LOG) for state, cost in sources])

    ends = [(-1, 0.0)]
    ends += pause(ends)
    for word in said:
        found = phones(word, ends)
        last = found[0][0]
        ends = [*found, *pause(found)]
    graph.finals = [(last, 0.0), (len(graph) - 1, 0.0)]
    path = best_path(graph, scores)
    assert path is not None
    return path.score


words = st.lists(st.lists(st.sampled_from(PHONES), min_size=1, max_size=3).map(tuple), min_size=2, max_size=5)


@given(words, st.integers(0, 9))
@settings(deadline=None, max_examples=25)
def test_orders_score_all_at_once_what_they_score_one_by_one(said, seed) -> None:
    rng = np.random.default_rng(seed)
    scores = carved(said, rng)
    orders = [tuple(range(len(said))), tuple(reversed(range(len(said))))]
    expected = [one_by_one([said[word] for word in order], scores) for order in orders]
    assert _scores(MODEL, said, orders, scores) == pytest.approx(expected, abs=1e-2)


@given(st.permutations(range(5)), st.integers(0, 9))
@settings(deadline=None, max_examples=25)
def test_the_order_that_is_said_is_found_and_no_other_than_its_own_gains(order, seed) -> None:
    said = [
        (PHONES[0], PHONES[1]),
        (PHONES[2], PHONES[3]),
        (PHONES[4], PHONES[5]),
        (PHONES[6], PHONES[7]),
        (PHONES[3],),
    ]
    scores = carved([said[word] for word in order], np.random.default_rng(seed))
    silent = np.zeros(len(scores))
    best = other_orders(MODEL, heard(said, len(scores)), scores, silent)[0]
    if list(order) == sorted(order):
        assert best.gain < 0.0
    else:
        assert best.order == tuple(order) and best.gain > 50.0


def test_windows_of_a_long_transcript_hold_every_two_neighbours_and_all_of_the_sound_near_words() -> None:
    words = [HeardWord((0,), start, start + 10) for start in range(0, 430, 10)]
    windows = list(_windows(words, 600))
    assert windows[0][0] == 0 and windows[-1][1] == 43 and all(last - first <= 8 for first, last, _ in windows)
    together = {(at, at + 1) for first, last, _ in windows for at in range(first, last - 1)}
    assert together == {(at, at + 1) for at in range(42)}
    assert heard_frames(words, 600).tolist() == [frame < 460 for frame in range(600)]
    assert list(_windows(words[:1], 600)) == []


def test_a_word_said_twice_has_no_other_order() -> None:
    scores = carved([(PHONES[0],), (PHONES[0],)], np.random.default_rng(0))
    assert other_orders(MODEL, heard([(PHONES[0],), (PHONES[0],)], len(scores)), scores, np.zeros(len(scores))) == []


@needs_espeak
@pytest.mark.parametrize(
    "written",
    [
        "little the dog carried seven yellow flowers home",
        "the little dog carried seven yellow home flowers",
        "little dog carried seven yellow flowers home the",
        "the little dog seven carried yellow flowers home",
    ],
)
def test_words_slightly_out_of_order_are_flagged(written: str) -> None:
    sound = say(TEXT).astype(np.float32)
    right, wrong = (TIMER.time(plain_transcript(text), sound, 16_000) for text in (TEXT, written))
    assert "transcript_mismatch" not in right.flags and "alignment_order_gain" not in right.quality
    assert "transcript_mismatch" in wrong.flags and wrong.quality["alignment_order_gain"] > 0.0  # type: ignore[operator]
    assert [word.text for word in wrong.words] == written.split()


@needs_espeak
def test_two_words_swapped_in_a_long_transcript_are_found_among_all_others() -> None:
    right = (
        "my brother painted every window green last summer because nobody wanted the yellow kitchen to look so empty "
        "and then our neighbours brought us seven wooden chairs"
    ).split()
    sound = say(" ".join(right)).astype(np.float32)
    wrong = [*right[:11], right[12], right[11], *right[13:]]
    found = [TIMER.time(plain_transcript(" ".join(words)), sound, 16_000) for words in (right, wrong)]
    assert ["transcript_mismatch" in each.flags for each in found] == [False, True]
