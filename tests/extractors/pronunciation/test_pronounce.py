import pytest

from extractors.pronunciation.dictionary import PronouncingDictionary
from extractors.pronunciation.g2p import LETTERS, G2p
from extractors.pronunciation.phones import PHONES, expected_s
from extractors.pronunciation.pronounce import Pronouncer

PRONOUNCER = Pronouncer(PronouncingDictionary().lookup, G2p())


def sounds(word: str) -> str:
    return " ".join(PRONOUNCER.pronunciations(word)[0])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("movie", "M UW V IY"),
        ("shh", "SH"),
        ("k", "K EY"),
        ("tribbiani's", "T R IH B IY AA N IY Z"),
        ("rachel's", "R EY CH AH L Z"),
        ("boss'", "B AO S"),
        ("walkin'", "W AO K IH N"),
        ("kim'll", "K IH M AH L"),
    ],
)
def test_words_sound_as_the_dictionary_a_rule_or_the_model_says(word: str, expected: str) -> None:
    assert sounds(word) == expected


def test_variants_come_in_the_order_of_the_dictionary() -> None:
    assert [" ".join(said) for said in PRONOUNCER.pronunciations("a")[:2]] == ["AH", "EY"]


def test_every_phone_is_one_the_acoustic_model_has() -> None:
    words = ("zyzzyva", "covid", "skywalker", "xkcd", "o'brien's", "b", "pfft", "aaaaaaa")
    assert all(set(said) <= set(PHONES) and said for word in words for said in PRONOUNCER.pronunciations(word))


def test_what_holds_no_letter_has_no_sound() -> None:
    assert PRONOUNCER.pronunciations("'") == ()
    assert G2p().phones("42!") == ()


def test_the_model_states_its_error_on_words_it_was_not_trained_on() -> None:
    assert 0.0 < G2p().phone_error < 0.08


def test_a_name_without_end_is_cut() -> None:
    assert len(G2p().phones(LETTERS * 40)) < 100


def test_longer_sounds_are_expected_to_last_longer() -> None:
    assert expected_s(["IH"]) < expected_s(["OY"])
    assert expected_s(["K", "AE", "T"]) == pytest.approx(sum(expected_s([phone]) for phone in ("K", "AE", "T")))
    assert expected_s([]) == 0.0


def test_a_word_that_may_have_lost_its_apostrophe_is_said_both_ways() -> None:
    entries = {"id": "IH D", "i'd": "AY D", "i'd(2)": "AH D", "idle": "AY D AH L"}
    pronouncer = Pronouncer(entries.get, G2p())
    assert pronouncer.pronunciations("id") == (("IH", "D"), ("AY", "D"), ("AH", "D"))
    assert pronouncer.pronunciations("idle") == (("AY", "D", "AH", "L"),)
