"""Numbers whose thousands are words of their own (``10 000``, ``$1 234 567``): one amount, said over several rows."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from extractors.spoken.numbers import say_cardinal

MOST_ROWS = 5
"""A longer run of threes is a list: nobody says quadrillions."""
_FIRST = re.compile(r"(?P<sign>[^\w]*)(?P<digits>[1-9]\d{0,2})")
_NEXT = re.compile(r"\d{3}")
_PART = re.compile(r"(?<!\d{3})\d$|\d{5}$")
"""Digits before a number of which it is a part; four are a year."""
_LAST = re.compile(r"\d{3}(?!\d)(?:[.,]\d{1,2}(?!\d))?[^\d]*")


def grouped_numbers(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where such numbers stand: first word, word after the last.

    One to three digits, then words of exactly three; a number before or behind them makes them something else (the
    parts of a phone number), and so do more of them than people say at once.
    """
    at = 0
    while at < len(words):
        end = at + 1
        first = _FIRST.fullmatch(words[at])
        if first and (first["sign"] or at == 0 or not _PART.search(words[at - 1])):
            while end < len(words) and _NEXT.fullmatch(words[end]):
                end += 1
            if end < len(words) and _LAST.fullmatch(words[end]):
                end += 1
            if 1 < end - at <= MOST_ROWS and not (
                words[end - 1][-1:].isdigit() and end < len(words) and words[end][:1].isdigit()
            ):
                yield at, end
        at = end


def said_over_rows(words: Sequence[str], said: Callable[[str], list[str]], language: str = "en") -> list[list[str]]:
    """Return what is said in each row of one number.

    What a group of digits adds to the number is said in its row; a scale that nothing follows (*thousand* of ``10
    000``) in the row of the zeros.

    Parameters
    ----------
    words : sequence of str
        The rows of the number.
    said : callable
        How the number is said when it is written in one word.
    language : str
        Decides what stands between thousands in one word.
    """
    thousands, point = (",", ".") if language == "en" else (".", ",")
    whole = said(thousands.join((*words[:-1], re.sub(r"(?<=\d)[.,](?=\d)", point, words[-1]))))
    digits = [match[0] for word in words if (match := re.search(r"\d+", word))]
    head = say_cardinal(digits[0], language)
    offset = next((at for at in range(len(whole)) if whole[at : at + len(head)] == head), 0)
    edges = [0]
    for place in range(len(words) - 1):
        upto = say_cardinal("".join(digits[: place + 1]) + "000" * (len(words) - 1 - place), language)
        edges.append(max(edges[-1], min(offset + len(upto), len(whole))))
    edges.append(len(whole))
    if not digits[1].strip("0"):
        edges[1] = max(edges[1] - 1, 1)
    return [whole[start:end] for start, end in pairwise(edges)]
