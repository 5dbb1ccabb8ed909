"""From words as a transcript writes them to words as somebody says them, and which belong to which.

The answer always has one entry a written word: the spoken words it stands for, in order, or none where the
writing holds nothing that is said (an emoji, a stage direction, a lone dash). What was spoken for a number is
English's or num2words' business; here is what every language shares.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence

from extractors.spoken.english import expand_english
from extractors.spoken.grouped_numbers import grouped_numbers, said_over_rows
from extractors.spoken.miswritten import as_letters
from extractors.spoken.numbers import say_cardinal
from extractors.spoken.speaker_labels import without_speaker_labels
from extractors.spoken.stage_directions import SEPARATOR, without_stage_directions
from extractors.spoken.vocabulary import ROMAN_NUMERALS

Spoken = tuple[tuple[str, ...], ...]
"""One tuple of spoken words for each written word."""

LONGEST = 1000
"""Characters of a word beyond this are not read: what stands between blanks (a sentence in Thai) is shorter, and some
rules look at each character from each other one."""

_QUOTES = {ord(mark): "'" for mark in "‘’‛`´ʼ′＇"} | {ord(mark): '"' for mark in "“”„«»″"}
_DASHES = {ord(mark): "-" for mark in "‐‑‒–—―−"}
_INVISIBLE = {ord(mark): None for mark in "\u00ad\u200b\u200c\u200d\u2060\ufeff™℠"}
_MARKS = {**_QUOTES, **_DASHES, **_INVISIBLE, ord("…"): " ... ", ord("⁄"): "/", ord("№"): "#"}

_VULGAR = re.compile("[¼-¾⅐-⅞]")
_RAISED = re.compile("[²³¹⁰⁴-⁹]+")
_ROMAN = re.compile("[Ⅰ-ⅿ]+")
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?")
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
    clean = without_speaker_labels([clean_marks(word[:LONGEST]) for word in written])
    if language.partition("-")[0].lower() == "en":
        return expand_english(without_stage_directions(as_letters(clean)), known)
    clean = without_stage_directions(clean)
    said = [_expand_other(word, language) for word in clean]
    for first, end in grouped_numbers(clean):
        said[first:end] = said_over_rows(clean[first:end], lambda word: _expand_other(word, language), language)
    return tuple(tuple(row) for row in said)


def clean_marks(word: str) -> str:
    """Return the word in compatibility form with plain quotes, hyphens and points, and nothing invisible."""
    # Marks first: the compatibility form of a spacing acute accent is a blank and a combining accent. A blank
    # before each vulgar fraction, or 5½ would turn into 51/2; a sign before raised digits, or 10² would be 102.
    marked = _VULGAR.sub(r" \g<0>", html.unescape(word).translate(_MARKS))
    marked = _ROMAN.sub(_roman_number, _RAISED.sub(r"^\g<0>", marked))
    return unicodedata.normalize("NFKC", marked).translate(_MARKS).replace(SEPARATOR, " ")


def _roman_number(match: re.Match[str]) -> str:
    """Digits for the characters that are Roman numerals and nothing else (``Ⅷ``)."""
    numeral = match[0]
    if len(numeral) == 1:
        return str(int(unicodedata.numeric(numeral)))
    plain = unicodedata.normalize("NFKC", numeral).upper()
    return str(ROMAN_NUMERALS[plain]) if plain in ROMAN_NUMERALS else numeral


def _expand_other(word: str, language: str) -> list[str]:
    said: list[str] = []
    for chunk in _CHUNK.findall(word.lower()):
        said.extend(say_cardinal(chunk, language) if chunk[0].isdigit() else [chunk])
    return said
