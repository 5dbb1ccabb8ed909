"""Numbers as words, through num2words; nothing here knows how any language counts."""

import re
from decimal import Decimal, InvalidOperation

_LONGEST = 15
"""Digits beyond this many are read out one by one, as people do with card and phone numbers."""


def say_cardinal(digits: str, language: str = "en") -> list[str]:
    """Return a number (``12``, ``1,000``, ``2.50``) as it is said; digit by digit where num2words cannot say it."""
    plain = _plain(digits, language)
    whole, point, fraction = plain.partition(".")
    if not point and len(whole) <= _LONGEST and not (len(whole) > 1 and whole.startswith("0")):
        return _say(int(whole), "cardinal", language)
    if point and len(whole) <= _LONGEST:
        said = _say(Decimal(f"{int(whole or '0')}.{fraction}"), "cardinal", language)
        if language == "en":  # num2words drops the closing zeros that people do say: two point five oh
            return [*_say(int(whole or "0"), "cardinal", language), "point", *say_digits(fraction)]
        return said
    return say_digits(whole + fraction, language)


def say_digits(digits: str, language: str = "en") -> list[str]:
    """Return each digit as its own word."""
    return [word for digit in digits if digit.isdigit() for word in _say(int(digit), "cardinal", language)]


def say_ordinal(digits: str, language: str = "en") -> list[str]:
    """Return a number in its order (``3`` as *third*, ``1,000`` as *one thousandth*)."""
    plain = _plain(digits, language)
    if len(plain) > _LONGEST:
        return [*say_digits(plain[:-1], language), *_say(int(plain[-1]), "ordinal", language)]
    return _say(int(plain), "ordinal", language)


def say_year(digits: str, language: str = "en") -> list[str]:
    """Return a year (``1999`` as *nineteen ninety nine*)."""
    return _say(int(digits), "year", language)


def _plain(digits: str, language: str) -> str:
    """Digits with at most one point: thousands marks dropped, the decimal comma of other languages turned."""
    if language != "en" and re.fullmatch(r"\d+,\d+", digits):
        return digits.replace(",", ".")
    if language != "en" and re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", digits):
        return digits.replace(".", "").replace(",", ".")
    return digits.replace(",", "")


def _say(number: int | Decimal, form: str, language: str) -> list[str]:
    from num2words import num2words

    try:
        said = num2words(number, to=form, lang=language.replace("-", "_"))
    except (NotImplementedError, OverflowError, InvalidOperation, TypeError, KeyError):
        return [str(number)]  # num2words lacks the language or the form; the digits stay, nobody makes up English
    return [word for word in re.split(r"[\s,\-]+", said.lower()) if word]
