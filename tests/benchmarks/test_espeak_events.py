"""The exact truth of `connected_words` is one: sound begins and ends where espeak-ng's library says."""

import ctypes.util

import numpy as np
import pytest

from tests.benchmarks._espeak_events import RATE_HZ, spoken

pytestmark = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None, reason="the library of espeak-ng is not installed"
)


def test_words_follow_each_other_and_stop_at_a_pause() -> None:
    sentence = spoken("Explosions everywhere, then finally credits.", "en-us", 150)
    assert sentence is not None
    starts, ends = sentence.truth_s.T
    assert np.all(starts < ends)
    assert np.all(ends[:-1] <= starts[1:])
    assert ends[0] == starts[1], "words run together"
    assert starts[2] - ends[1] > 0.1, "a comma is a pause"


def test_a_pause_is_silent_and_words_are_not() -> None:
    sentence = spoken("Explosions everywhere, then finally credits.", "en-us+f3", 190)
    assert sentence is not None

    def level(start_s: float, end_s: float) -> float:
        return float(np.sqrt(np.mean(sentence.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] ** 2)))

    pause = level(sentence.truth_s[1, 1] + 0.05, sentence.truth_s[2, 0])
    assert all(level(start_s, end_s) > 20 * pause for start_s, end_s in sentence.truth_s)


def test_a_faster_voice_says_the_same_words_sooner() -> None:
    slow, fast = (spoken("Zendaya carries every scene.", "en-us", rate) for rate in (130, 220))
    assert slow is not None and fast is not None
    assert fast.truth_s[-1, 1] < 0.8 * slow.truth_s[-1, 1]


def test_a_sentence_with_two_words_said_as_one_has_no_truth() -> None:
    assert spoken("The end of the movie.", "en-us", 160) is None


def test_a_missing_voice_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-voice"):
        spoken("Hello.", "no-such-voice", 160)
