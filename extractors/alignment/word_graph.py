"""The graph of states of a sequence of spoken words: their pronunciations, and silence wherever it may stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.sphinx_files import STATES
from extractors.acoustics.sphinx_model import FIRST, INSIDE, LAST, ONLY, SILENCE, SphinxModel
from extractors.alignment.viterbi import StateArrays, StateGraph
from extractors.pronunciation.pronounce import Pronunciation

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int = NDArray[np.int64]

PAUSE_LOG = float(np.log(0.05))
"""Log probability of a pause between two words."""
NO_WORD = -1
FILLER_LOG = -20.0
"""Cost of entering the filler, in nats: about what a badly spoken word could save by hiding in it."""
SKIP_LOG, EAGER_SKIP_LOG = -20.0, -40.0
"""Cost of leaving a word out: less than forcing it on other speech, which costs five nats a frame."""
FILLER = -1
"""Label of the filler: the last column of the scores, one more than there are senones."""


@dataclass(frozen=True, slots=True, eq=False)
class WordGraph:
    """A state graph over senones, and what each state is part of; S states."""

    graph: StateGraph | StateArrays
    """Labels are columns of `senones`."""
    senones: Int
    """[shape=(U,)] the senones that occur, each once."""
    silent_senones: NDArray[np.bool_]
    """[shape=(U,)] those of silence, which no word shares."""
    words: Int
    """[shape=(S,)] the spoken word of a state, -1 in silence."""
    variants: Int
    """[shape=(S,)] which pronunciation of its word, 0 in silence."""
    phones: Int
    """[shape=(S,)] index of the phone in the acoustic model."""
    places: Int
    """[shape=(S,)] which phone of its pronunciation, counted from 0."""

    def weighed(self, scores: Float, evidence: Float64) -> Float:
        """Add the evidence of speech in each frame [T] to the scores [T, U] of all that is no silence."""
        return (scores + np.where(self.silent_senones, 0.0, evidence[:, None])).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _End:
    """A state where a word (or a pause) may end, and what it expects to follow."""

    state: int
    cost: float
    phone: int
    """The phone that ended; silence at the beginning."""
    before: int | None
    """The phone it takes to follow; None if any may."""


class _Builder:
    def __init__(self, model: SphinxModel) -> None:
        self.model = model
        self.silence = model.number(SILENCE)
        self.graph = StateGraph()
        self.columns: dict[int, int] = {}
        self.words: list[int] = []
        self.variants: list[int] = []
        self.phones: list[int] = []
        self.places: list[int] = []

    def phone(
        self, senones: Int, phone: int, sources: Sequence[tuple[int, float]], word: int, variant: int, place: int
    ) -> tuple[int, float]:
        """Append the three states of a phone; return the last one and the cost of leaving it."""
        model = self.model
        for step in range(STATES):
            column = self.columns.setdefault(int(senones[step]), len(self.columns))
            state = self.graph.add(column, float(model.stay[phone, step]), sources)
            sources = [(state, float(model.leave[phone, step]))]
            self._describe(word, variant, phone, place)
        return sources[0]

    def _describe(self, word: int, variant: int, phone: int, place: int) -> None:
        self.words.append(word)
        self.variants.append(variant)
        self.phones.append(phone)
        self.places.append(place)

    def pause(self, ends: Sequence[_End], skipped: Sequence[_End] = (), skip_log: float = SKIP_LOG) -> _End:
        """Append a pause after what may end; ``skipped`` are the pauses from which the word before is left out."""
        sources = [(end.state, end.cost + PAUSE_LOG) for end in ends if end.before in (None, self.silence)]
        sources += [(end.state, end.cost + skip_log) for end in skipped]
        senones = self.model.plain_senones[self.silence]
        state, cost = self.phone(senones, self.silence, sources, NO_WORD, 0, 0)
        return _End(state, cost, self.silence, None)

    def filler(self, ends: Sequence[_End]) -> _End:
        """Append a state for sound of any kind that belongs to no word."""
        sources = [(end.state, end.cost + FILLER_LOG) for end in ends if end.before in (None, self.silence)]
        state = self.graph.add(FILLER, 0.0, sources)
        self._describe(NO_WORD, 0, self.silence, 0)
        return _End(state, 0.0, self.silence, None)

    def with_filler(self, ends: Sequence[_End], pause: _End) -> list[_End]:
        """Append the filler after what may end and its pause; the two take turns, as in music, at no word's cost."""
        filler = self.filler([*ends, pause])
        self.graph.add_source(pause.state - (STATES - 1), filler.state, PAUSE_LOG)
        return [pause, filler]

    def word(
        self, number: int, spoken: Sequence[Sequence[int]], ends: Sequence[_End], after: Sequence[int]
    ) -> list[_End]:
        """Append every pronunciation of a word; return where it may end."""
        found = []
        for variant, phones in enumerate(spoken):
            heads = self._heads(number, variant, phones, ends, after)
            if len(phones) == 1:
                found.extend(heads)
                continue
            sources = [(head.state, head.cost) for head in heads]
            for place in range(1, len(phones) - 1):
                senones = self.model.senones(phones[place], phones[place - 1], phones[place + 1], INSIDE)
                sources = [self.phone(senones, phones[place], sources, number, variant, place)]
            for follower in after:
                senones = self.model.senones(phones[-1], phones[-2], follower, LAST)
                state, cost = self.phone(senones, phones[-1], sources, number, variant, len(phones) - 1)
                found.append(_End(state, cost, phones[-1], follower))
        return found

    def _heads(
        self, number: int, variant: int, phones: Sequence[int], ends: Sequence[_End], after: Sequence[int]
    ) -> list[_End]:
        """Append the first phone once for each phone that may stand before it."""
        heads = []
        for left in sorted({end.phone for end in ends}):
            sources = [(end.state, end.cost) for end in ends if end.phone == left and end.before in (None, phones[0])]
            if not sources:
                continue
            if len(phones) > 1:
                senones = self.model.senones(phones[0], left, phones[1], FIRST)
                heads.append(_End(*self.phone(senones, phones[0], sources, number, variant, 0), phones[0], None))
                continue
            for follower in after:
                senones = self.model.senones(phones[0], left, follower, ONLY)
                state, cost = self.phone(senones, phones[0], sources, number, variant, 0)
                heads.append(_End(state, cost, phones[0], follower))
        return heads


def word_graph(model: SphinxModel, words: Sequence[Sequence[Pronunciation]]) -> WordGraph:
    """Return the graph of spoken words, each with one or more pronunciations.

    Silence may stand before, between and after the words. Phones at the edge of a word know their neighbour
    across the edge, whether that is silence or the next word.
    """
    builder = _Builder(model)
    beginning = _End(-1, 0.0, builder.silence, None)
    ends = [beginning, builder.pause([beginning])]
    for number, variants, after in _spoken(builder, words):
        found = builder.word(number, variants, ends, after)
        pause = builder.pause(found)
        builder.graph.finals = [(end.state, end.cost) for end in (*found, pause)]
        ends = [*(end for end in found if end.before != builder.silence), pause]
    return _described(builder)


def loose_word_graph(
    model: SphinxModel, words: Sequence[Sequence[Pronunciation]], skip_log: float = SKIP_LOG
) -> WordGraph:
    """Return a graph in which words may be left out, other sound may stand between them, and the end may be missing.

    Its scores have a last column for that other sound (`FILLER`).
    """
    builder = _Builder(model)
    beginning = _End(-1, 0.0, builder.silence, None)
    pause = builder.pause([beginning])
    gaps = builder.with_filler([beginning], pause)
    ends = [beginning, *gaps]
    builder.graph.finals = [(end.state, end.cost) for end in gaps]
    for number, variants, after in _spoken(builder, words):
        found = builder.word(number, variants, ends, after)
        pause = builder.pause(found, gaps, skip_log)
        gaps = builder.with_filler(found, pause)
        builder.graph.finals += [(end.state, end.cost) for end in (*found, *gaps)]
        ends = [*(end for end in found if end.before != builder.silence), *gaps]
    return _described(builder)


def _spoken(
    builder: _Builder, words: Sequence[Sequence[Pronunciation]]
) -> Iterator[tuple[int, list[list[int]], list[int]]]:
    """Each word with its number, its pronunciations as phone numbers, and the phones that may follow it."""
    spoken = [[[builder.model.number(phone) for phone in said] for said in variants] for variants in words]
    for number, variants in enumerate(spoken):
        followers = {said[0] for said in spoken[number + 1]} if number + 1 < len(spoken) else set()
        yield number, variants, sorted(followers | {builder.silence})


def _described(builder: _Builder) -> WordGraph:
    senones = np.asarray(list(builder.columns), np.int64)
    return WordGraph(
        builder.graph,
        senones,
        np.isin(senones, builder.model.plain_senones[builder.silence]),
        np.asarray(builder.words, np.int64),
        np.asarray(builder.variants, np.int64),
        np.asarray(builder.phones, np.int64),
        np.asarray(builder.places, np.int64),
    )
