"""Phone numbers whose parts are words of their own: ``(555) 123-4567``, ``555 123 4567``."""

import re
from collections.abc import Iterator, Sequence

_AREA = re.compile(r"\s*\d{3}\s*")
_REST = re.compile(r"\d{3}[-.]\d{4}\W*")
_THREE, _FOUR = re.compile(r"\d{3}"), re.compile(r"\d{4}\W*")


def phone_rows(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where such numbers stand, first word and word after the last; each of their digits is said by itself."""
    at = 0
    while at < len(words):
        end = at
        if _AREA.fullmatch(words[at]) and (at == 0 or not words[at - 1][-1:].isdigit() or _is_trunk(words[at - 1])):
            following = words[at + 1 : at + 3]
            if following and _REST.fullmatch(following[0]):
                end = at + 2
            elif len(following) == 2 and _THREE.fullmatch(following[0]) and _FOUR.fullmatch(following[1]):
                end = at + 3
        if end > at:
            yield at, end
        at = max(end, at + 1)


def _is_trunk(word: str) -> bool:
    """Whether a word is what stands before an area code: ``1`` or a country, ``+44``."""
    return re.fullmatch(r"1|\+\d{1,3}", word) is not None
