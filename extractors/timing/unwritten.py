"""Speech that nobody wrote down: before the words (an intro, the part before an excerpt) or in the middle of them.

Any minute of speech holds many of the words in order by chance, with gaps between them; used up on those, they would
be lost where they are said. What is said is found nearly without gaps.
"""

from collections.abc import Callable, Collection, Mapping

from pipeline.timegrid import Interval

SPARSE, DENSE, DENSE_WORDS = 0.82, 0.85, 10
"""Shares of the next words that are found, by chance at most, and at least where (so many) they are said. Speech
of strangers holds 0.8 where pauses and other sound may take turns."""
LEAD_S, HOP_S = 600.0, 20.0
"""The words are looked for behind so much sound, in steps."""
SHARE_OF_LENGTH = 0.5
"""Of a recording is heard once more for unwritten parts in its middle, in all: where nothing is found densely (noise,
a strange voice), each minute would else be heard many times over."""
GAPS, DROP = 0.75, 3.0
"""Shares of words that are found, at most, where they are found with gaps. Words that are missing, less a third of
those that are found, behind the last that was found densely."""

Hear = Callable[[float], Collection[int]]
"""Which of the words are found in the minute behind a time in s, counted from the first."""


class Unwritten:
    """Skips what nobody wrote down; remembers how much of the recording it has heard for that.

    Parameters
    ----------
    duration_s : float
        Of the recording.
    """

    def __init__(self, duration_s: float) -> None:
        self._left_s = SHARE_OF_LENGTH * duration_s

    def end_s(self, hear: Hear, start_s: float, end_s: float, first: bool) -> float:
        """Return from where to search for the next words: `start_s`, or where they are found much more densely later.

        Parameters
        ----------
        hear : callable
        start_s, end_s : float
            The sound, in s.
        first : bool
            Whether nothing was searched before; then up to ten minutes are skipped, whatever that takes.
        """
        at_s = start_s
        while at_s < min(start_s + LEAD_S, end_s - HOP_S) and (first or self._left_s > 0.0):
            share = _share(hear(at_s))
            if share >= (SPARSE if at_s == start_s else DENSE):
                return at_s
            if not first and at_s > start_s:
                self._left_s -= HOP_S
            at_s += HOP_S
        return start_s


def until_sparse(found: Mapping[int, Interval], word: int) -> dict[int, Interval]:
    """Return the words up to where they are found with gaps only; none if that is nowhere, or from the first on.

    Parameters
    ----------
    found : mapping
        Words by their numbers and their places.
    word : int
        The first that was searched for.
    """
    worth, best, cut = 0.0, 0.0, word
    for number in range(word, max(found, default=word - 1) + 1):
        worth += 1.0 - GAPS if number in found else -GAPS
        if worth > best:
            best, cut = worth, number + 1
    if best - worth < DROP * GAPS or cut - word < DENSE_WORDS:
        return {}
    return {number: place for number, place in found.items() if number < cut}


def _share(heard: Collection[int]) -> float:
    return len(heard) / (max(heard) + 1) if len(heard) >= DENSE_WORDS else 0.0
