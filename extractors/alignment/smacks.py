"""Smacks of the lips and breaths are no part of a stop behind a pause, which a search takes them for.

A closure is silent, so nothing but its length tells a burst from a smack a quarter of a second earlier.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import FRAME_S
from extractors.alignment.placed import PlacedPhone, PlacedWord
from extractors.pronunciation.phones import STOPS, inherent_s

Float64 = NDArray[np.float64]

LONGEST_STOP_S = 0.15
"""Closure, burst and breath of a stop: nearly twice what a stressed one takes."""


def without_smacks(words: Sequence[PlacedWord]) -> tuple[PlacedWord, ...]:
    """Shorten stops behind a pause that last longer than stops can; what remains is as long as a stressed one is."""
    kept, before = [], 0
    for number, word in enumerate(words):
        first = word.phones[0]
        behind_pause = number == 0 or word.start_frame > before
        before = word.end_frame
        if behind_pause and _too_long(first, first.start_frame):
            start = first.end_frame - round(inherent_s(first.name) / FRAME_S)
            word = PlacedWord((PlacedPhone(first.name, start, first.end_frame), *word.phones[1:]))
        kept.append(word)
    return tuple(kept)


def with_short_stops(edges: Float64, words: Sequence[PlacedWord]) -> Float64:
    """Let words behind a pause begin where `without_smacks` says, if their stop would be too long.

    Parameters
    ----------
    edges : ndarray [shape=(L, 2)]
        Where words begin and end, in frames, by another rule.
    words : sequence of PlacedWord
        From `without_smacks`.

    Returns
    -------
    ndarray [shape=(L, 2)]
    """
    kept = edges.copy()
    for number, word in enumerate(words):
        behind_pause = number == 0 or edges[number, 0] > edges[number - 1, 1]
        if behind_pause and _too_long(word.phones[0], edges[number, 0]):
            kept[number, 0] = min(word.start_frame, edges[number, 1])
    return kept


def _too_long(phone: PlacedPhone, start_frame: float) -> bool:
    return phone.name in STOPS and (phone.end_frame - start_frame) * FRAME_S > LONGEST_STOP_S
