"""Where the words of a long recording begin: behind what nobody wrote down (an intro, the part before an excerpt).

Any minute of speech holds many of the words in order by chance, with gaps between them; used up on those, they would
be lost where they are said. What is said is found nearly without gaps.
"""

from collections.abc import Callable, Collection

SPARSE, DENSE, DENSE_WORDS = 0.75, 0.85, 10
"""Shares of the first words that are found, by chance at most, and at least where (so many) they are said."""
LEAD_S, HOP_S = 600.0, 20.0
"""The words are looked for behind so much sound, in steps."""


def beginning_s(hear: Callable[[float], Collection[int]], start_s: float, end_s: float) -> float:
    """Return from where to search for the words: `start_s`, unless they are found much more densely later.

    Parameters
    ----------
    hear : callable
        Which of the words are found in the minute behind a time in s, counted from the first.
    start_s, end_s : float
        The sound, in s.
    """
    at_s = start_s
    while at_s < min(start_s + LEAD_S, end_s - HOP_S):
        heard = hear(at_s)
        share = len(heard) / (max(heard) + 1) if len(heard) >= DENSE_WORDS else 0.0
        if share >= (SPARSE if at_s == start_s else DENSE):
            return at_s
        at_s += HOP_S
    return start_s
