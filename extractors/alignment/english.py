"""The English aligner: PocketSphinx's acoustic model and dictionary under our own exact, adaptive search."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import FRAME_S
from extractors.acoustics.digital_silence import recorded_sound, whole_sound
from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.aligner import PlacedRow, Placement, Saying, WordEvidence
from extractors.alignment.confidence import fits_of_words, word_confidence
from extractors.alignment.forced import ForcedAlignment, align, align_loosely
from extractors.alignment.placed import PlacedPhone, PlacedWord
from extractors.one_core import one_core
from extractors.pronunciation.dictionary import PronouncingDictionary
from extractors.pronunciation.g2p import G2p
from extractors.pronunciation.phones import expected_s
from extractors.pronunciation.pronounce import LettersToPhones, Pronouncer
from extractors.spoken.transcript import spoken_words
from pipeline.timegrid import Interval
from pipeline.words import Rung

STRICT_LAG, WIDE_LAG = 48 * np.log(10.0), 80 * np.log(10.0)
"""A pruning search with beams of 1e-48 (PocketSphinx's own) or 1e-80 finds a path that never lags further."""

USUAL_STRAIN, STRAIN_COST = 0.55, 1.7
"""Phones of words that are said are on average 1.6 times longer or shorter than usual; of words that are not, 2.3
times: they are drawn over sounds that they are not made for. Costs so many nats a frame for each e-fold."""


class EnglishAligner:
    """Loads 20 MB of models once; keeps nothing of what it aligned."""

    mismatch_fit = -3.5
    """Speech with its own words has a median of +0.8, in noise of -1.6, as a synthetic voice of -1.3; with another
    clip's words of -5 to -8."""
    evidence = WordEvidence(centre=-2.1, weight=0.59, usual=1.95)
    """A logistic regression on 9,000 words of GRID recordings, clean and in two noises, a sixth of them wrong; the
    centre by what was flagged of 250 recordings (`extractors.timing.mismatch`)."""
    flagged_fit, contrast_weight = -2.5, 0.3
    """Chosen on 50 GRID clips that no test uses, clean and in two noises, and 60 sentences of 6 synthetic voices: of
    right transcripts 2.5 % are flagged (1 % of the clean ones), of other clips' 4 % are not. In reverse, words that
    were said lose 5 to 8 nats a frame, others 0 to 2."""

    def __init__(self, g2p: LettersToPhones | None = None) -> None:
        self._model = SphinxModel.load()
        self._pronouncer = Pronouncer(PronouncingDictionary().lookup, g2p or G2p())

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        """Return how each written word is said."""
        rows = spoken_words(written, "en", self._pronouncer.known)
        return [_saying([self._pronouncer.pronunciations(word)[0] for word in row]) for row in rows]

    @one_core()
    def place(
        self, written: Sequence[str], samples: NDArray[np.float32], orders: bool = False, noise: bool = False
    ) -> Placement | None:
        """Return where the words are; None if the sound is too short for their phones, or nothing is said."""
        rows = spoken_words(written, "en", self._pronouncer.known)
        sounds = [self._pronouncer.pronunciations(word) for row in rows for word in row]
        if not sounds:
            return None
        sound = recorded_sound(samples)
        found = align(self._model, sounds, sound.samples, orders, noise)
        if found is None and sound.shortened:
            sound = whole_sound(samples)
            found = align(self._model, sounds, samples, orders, noise)
        if found is None:
            return None
        fits, fit = fits_of_words(found.words, found.fit)
        words, placed, first = found.words, list[PlacedRow | None](), 0
        for row in rows:
            here = slice(first, first + len(row))
            edges_s = found.edges[here].ravel() * FRAME_S
            place = sound.whole_interval(Interval(float(edges_s[0]), float(edges_s[-1]))) if row else None
            placed.append(_row(words[here], fits[here], fit, place) if place else None)
            first = here.stop
        return Placement(tuple(placed), _rung(found), fit, found.order_gain)

    @one_core()
    def rough(self, written: Sequence[str], samples: NDArray[np.float32], eager: bool = False) -> dict[int, Interval]:
        """Return which of the words are spoken in the sound, by index, and roughly where."""
        rows = spoken_words(written, "en", self._pronouncer.known)
        owner = [index for index, row in enumerate(rows) for _ in row]
        sounds, sound = (
            [self._pronouncer.pronunciations(word) for row in rows for word in row],
            recorded_sound(samples),
        )
        places: dict[int, Interval] = {}
        for number, word in sorted(align_loosely(self._model, sounds, sound.samples, eager).items()):
            place = sound.interval(word.start_frame, word.end_frame)
            first = places.get(owner[number], place)
            places[owner[number]] = Interval(first.start_s, place.end_s)
        return places


def _row(words: Sequence[PlacedWord], fits: Sequence[float], fit: float, place: Interval) -> PlacedRow:
    lasting = [word.end_frame - word.start_frame for word in words]
    own_fit = float(np.average(fits, weights=lasting))
    phones = [[phone.name for phone in word.phones] for word in words]
    strain = float(np.mean([_strain(phone) for word in words for phone in word.phones])) - USUAL_STRAIN
    return PlacedRow(place, word_confidence(own_fit, fit), _saying(phones), own_fit - STRAIN_COST * strain)


def _strain(phone: PlacedPhone) -> float:
    """Return by how much a phone is longer or shorter than usual, as a log."""
    lasts_s = (phone.end_frame - phone.start_frame) * FRAME_S
    return float(abs(np.log(lasts_s / expected_s([phone.name]))))


def _saying(words: Sequence[Sequence[str]]) -> Saying:
    phones = [phone for word in words for phone in word]
    return Saying(len(phones), expected_s(phones))


def _rung(found: ForcedAlignment) -> Rung:
    if found.lag <= STRICT_LAG:
        return "strict"
    return "wide" if found.lag <= WIDE_LAG else "open"
