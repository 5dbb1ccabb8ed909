"""A run of English letters: a word, a clipped word, a contraction without its apostrophe, or initials."""

import re
import unicodedata
from collections.abc import Callable

_LONGEST_INITIALS = 5
_VOWELS = set("aeiouy")
_NEVER_WORDS = frozenset(("US", "IM"))
"""Capitals that are initials although the word is in the dictionary, in a text that is not all capitals."""
_SAID_AS_WORDS = frozenset("covid sars mers gif nasa nato opec fomo yolo bipoc".split())
"""Capitals that are no initials although the dictionary lacks them."""
_WHOLE_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"}
)
"""Latin letters that Unicode does not take apart."""
_BARE_CONTRACTIONS = (
    (re.compile(r"(.+n)t"), "{0}'t"),
    (re.compile(r"(.+)(re|ve|ll)"), "{0}'{1}"),
    (re.compile(r"(.+)([sdm])"), "{0}'{1}"),
)


def said_letters(letters: str, known: Callable[[str], bool], shouted: bool, beside_number: bool) -> list[str]:
    """Return what is said for letters and apostrophes that stand together.

    The first that holds: it is in the dictionary as it stands; it is a contraction that lost its apostrophe
    (``dont``); it is drawn out (``nooo``); it is two known words grown together by their capitals (``MeToo``);
    it is initials: capitals in a text that is not all capitals, or no vowel at all; else it is a word for
    grapheme-to-phoneme.

    Parameters
    ----------
    letters : str
        ``[a-z']+``, in the case it was written.
    known : callable
        Whether a lower-case word is in the dictionary.
    shouted : bool
        The whole transcript is in capitals, so that capitals mean nothing.
    beside_number : bool
        Digits touch it (``MP3``): short ones are then initials.
    """
    word = without_accents(letters.lower())
    bare = word.strip("'")
    if not bare:
        return []
    if bare in _SAID_AS_WORDS:
        return [bare]
    short_capitals = letters.isupper() and 1 < len(bare) <= (2 if shouted else 3)
    if beside_number and len(bare) <= 3 and (short_capitals or not known(bare) or not _VOWELS & set(bare)):
        return [letter for letter in bare if letter != "'"]
    if letters in _NEVER_WORDS and not shouted:
        return list(bare)
    for candidate in (word, bare, f"{bare}'" if word.endswith("'") else bare):
        if known(candidate):
            return [candidate]
    parts = _camel_parts(letters, known)
    if parts:
        return parts
    rebuilt = _contraction(bare, known) or _undrawn(bare, known)
    if rebuilt:
        return [rebuilt]
    initials = "'" not in bare and len(bare) <= _LONGEST_INITIALS
    if initials and ((letters.isupper() and not shouted) or not _VOWELS & set(bare)):
        return [letter for letter in bare if letter != "'"]
    return [f"{bare}'" if re.search(r"in'$", word) else bare]


def without_accents(text: str) -> str:
    """Return the text with accents taken off Latin letters (``café`` as ``cafe``)."""
    apart = unicodedata.normalize("NFD", text.translate(_WHOLE_LETTERS))
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


def _contraction(bare: str, known: Callable[[str], bool]) -> str | None:
    for pattern, form in _BARE_CONTRACTIONS:
        match = pattern.fullmatch(bare)
        if match and known(rebuilt := form.format(*match.groups())):
            return rebuilt
    return None


def _undrawn(bare: str, known: Callable[[str], bool]) -> str | None:
    if not re.search(r"(.)\1\1", bare) and not re.search(r"(.)\1$", bare):
        return None
    for shortest in (r"\1\1", r"\1"):
        shorter = re.sub(r"(.)\1+", shortest, bare)
        if known(shorter):
            return shorter
    shorter = re.sub(r"(.)\1\1+", r"\1", bare)
    return shorter if shorter != bare else None


def _camel_parts(letters: str, known: Callable[[str], bool]) -> list[str]:
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+", letters)]
    if len(parts) > 1 and "".join(parts) == letters.lower() and all(known(part) for part in parts):
        return parts
    return []
