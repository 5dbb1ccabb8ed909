from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.aligner import Placement, Saying
from extractors.mismatch import Window, is_mismatch, worst_window
from pipeline.timegrid import Interval

SOUND = np.zeros(16_000, np.float32)
WORDS = ("nobody", "expected", "this", "ending")


class Listener:
    """Says how well the words fit in reverse, and remembers whether it was asked."""

    mismatch_fit, flagged_fit = -3.5, -2.5

    def __init__(self, reversed_fit: float | None, weight: float = 0.3) -> None:
        self.reversed_fit, self.contrast_weight = reversed_fit, weight
        self.asked: list[list[str]] = []

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        raise AssertionError("not asked for here")

    def rough(self, written: Sequence[str], samples: NDArray[np.float32], eager: bool = False) -> dict[int, Interval]:
        raise AssertionError("not asked for here")

    def place(self, written: Sequence[str], samples: NDArray[np.float32]) -> Placement | None:
        self.asked.append(list(written))
        return None if self.reversed_fit is None else Placement((None,) * len(written), "strict", self.reversed_fit)


@pytest.mark.parametrize(
    ("fit", "reversed_fit", "wrong"),
    [(-3.4, -7.4, False), (-3.4, -4.0, True), (-2.2, -7.0, False), (-2.2, -1.0, True), (-3.4, None, True)],
)
def test_where_the_fit_leaves_a_doubt_the_order_of_the_words_decides(
    fit: float, reversed_fit: float | None, wrong: bool
) -> None:
    listener = Listener(reversed_fit)
    found, contrast = is_mismatch(fit, WORDS, SOUND, listener, None)
    assert found == wrong
    assert listener.asked == [list(reversed(WORDS))]
    assert contrast == (None if reversed_fit is None else pytest.approx(max(fit - reversed_fit, -2.0)))


@pytest.mark.parametrize(("fit", "wrong"), [(0.8, False), (-1.8, False), (-5.0, True), (-9.0, True)])
def test_where_there_is_no_doubt_nothing_is_searched_again(fit: float, wrong: bool) -> None:
    listener = Listener(-5.0)
    assert is_mismatch(fit, WORDS, SOUND, listener, None) == (wrong, None)
    assert listener.asked == []


@pytest.mark.parametrize("written", [None, ("yes",), ("no", "no", "no")])
def test_long_recordings_and_words_that_are_the_same_in_reverse_are_judged_by_their_fit(
    written: Sequence[str] | None,
) -> None:
    listener = Listener(-9.0)
    assert is_mismatch(-3.4, written, SOUND, listener, None) == (False, None)
    assert is_mismatch(-3.6, written, SOUND, listener, None) == (True, None)
    assert is_mismatch(-3.6, WORDS, SOUND, Listener(-9.0, weight=0.0), None) == (True, None)
    assert listener.asked == []


def test_a_bound_of_the_configuration_takes_the_place_of_the_aligners() -> None:
    assert is_mismatch(-1.0, WORDS, SOUND, Listener(-1.0), -0.5)[0]
    assert not is_mismatch(-6.0, WORDS, SOUND, Listener(-6.0), -8.0)[0]


def test_a_foreign_sentence_in_a_long_transcript_is_found_and_named() -> None:
    fits = [0.5] * 40
    assert not _wrong(worst_window(fits, [0.3] * 40, Listener(None), None))
    fits[20:20] = [-7.0] * 9
    assert np.mean(fits) > -2.5, "the whole hides it"
    found = worst_window(fits, [0.3] * 49, Listener(None), None)
    assert found is not None and _wrong(found)
    assert found.first <= 22 and found.last >= 26
    assert found.figures() == {
        "alignment_worst_fit": found.fit,
        "alignment_worst_first": found.first,
        "alignment_worst_last": found.last,
    }
    assert not _wrong(worst_window(fits, [0.3] * 49, Listener(None), -8.0)), (
        "the configuration's bound counts here too"
    )


@pytest.mark.parametrize("at", [0, 1, 2, 3, 30, 31])
def test_a_foreign_sentence_is_found_wherever_it_stands(at: int) -> None:
    fits = [0.5] * 31
    fits[at:at] = [-9.0] * 9
    assert _wrong(worst_window(fits, [0.3] * 40, Listener(None), None))


def test_the_bound_of_many_windows_is_stricter_and_short_transcripts_have_none() -> None:
    few, many = (worst_window([0.0] * words, [0.3] * words, Listener(None), None) for words in (13, 400))
    assert few is not None and many is not None and many.bound < few.bound < Listener.flagged_fit
    assert worst_window([-20.0] * 12, [0.3] * 12, Listener(None), None) is None


def test_a_few_words_badly_said_are_no_foreign_sentence() -> None:
    fits = [0.5] * 40
    fits[10:12] = [-9.0] * 2
    assert not _wrong(worst_window(fits, [0.3] * 40, Listener(None), None))


def _wrong(window: Window | None) -> bool:
    return window is not None and window.foreign
