from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.alignment.aligner import Placement, Saying
from extractors.alignment.english import EnglishAligner
from extractors.timing.mismatch import Passage, is_mismatch, out_of_order, worst_passage
from pipeline.timegrid import Interval

SOUND = np.zeros(16_000, np.float32)
WORDS = ("nobody", "expected", "this", "ending")


class Listener:
    """Says how well the words fit in reverse, and remembers whether it was asked."""

    mismatch_fit, flagged_fit = -3.5, -2.5
    evidence = EnglishAligner.evidence

    def __init__(self, reversed_fit: float | None, weight: float = 0.3) -> None:
        self.reversed_fit, self.contrast_weight = reversed_fit, weight
        self.asked: list[list[str]] = []

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        raise AssertionError("not asked for here")

    def rough(self, written: Sequence[str], samples: NDArray[np.float32], eager: bool = False) -> dict[int, Interval]:
        raise AssertionError("not asked for here")

    def place(
        self, written: Sequence[str], samples: NDArray[np.float32], orders: bool = False, noise: bool = False
    ) -> Placement | None:
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


def passage(fits: Sequence[float], bound: float | None = None) -> Passage:
    found = worst_passage(fits, Listener(None), bound)
    assert found is not None
    return found


@pytest.mark.parametrize("at", [0, 1, 7, 30, 39, 40])
@pytest.mark.parametrize("words", [3, 6, 9])
def test_a_wrong_sentence_among_right_words_is_found_and_named_wherever_it_stands(at: int, words: int) -> None:
    fits = [0.5] * 40
    assert not passage(fits).foreign
    fits[at:at] = [-6.0] * words
    assert np.mean(fits) > -2.5, "the whole hides it"
    found = passage(fits)
    assert found.foreign and (found.first, found.last) == (at, at + words - 1)
    assert found.figures() == {
        "alignment_worst_fit": -6.0,
        "alignment_worst_doubt": found.doubt,
        "alignment_worst_first": at,
        "alignment_worst_last": at + words - 1,
    }


def test_words_that_it_shares_with_what_is_said_do_not_hide_a_wrong_sentence() -> None:
    found = passage([0.5] * 12 + [-5.0, -7.0, 0.3, -6.0, -4.5, -5.0] + [0.5] * 12)
    assert found.foreign and (found.first, found.last) == (12, 17)


@pytest.mark.parametrize("words", [8, 40, 4_500, 100_000])
def test_the_bound_holds_for_any_length(words: int) -> None:
    fits = np.random.default_rng(1).normal(1.0, 1.5, words)
    assert not passage(fits.tolist()).foreign
    fits[words // 2 : words // 2 + 9] = -8.0  # nobody was heard to say them
    found = passage(fits.tolist())
    assert found.foreign and found.first <= words // 2 and found.last >= min(words // 2 + 8, words - 1)


@pytest.mark.parametrize("words", [2, 5, 8, 40])
def test_one_word_badly_said_is_no_foreign_sentence(words: int) -> None:
    found = passage([*([0.5] * (words - 1)), -60.0])
    assert not found.foreign
    assert "alignment_worst_first" not in found.figures()


def test_a_voice_that_the_model_does_not_know_is_forgiven_and_a_wrong_sentence_in_it_found() -> None:
    strange = np.resize([-2.0, -1.0, -3.0, -3.6, -3.6, -2.9], 40)
    assert not passage(strange.tolist()).foreign
    strange[10:16] = -8.0
    assert passage(strange.tolist()).foreign


def test_a_bound_of_the_configuration_moves_the_evidence_of_every_word() -> None:
    fits = [0.5] * 10 + [-3.2] * 4 + [0.5] * 10
    assert not passage(fits).foreign
    assert passage(fits, bound=-1.0).foreign
    assert not passage([0.5] * 10 + [-7.0] * 4 + [0.5] * 10, bound=-8.0).foreign


def test_no_words_have_no_passage() -> None:
    assert worst_passage([], Listener(None), None) is None


def test_the_more_words_the_more_another_order_must_gain() -> None:
    assert [out_of_order(gain, 4) for gain in (69.0, 71.0)] == [False, True]
    assert [out_of_order(gain, 50) for gain in (101.0, 103.0)] == [False, True]
    assert not out_of_order(150.0, 1800)
