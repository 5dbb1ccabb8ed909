import builtins
import ctypes.util
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

from extractors.extraction import ExtractionConfig, Extractor
from extractors.pronunciation import espeak
from extractors.pronunciation.espeak import EspeakG2p, espeak_version
from extractors.pronunciation.ipa import arpabet
from extractors.pronunciation.phones import PHONES
from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.errors import ModelMissingError

CHOSEN = WordTimingConfig(g2p="espeak")


def installed() -> bool:
    try:
        return bool(version("espeakng-loader"))
    except PackageNotFoundError:
        return ctypes.util.find_library("espeak-ng") is not None


needs_library = pytest.mark.skipif(not installed(), reason="espeak-ng is not installed (dmd-video[espeak])")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    there = builtins.__import__

    def without_loader(name: str, *rest: Any, **named: Any) -> Any:
        if name == "espeakng_loader":
            raise ImportError(name)
        return there(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_loader)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    espeak._library.cache_clear()
    yield
    espeak._library.cache_clear()


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("həlˈoʊ", "HH AH L OW"),
        ("tʃˈɜːtʃ", "CH ER CH"),
        ("dʒˈʌdʒ", "JH AH JH"),
        ("bˈʌʔn̩", "B AH T AH N"),
        ("lˈɛɾɚ", "L EH T ER"),
        ("bjˈuːɾifəl", "B Y UW T IY F AH L"),
        ("fˈaɪɚ", "F AY ER"),
        ("mˈɔːɹnɪŋ", "M AO R N IH NG"),
        ("θˈɪŋ ðɪs vˈɪʒən", "TH IH NG DH IH S V IH ZH AH N"),
        ("bˈɔɪ ˈaʊt jˈɛs", "B OY AW T Y EH S"),
        ("lˈɒx", "L AA K"),
        ("", ""),
    ],
)
def test_ipa_becomes_phones_of_the_acoustic_model(ipa: str, phones: str) -> None:
    assert " ".join(arpabet(ipa)) == phones


@needs_library
def test_every_sound_that_it_makes_of_a_word_is_a_phone() -> None:
    g2p = EspeakG2p()
    words = ("oppenheimer", "zyzzyva", "tribbiani's", "xkcd", "skywalker", "loch", "croissant", "rhythm", "button")
    said = [g2p.phones(word) for word in words]
    assert all(phones and set(phones) <= set(PHONES) for phones in said)
    assert g2p.phones("oppenheimer") == tuple("AA P AH N HH EY M ER".split())
    assert said == [g2p.phones(word) for word in words]


@needs_library
def test_what_holds_no_letter_has_no_sound() -> None:
    assert EspeakG2p().phones("'") == EspeakG2p().phones("42") == ()


@needs_library
def test_a_store_says_which_version_read_its_words() -> None:
    chosen = Extractor(ExtractionConfig(words=CHOSEN)).recipe
    assert chosen["models"]["g2p"] == f"espeak-ng {espeak_version()}"
    assert "g2p" not in Extractor().recipe["models"]


@needs_library
def test_the_aligner_asks_it_for_words_in_no_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(EspeakG2p, "phones", lambda self, word: asked.append(word) or ("T", "AH"))
    sayings = WordTimer(CHOSEN).shelf.aligner("en").sayings(["movie", "tribbianix"])
    assert asked == ["tribbianix"]
    assert sayings[1].phones == 2


@pytest.mark.usefixtures("nothing_installed")
def test_without_the_library_the_run_is_refused_and_says_what_is_missing() -> None:
    with pytest.raises(ModelMissingError, match=r"espeak.*pip install 'dmd-video\[espeak\]'"):
        WordTimer(CHOSEN)
    with pytest.raises(ModelMissingError, match="no library of espeak-ng"):
        _ = Extractor(ExtractionConfig(words=CHOSEN)).recipe
    WordTimer(WordTimingConfig())
