"""English words that are written with signs in them: masked swear words, Greek letters, mathematics, ``Ke$ha``.

Each is turned into letters or digits before any rule cuts it; how many words there are stays.
"""

import re
import unicodedata
from collections.abc import Sequence

_SWORN = (
    "fucking fucker fucked fuckin fucks fuck shitty shits shit bullshit bitches bitch bastard damned damn goddamn "
    "assholes asshole asses ass cunt crappy crap pissed piss dickhead dick cocks cock pussy whore slut hell nigga"
).split()
"""What is masked most; where two words are as long and begin alike, the first is taken."""
_MASK = r"[*@#$%!]"
_MASKED = re.compile(r"[A-Za-z]+(?:\*+[A-Za-z]*)+|[A-Za-z]+(?:[@#$%!*]{2,}[A-Za-z]*)+|[A-Za-z]+(?:[@#$!][A-Za-z]+)+")
_BLEEP = re.compile(r"(?=.*[@#$%&*])[@#$%&*!?+^~]{3,}[.,]?")
"""Signs alone stand for an oath that nobody wrote down."""

_SIGNS = {
    "√": " square root of ",
    "∞": " infinity ",
    "±": " plus or minus ",
    "≤": " less than or equal to ",
    "≥": " greater than or equal to ",
    "≠": " not equal to ",
    "‰": " per mille ",
    "§": " section ",
}
_MICRO = {"g": "mcg", "m": "micrometers", "s": "microseconds", "l": "microliters"}
_GREEK = re.compile(r"(?<![\u0370-\u03ff\u1f00-\u1fff])[\u0391-\u03c9](?![\u0370-\u03ff\u1f00-\u1fff'])")
_BELOW, _ABOVE = re.compile(r"(?<![<>=-])<(?=\$?\.?\d)(?!3+\W*$)"), re.compile(r"(?<![<>=-])>(?=\$?\.?\d)")
"""But ``<3`` is a heart."""
_SHOUTED = re.compile(r"(?<=[A-Za-z])[!?]+1[!?1]*$")
"""Whose finger slipped off the key."""
_DAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "tues": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_DAYS = re.compile(rf"({'|'.join(_DAY_NAMES)})\.?-({'|'.join(_DAY_NAMES)})(?![a-z])\.?", re.IGNORECASE)
_DAY = re.compile(rf"({'|'.join(name.capitalize() for name in _DAY_NAMES)})\.,?")
_SWISS = re.compile(r"(?<![\d'])\d{1,3}(?:'\d{3})+(?![\d'])")


def as_letters(words: Sequence[str]) -> list[str]:
    """Return the words, as `spoken.clean_marks` leaves them, with their signs turned into what is said."""
    return [_one(word) for word in words]


def _one(word: str) -> str:
    if _BLEEP.fullmatch(word) and len(set(word.rstrip(".,"))) > 1:
        return ""
    word = _MASKED.sub(lambda match: _unmasked(match[0]), word)
    word = _DAYS.sub(lambda match: " to ".join(_DAY_NAMES[day.lower()] for day in match.groups()), word)
    if day := _DAY.fullmatch(word):
        return _DAY_NAMES[day[1].lower()]
    word = _ABOVE.sub(" over ", _BELOW.sub(" less than ", _SHOUTED.sub("!", word.replace("+/-", "±"))))
    word = re.sub(r"(?<=[A-Za-z])\$(?=[A-Za-z])", "s", word)
    word = _SWISS.sub(lambda match: match[0].replace("'", ","), word)
    word = re.sub(r"(?<=\d)(\s?)μ([gmsl])(?![a-z])", lambda match: f" {_MICRO[match[2]]}", word)
    word = _GREEK.sub(_greek_name, word)
    return "".join(_SIGNS.get(mark, mark) for mark in word) if any(mark in _SIGNS for mark in word) else word


def _unmasked(masked: str) -> str:
    """Return the swear word whose letters show through; what is none stays as it is (``*stressed*``)."""
    shown = masked.lower()
    for sworn in _SWORN:
        if len(sworn) == len(shown) and re.fullmatch(re.sub(_MASK, ".", shown), sworn):
            return sworn
    return masked


def _greek_name(match: re.Match[str]) -> str:
    """Return the name of a letter that stands alone (``π``), from Unicode; letters of Greek words are left."""
    name = unicodedata.name(match[0], "").split(" WITH ")[0]
    return f" {name.split()[-1].lower()} " if " LETTER " in name else match[0]
