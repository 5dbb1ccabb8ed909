"""The rough search of long recordings: sentences are found whatever lies between them."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.alignment.english import EnglishAligner
from tests.benchmarks.music import MUSIC
from tests.extractors.synthetic_speech import RATE_HZ, needs_espeak, say

SENTENCES = (
    "the old man walked slowly through the quiet garden",
    "it was never going to work like that anyway",
    "my sister bought a new yellow bicycle",
    "please remember to close every window before you leave",
)
LEVEL, MUSIC_S = 0.1, 6.0


@cache
def aligner() -> EnglishAligner:
    return EnglishAligner()


@needs_espeak
@pytest.mark.parametrize("voice", ["en-us", "en-gb"])
@pytest.mark.parametrize("kind", sorted(MUSIC))
def test_words_behind_music_are_found_in_their_sentence(kind: str, voice: str) -> None:
    sound, written, spans_s = with_music(kind, voice)
    found = aligner().rough(written, sound)
    right = [word for word, place in found.items() if overlaps(place.start_s, place.end_s, spans_s[word])]
    assert len(right) == len(found) >= len(written) - 1


def overlaps(start_s: float, end_s: float, span_s: tuple[float, float]) -> bool:
    return span_s[0] - 0.1 <= start_s and end_s <= span_s[1] + 0.1


def with_music(kind: str, voice: str) -> tuple[NDArray[np.float32], list[str], list[tuple[float, float]]]:
    """Return sentences with music behind each, a quarter as loud, their words, and when each sentence is said."""
    rng = np.random.default_rng(3)
    pieces, written, spans_s, at_s = list[NDArray[np.float64]](), list[str](), list[tuple[float, float]](), 0.0
    for sentence in SENTENCES:
        speech = say(sentence, voice)
        pieces += [speech * LEVEL / np.sqrt((speech**2).mean()), LEVEL / 4.0 * MUSIC[kind](MUSIC_S, rng)]
        written += sentence.split()
        spans_s += [(at_s, at_s + speech.size / RATE_HZ)] * len(sentence.split())
        at_s += speech.size / RATE_HZ + MUSIC_S
    sound = np.concatenate(pieces)
    return (sound + rng.normal(0.0, 0.0005, sound.size)).astype(np.float32), written, spans_s
