"""Whether the same words in another order explain the sound better: a transcript that is out of order.

Words that are said, only not in this order, fit nearly as well as right ones do: most are found, and the search hides
the few others in pauses. What gives them away is the comparison with another order of the same words. Neighbours
swapped, the first word at the end, the last at the beginning, and the order in which a search without any order hears
the words are scored without context, all at once; the best of them are then compared exactly (`order_gain`). Long
transcripts are looked at a few words at a time, so that the cost follows their length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.sphinx_files import STATES
from extractors.acoustics.sphinx_model import SILENCE, SphinxModel
from extractors.alignment.word_graph import PAUSE_LOG

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int = NDArray[np.int64]
Order = tuple[int, ...]

WINDOW_WORDS, OVERLAP_WORDS = 8, 2
MARGIN_FRAMES = 30
"""Sound around the words of a window, if no other words are there."""
MOST_ORDERS = 2
"""So many are worth an exact score."""
ENTRY_LOGS = (0.0, -20.0)
"""Cost of every word that is heard without an order: many short ones, or few long ones."""
_NEVER = -1e30


@dataclass(frozen=True, slots=True, eq=False)
class HeardWord:
    """A word as a search placed it: its phones by their numbers, and its frames."""

    phones: tuple[int, ...]
    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class OtherOrder:
    """Some consecutive words in another order than their own, and the sound in which both are compared."""

    order: Order
    """The words by their numbers in the transcript."""
    sound: slice
    """Frames; of a transcript of one window all of them."""
    gain: float
    """Log likelihood without context, less that of their own order, in nats."""


def other_orders(
    model: SphinxModel, words: Sequence[HeardWord], plain: Float, evidence: Float64, most: int = MOST_ORDERS
) -> list[OtherOrder]:
    """Return the best of the other orders that are tried, the best first; none if there is none.

    Parameters
    ----------
    model : SphinxModel
    words : sequence of HeardWord
        In the order of the transcript.
    plain : ndarray [shape=(T, 3 P)]
        Log likelihood of every state of every phone without context; only `heard_frames` are looked at.
    evidence : ndarray [shape=(T,)]
        Of speech in each frame (`extractors.acoustics.presence`).
    most : int
        So many at most.
    """
    silent = np.zeros(plain.shape[1], bool)
    silent[model.number(SILENCE) * STATES : (model.number(SILENCE) + 1) * STATES] = True
    found: list[OtherOrder] = []
    for first, last, sound in _windows(words, len(plain)):
        scores = plain[sound] + np.where(silent, 0.0, evidence[sound, None]).astype(np.float32)
        phones = [word.phones for word in words[first:last]]
        orders = _orders(model, phones, scores)
        own, *others = _scores(model, phones, orders, scores)
        for order, score in zip(orders[1:], others, strict=True):
            compared = slice(None) if len(phones) == len(words) else sound
            found.append(OtherOrder(tuple(first + word for word in order), compared, float(score - own)))
    return sorted(found, key=lambda other: -other.gain)[:most]


def heard_frames(words: Sequence[HeardWord], frames: int) -> NDArray[np.bool_]:
    """Return which frames a search for other orders looks at [T]: those of words, and some around them."""
    heard = np.zeros(frames, bool)
    for _, _, sound in _windows(words, frames):
        heard[sound] = True
    return heard


def _windows(words: Sequence[HeardWord], frames: int) -> Iterator[tuple[int, int, slice]]:
    """Yield first word, word after the last and the sound of windows that overlap."""
    first = 0
    while len(words) > 1:
        last = min(first + WINDOW_WORDS, len(words))
        low = words[first - 1].end_frame if first else 0
        high = words[last].start_frame if last < len(words) else frames
        yield (
            first,
            last,
            slice(
                max(low, words[first].start_frame - MARGIN_FRAMES),
                min(high, words[last - 1].end_frame + MARGIN_FRAMES),
            ),
        )
        if last == len(words):
            return
        first = min(first + WINDOW_WORDS - OVERLAP_WORDS, len(words) - WINDOW_WORDS)


def _orders(model: SphinxModel, phones: Sequence[tuple[int, ...]], scores: Float) -> list[Order]:
    """Return the orders to compare, their own first."""
    own = tuple(range(len(phones)))
    swapped = [(*own[:at], at + 1, at, *own[at + 2 :]) for at in own[:-1]]
    heard = [_heard_order(model, phones, scores, entry) for entry in ENTRY_LOGS]
    tried = [own, *swapped, (*own[1:], own[0]), (own[-1], *own[:-1]), *heard]
    different = list(dict.fromkeys(tried))
    said = [[phones[word] for word in order] for order in different]
    return [order for at, order in enumerate(different) if at == 0 or said[at] != said[0]] or [own]


def _scores(model: SphinxModel, phones: Sequence[tuple[int, ...]], orders: Sequence[Order], scores: Float) -> Float64:
    """Return the log likelihood of the best path through the words in each order, with pauses between them."""
    from extractors.alignment import search_kernels  # numba takes a third of a second to import

    silence = (model.number(SILENCE),)
    chains = [
        _Chain(model, [silence, *(part for word in order for part in (phones[word], silence))]) for order in orders
    ]
    labels = np.stack([chain.labels for chain in chains])
    stay, step, skip = (np.stack([getattr(chain, name) for chain in chains]) for name in ("stay", "step", "skip"))
    over = STATES + 1
    value = np.full(labels.shape, _NEVER)
    value[:, 0] = PAUSE_LOG
    value[:, STATES] = 0.0
    value += scores[0][labels]
    search_kernels.chain_scores(scores, labels.astype(np.uint32), stay, step, skip, value, over)
    return np.asarray(np.maximum(value[:, -1], value[:, -over]))


class _Chain:
    """States of pause, word, pause, ... word, pause, where every pause may be left out."""

    def __init__(self, model: SphinxModel, parts: Sequence[tuple[int, ...]]) -> None:
        phone = np.repeat([phone for part in parts for phone in part], STATES)
        state = np.tile(np.arange(STATES), phone.size // STATES)
        self.labels: Int = phone * STATES + state
        self.stay: Float64 = model.stay[phone, state]
        leave = model.leave[phone, state]
        starts = np.cumsum([0, *(len(part) * STATES for part in parts)])
        self.step: Float64 = leave[:-1].copy()
        self.step[starts[2:-1:2] - 1] += PAUSE_LOG
        self.skip: Float64 = np.full(phone.size - STATES - 1, _NEVER)
        pauses = starts[2:-2:2]  # between words
        self.skip[pauses - 1] = leave[pauses - 1]


def _heard_order(model: SphinxModel, phones: Sequence[tuple[int, ...]], scores: Float, entry: float) -> Order:
    """Return the words in the order in which they are first heard; what is not heard stays where it is."""
    loop = _Loop(model, [*dict.fromkeys(phones)], entry)
    heard = loop.heard(scores)
    first = {word: place for place, word in reversed(list(enumerate(heard)))}
    kept = [word for word, said in enumerate(phones) if said in first]
    order = list(range(len(phones)))
    for slot, word in zip(kept, sorted(kept, key=lambda word: (first[phones[word]], word)), strict=True):
        order[slot] = word
    return tuple(order)


class _Loop:
    """Words in any order, as often as one likes, with pauses between them."""

    def __init__(self, model: SphinxModel, words: Sequence[tuple[int, ...]], entry: float) -> None:
        self.words = words
        parts = [*words, (model.number(SILENCE),)]
        phone = np.repeat([phone for part in parts for phone in part], STATES)
        state = np.tile(np.arange(STATES), phone.size // STATES)
        ends = np.cumsum([len(part) * STATES for part in parts])
        self.labels, self.stay = phone * STATES + state, model.stay[phone, state]
        self.leave = model.leave[phone, state]
        self.starts, self.ends = np.asarray([0, *ends[:-1]]), ends - 1
        self.entry = np.asarray([entry] * len(words) + [PAUSE_LOG])

    def heard(self, scores: Float) -> list[tuple[int, ...]]:
        """Return the words of the best path, in its order."""
        from extractors.alignment import search_kernels

        value = np.full(self.labels.size, _NEVER)
        value[self.starts] = self.entry
        value += scores[0][self.labels]
        moved = np.zeros((len(scores), self.labels.size), bool)
        came = np.zeros(len(scores), np.int64)  # the word that ended before each frame, if one begins in it
        labels, ends = self.labels.astype(np.uint32), self.ends
        search_kernels.loop_forward(scores, labels, self.stay, self.leave, self.entry, ends, value, moved, came)
        return self._traced(moved, came, int((value + self.leave)[self.ends].argmax()))

    def _traced(self, moved: NDArray[np.bool_], came: Int, part: int) -> list[tuple[int, ...]]:
        found, state = [part], int(self.ends[part])
        for frame in range(len(moved) - 1, 0, -1):
            if moved[frame, state]:
                if state == self.starts[part]:
                    part = int(came[frame])
                    found.append(part)
                    state = int(self.ends[part])
                else:
                    state -= 1
        return [self.words[part] for part in reversed(found) if part < len(self.words)]
