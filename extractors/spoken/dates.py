"""Days of a month whose parts are words of their own: ``May 5``, ``Jan. 5-7``, ``5 May``.

A month's short form without a point is a name (``Jan``) unless a day stands beside it.
"""

import re

from extractors.spoken.numbers import say_ordinal
from extractors.spoken.vocabulary import MONTHS, MONTHS_CUT

_DAY = re.compile(r"[(\"']*(\d{1,2})(?:st|nd|rd|th)?(?:-(\d{1,2})(?:st|nd|rd|th)?)?[.,;:!?)\"']*")
_WORD = re.compile(r"[(\"']*([A-Za-z]+)(\.?)")
_VERB = "march"
"""Also a verb, which a number may follow; as a month it has a capital."""


def said_in_date(word: str, before: str, after: str) -> list[str]:
    """Return how a word is said if it is a part of a date; an empty list if it is none.

    Parameters
    ----------
    word, before, after : str
        The written word and its neighbours; empty where there is none.
    """
    name = month(word)
    if name and (_is_day(after) or (_is_day(before) and word[:1].isupper())):
        return [name]
    found = _DAY.fullmatch(word)
    if not found or not _is_day(word):
        return []
    days = [part for part in found.groups() if part]
    if month(before):
        return [each for part in days for each in (*(["to"] if part is not days[0] else []), *say_ordinal(part))]
    if month(after.rstrip(",.;:!?")) and after[:1].isupper() and len(days) == 1 and found.end(1) == len(word):
        return [*say_ordinal(days[0]), "of"]
    return []


def month(word: str) -> str | None:
    """Return the month that a word names, in full or cut short, if nothing but a point follows it."""
    found = _WORD.fullmatch(word)
    if not found:
        return None
    plain = found[1].lower()
    if plain in MONTHS:
        return plain if not found[2] and (plain != _VERB or found[1][0].isupper()) else None
    return MONTHS_CUT.get(plain)


def _is_day(word: str) -> bool:
    found = _DAY.fullmatch(word)
    return found is not None and all(1 <= int(part) <= 31 for part in found.groups() if part)
