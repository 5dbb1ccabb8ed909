"""The rhythm of words, computed by hand."""

import pytest

from extractors.word_rhythm import LONGEST_PAUSE_S, word_columns, word_timing_features
from pipeline.words import Rung, Word


def word(start_s: float, end_s: float, rung: Rung = "strict", phones: int = 0, expected_s: float = 0.0) -> Word:
    return Word("word" if rung not in ("pause", "window") else "", start_s, end_s, 1.0, rung, phones, expected_s)


def row(words: list[Word], index: int) -> dict[str, float]:
    """The valid values of a row, by name."""
    found = word_timing_features(words)
    return {
        name: float(found.values[index, column])
        for column, name in enumerate(found.names)
        if found.valid[index, column]
    }


def test_a_word_against_its_phones_and_its_neighbour() -> None:
    words = [word(0.5, 0.8), word(1.0, 1.4, phones=4, expected_s=0.5)]
    assert row(words, 1) == pytest.approx(
        {
            "word_duration_s": 0.4,
            "word_phones_per_s": 10.0,
            "word_duration_ratio": 0.8,
            "word_pause_before_s": 0.2,
        }
    )


def test_the_first_word_has_no_pause_before_it() -> None:
    assert row([word(0.5, 0.8)], 0) == pytest.approx({"word_duration_s": 0.3})


def test_speaking_twice_as_fast_doubles_the_rate_and_halves_the_ratio() -> None:
    slow, fast = (
        row([word(0.0, 0.6, phones=3, expected_s=0.3)], 0),
        row([word(0.0, 0.3, phones=3, expected_s=0.3)], 0),
    )
    assert fast["word_phones_per_s"] == pytest.approx(2 * slow["word_phones_per_s"])
    assert fast["word_duration_ratio"] == pytest.approx(slow["word_duration_ratio"] / 2)


@pytest.mark.parametrize("rung", ["proportional", "untimed", "window", "pause"])
def test_times_that_are_not_measured_carry_no_rhythm(rung: Rung) -> None:
    assert row([word(0.5, 0.8, rung, phones=3, expected_s=0.3)], 0) == {}


def test_a_pause_row_does_not_hide_the_pause() -> None:
    words = [word(0.0, 0.5), word(0.5, 1.5, "pause"), word(1.5, 2.0)]
    assert row(words, 2)["word_pause_before_s"] == pytest.approx(1.0)


def test_after_a_word_without_times_the_pause_is_unknown() -> None:
    words = [word(0.0, 0.5), word(0.5, 1.5, "proportional"), word(1.5, 2.0)]
    assert "word_pause_before_s" not in row(words, 2)


def test_overlapping_words_have_no_negative_pause_and_long_ones_end_somewhere() -> None:
    assert row([word(0.0, 0.5), word(0.4, 0.9)], 1)["word_pause_before_s"] == 0.0
    assert row([word(0.0, 0.5), word(60.0, 61.0)], 1)["word_pause_before_s"] == LONGEST_PAUSE_S


def test_a_word_of_no_length_has_no_rate() -> None:
    assert row([word(0.5, 0.5, phones=3, expected_s=0.3)], 0) == {}


def test_every_column_is_described_and_no_words_give_no_rows() -> None:
    found = word_timing_features([])
    assert found.values.shape == (0, len(word_columns()))
    assert found.names == tuple(column.name for column in word_columns())
    assert all(
        column.meaning and column.source and column.verdict in {"stable", "sensitive"} for column in word_columns()
    )
