"""How a spoken English word sounds: the dictionary, else a rule on its ending, else grapheme-to-phoneme."""

from collections.abc import Callable
from typing import Protocol

Pronunciation = tuple[str, ...]
"""ARPAbet phones without stress."""

_INTERJECTIONS = {
    "shh": "SH",
    "sh": "SH",
    "psst": "P S T",
    "pfft": "F T",
    "tsk": "T S K",
    "mm": "M",
    "mmm": "M",
    "hm": "HH M",
    "mhm": "M HH M",
    "brr": "B ER",
    "grr": "G ER",
    "ew": "IY UW",
    "eww": "IY UW",
    "aww": "AO",
    "ugh": "AH G",
    "meh": "M EH",
    "nah": "N AE",
    "yup": "Y AH P",
    "whoa": "W OW",
    "y'know": "Y N OW",
    "th": "TH",
    "wh": "W",
    "ch": "CH",
    "covid": "K OW V IH D",
}
"""Sounds that people write and dictionaries of words lack or spell out, and a word younger than the dictionary."""
_LOST_APOSTROPHES = {"ill": "i'll", "id": "i'd", "hell": "he'll", "shell": "she'll", "shed": "she'd", "wed": "we'd"}
"""Words that may be contractions without their apostrophe: the sound decides."""
_VOICELESS = frozenset(("P", "T", "K", "F", "TH"))
_SIBILANTS = frozenset(("S", "Z", "SH", "ZH", "CH", "JH"))


class LettersToPhones(Protocol):
    """Says words that no dictionary holds."""

    def phones(self, word: str) -> tuple[str, ...]:
        """Return the ARPAbet phones (no stress) of a word; none if it holds no letter of ``a-z'``."""


class Pronouncer:
    """Pronunciations by dictionary, rule and model.

    Parameters
    ----------
    lookup : callable
        Phones of a dictionary entry joined by blanks, or None. Variants are entries named ``word(2)``,
        ``word(3)`` and so on, as in Sphinx dictionaries.
    g2p : LettersToPhones
        For words that neither dictionary nor rule knows.
    """

    def __init__(self, lookup: Callable[[str], str | None], g2p: LettersToPhones) -> None:
        self._lookup, self._g2p = lookup, g2p

    def known(self, word: str) -> bool:
        """Whether the dictionary or the table of interjections holds the lower-case word."""
        return word in _INTERJECTIONS or self._lookup(word) is not None

    def pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        """Return every known pronunciation of a lower-case word, the most usual first; none for no letters."""
        listed = self._entries(word)
        if listed:
            return (*listed, *self._entries(_LOST_APOSTROPHES.get(word, "")))
        if word in _INTERJECTIONS:
            return (tuple(_INTERJECTIONS[word].split()),)
        derived = self._derived(word)
        if derived:
            return derived
        guessed = self._g2p.phones(word) if len(word.strip("'")) > 1 else ()
        spelled = () if guessed else self._spelled(word)
        return tuple(phones for phones in (guessed, spelled) if phones)

    def _entries(self, word: str) -> tuple[Pronunciation, ...]:
        found: list[Pronunciation] = []
        while (entry := self._lookup(f"{word}({len(found) + 1})" if found else word)) is not None:
            found.append(tuple(entry.split()))
        return tuple(found)

    def _spelled(self, word: str) -> Pronunciation:
        """Names of the letters, for a letter alone and for what the model finds no sound in."""
        names = [self._lookup(f"{letter}.") or self._lookup(letter) or "" for letter in word if letter.isalpha()]
        return tuple(" ".join(names).split())

    def _derived(self, word: str) -> tuple[Pronunciation, ...]:
        """Forms of a word the dictionary has: ``rachel's``, ``talkin'``, ``would've``."""
        if word.endswith("in'") and len(word) > 4:
            return tuple((*said[:-1], "N") for said in self._stem(word[:-1] + "g") if said[-1] == "NG")
        stem, apostrophe, ending = word.rpartition("'")
        if not apostrophe or not stem:
            return ()
        if ending in ("", "s"):
            return tuple((*said, *(_plural_sound(said) if ending else ())) for said in self._stem(stem, guess=True))
        tail = {"ll": ("AH", "L"), "ve": ("AH", "V"), "d": ("D",), "re": ("ER",), "m": ("M",)}.get(ending)
        return tuple((*said, *tail) for said in self._stem(stem, guess=True)) if tail else ()

    def _stem(self, word: str, guess: bool = False) -> tuple[Pronunciation, ...]:
        return self.pronunciations(word) if guess or self.known(word) else ()


def _plural_sound(said: Pronunciation) -> Pronunciation:
    """How a closing s sounds: *buses*, *cats*, *dogs*."""
    if said[-1] in _SIBILANTS:
        return ("AH", "Z")
    return ("S",) if said[-1] in _VOICELESS else ("Z",)
