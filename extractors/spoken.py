"""From words as a transcript writes them to words as somebody says them, and which belong to which.

The answer always has one entry a written word: the spoken words it stands for, in order, or none where the
writing holds nothing that is said (an emoji, a stage direction, a lone dash). What was spoken for a number is
English's or num2words' business; here is what every language shares.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence

from extractors.spoken_english import expand_english
from extractors.spoken_numbers import say_cardinal

Spoken = tuple[tuple[str, ...], ...]
"""One tuple of spoken words for each written word."""

_SEPARATOR = "\n"
"""Stands between two written words while brackets are looked for; white space never occurs inside one."""

_QUOTES = {ord(mark): "'" for mark in "‘’‛`´ʼ′＇"} | {ord(mark): '"' for mark in "“”„«»″"}
_DASHES = {ord(mark): "-" for mark in "‐‑‒–—―−"}
_INVISIBLE = {ord(mark): None for mark in "\u00ad\u200b\u200c\u200d\u2060\ufeff"}
_MARKS = {**_QUOTES, **_DASHES, **_INVISIBLE, ord("…"): " ... ", ord("⁄"): "/"}

_VULGAR = re.compile("[¼-¾⅐-⅞]")
_BRACKETS = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|\([^()]*\)|\*[^*]+\*")
_FILLER = re.compile(r"(?:u+[hm]+|e+r+m*|e+h+m*|a+h+|o+h+|h+m+|m+h*m+|uh-?huh|um+-?hm+)", re.IGNORECASE)
_DIRECTION = re.compile(
    r"(?:laugh|giggl|chuckl|sigh|gasp|cough|sneez|sniff|clap|applau|cheer|cry|cries|sob|scream|whisper|mumbl|pause"
    r"|silence|music|sing|inaudible|unintelligible|indistinct|crosstalk|overlap|noise|breath|inhale|exhale|groan"
    r"|clear|smack|kiss|beep|bleep|ring|knock|footstep|nod|shrug|smil|turns|walks|looks|points|enters|exits|v\.?o\.?$"
    r"|off-?screen|on-?screen|o\.?s\.?$)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_CHUNK = re.compile(rf"{_NUMBER.pattern}|{_LETTERS.pattern}")


def spoken_words(written: Sequence[str], language: str, known: Callable[[str], bool]) -> Spoken:
    """Return what is said for each written word.

    Parameters
    ----------
    written : sequence of str
        Words as the transcript wrote them, punctuation attached.
    language : str
        BCP 47 tag. English is expanded in full (money, dates, initials, units); of other languages the
        numbers are spelled and the punctuation dropped.
    known : callable
        Whether a lower-case word is in the pronouncing dictionary; decides between a word and its initials.

    Returns
    -------
    tuple of tuple of str
        As long as ``written``. Lower-case; English ones hold only ``a-z`` and the apostrophe.
    """
    if not written:
        return ()
    clean = without_stage_directions([clean_marks(word) for word in written])
    if language.partition("-")[0].lower() == "en":
        return expand_english(clean, known)
    return tuple(_expand_other(word, language) for word in clean)


def clean_marks(word: str) -> str:
    """Return the word in compatibility form with plain quotes, hyphens and points, and nothing invisible."""
    # Marks first: the compatibility form of a spacing acute accent is a blank and a combining accent. A blank
    # before each vulgar fraction, or 5½ would turn into 51/2.
    marked = _VULGAR.sub(r" \g<0>", html.unescape(word).translate(_MARKS))
    return unicodedata.normalize("NFKC", marked).translate(_MARKS).replace(_SEPARATOR, " ")


def without_stage_directions(words: Sequence[str]) -> list[str]:
    """Return the words with what is done, not said, blanked out.

    ``[...]``, ``{...}`` and ``<...>`` hold directions unless a filler stands in them (``[um]``); ``(...)`` and
    ``*...*`` hold speech unless they begin with what a direction begins with (``(laughs)``, ``*sighs deeply*``).
    A bracket that never closes is punctuation.
    """
    joined = _SEPARATOR.join(words)
    blanked = _BRACKETS.sub(lambda match: _kept_or_blank(match.group()), joined)
    return blanked.split(_SEPARATOR)


def _kept_or_blank(bracketed: str) -> str:
    inside = bracketed[1:-1].replace(_SEPARATOR, " ").strip(" .,!?")
    fillers = bool(inside) and all(_FILLER.fullmatch(part.strip(".,!?")) for part in inside.split())
    spoken = fillers or (bracketed[0] in "(*" and not _DIRECTION.match(inside))
    if spoken:
        return bracketed[1:-1].join("  ")
    return "".join(mark if mark == _SEPARATOR else " " for mark in bracketed)


def _expand_other(word: str, language: str) -> tuple[str, ...]:
    said: list[str] = []
    for chunk in _CHUNK.findall(word.lower()):
        said.extend(say_cardinal(chunk, language) if chunk[0].isdigit() else [chunk])
    return tuple(said)
