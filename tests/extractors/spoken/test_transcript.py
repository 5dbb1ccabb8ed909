import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.pronunciation.dictionary import PronouncingDictionary
from extractors.pronunciation.g2p import G2p
from extractors.pronunciation.pronounce import Pronouncer
from extractors.spoken.transcript import clean_marks, spoken_words
from tests.extractors.spoken.awkward_transcripts import TABLE

PRONOUNCER = Pronouncer(PronouncingDictionary().lookup, G2p())


def said(text: str, language: str = "en") -> list[str]:
    return [" ".join(words) for words in spoken_words(text.split(), language, PRONOUNCER.known)]


@pytest.mark.parametrize(("written", "expected"), TABLE, ids=[written[:30] for written, _ in TABLE])
def test_a_transcript_is_said_as_a_reader_says_it(written: str, expected: list[str]) -> None:
    assert said(written) == expected


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(TABLE) >= 60


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("de", "Ich habe 42 Äpfel!", ["ich", "habe", "zweiundvierzig", "äpfel"]),
        ("de-AT", "1.000 und 2,5", ["eintausend", "und", "zwei komma fünf"]),
        ("fr", "l'été 21", ["l'été", "vingt et un"]),
        ("fr", "10 000 euros", ["dix", "mille", "euros"]),
        ("de", "1.000.000 10²", ["eine million", "zehn zwei"]),
        ("es", "¿Qué? [risas]", ["qué", ""]),
        ("zh", "我有3个", ["我有 3 个"]),
        ("de", "SPEAKER_01: Guten Tag", ["", "guten", "tag"]),
    ],
)
def test_other_languages_spell_their_own_numbers(language: str, written: str, expected: list[str]) -> None:
    assert said(written, language) == expected


@given(st.lists(st.text(min_size=1, max_size=12).filter(lambda word: word.split() == [word]), max_size=8))
@settings(deadline=None, max_examples=150)
def test_there_is_one_row_a_written_word_of_lower_case_words(written: list[str]) -> None:
    rows = spoken_words(written, "en", PRONOUNCER.known)
    assert len(rows) == len(written)
    assert all(set(word) <= set(string.ascii_lowercase + "'-") and word for row in rows for word in row)


@pytest.mark.parametrize("form", ["{}", "{}th", "{}s", "${}.50", "{}%", "{}/2", "1/{}", "{}-5", "{}kg"])
def test_a_number_without_end_has_a_sound_too(form: str) -> None:
    for row in spoken_words([form.format("9" * 5000), "yes"], "en", PRONOUNCER.known):
        assert row
        assert all(PRONOUNCER.pronunciations(word) for word in row)


@given(st.text(alphabet="0123456789.,:/-$£€¢%kmsthnrd°'#+^²~Ⅷ ½五", min_size=1, max_size=14))
@settings(deadline=None, max_examples=300)
def test_no_heap_of_digits_and_signs_is_too_odd(mark: str) -> None:
    for row in spoken_words(mark.split(), "en", PRONOUNCER.known):
        assert all(PRONOUNCER.pronunciations(word) for word in row)


def test_marks_are_cleaned_before_anything_looks_at_them() -> None:
    assert clean_marks("it’s\u200b “fine”\u00ad") == 'it\'s "fine"'
