"""Cues that touch are searched together: the edges of cues are rarely exact, and their words follow each other.

Alone, the words of a cue that ends late are drawn over the first words of the next, whose text is known. In one
search every word takes its own sound, and the cue bounds it only roughly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extractors.timing.utterances import Stretch
from pipeline.timegrid import Interval
from pipeline.words import Cue, Transcript

JOIN_S = 1.25
"""Cues that are less than this apart, each edge off by half of it, may touch."""
MOST_OVERLAP_S = 1.25
"""Those that overlap by more are taken to be said at the same time: no search tells two voices apart."""
MOST_WORDS, LONGEST_S = 40, 20.0
"""Of one search; the next begins again with the last cue but one."""
REACH_S = 1.0
"""A word that is found so far outside its cue is not what is said there."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Cues that are searched together, and which of them take their places from this search."""

    parts: tuple[Stretch, ...]
    kept: tuple[Stretch, ...]
    """Some of the parts; the others stand beside them, and are kept by another search."""

    @property
    def whole(self) -> Stretch:
        """All words and all sound."""
        words = tuple(word for part in self.parts for word in part.words)
        return Stretch(words, min(part.start_s for part in self.parts), max(part.end_s for part in self.parts))


def joined(stretches: Sequence[Stretch], cues: Sequence[Cue | None]) -> Iterator[Joined]:
    """Yield what is searched together; every stretch is kept once.

    Parameters
    ----------
    stretches : sequence of Stretch
        In the order of their words, each with the sound that it must lie in.
    cues : sequence of Cue or None
        Of each stretch; None where it has none, and is searched alone.
    """
    touch = [
        before.words[-1] + 1 == after.words[0] and _touch(*spans)
        for before, after, spans in zip(stretches, stretches[1:], pairwise(cues), strict=False)
    ]
    touch.append(False)
    first = begin = 0
    while first < len(stretches):
        end = first + 1
        while touch[end - 1] and _fits(stretches[begin : end + 1]):
            end += 1
        # where cues go on, the last one is kept by the next search, which knows what follows, and begins before it
        kept = end - 1 if touch[end - 1] and end - 1 > first else end
        yield Joined(tuple(stretches[begin:end]), tuple(stretches[first:kept]))
        begin = kept - 1 if touch[kept - 1] and _fits(stretches[kept - 1 : kept + 1]) else kept
        first = kept


def said_over(transcript: Transcript) -> list[Interval]:
    """Return the cues of others that stand over a speaker's own ones, longer than edges are off."""
    starts_s, ends_s = (np.array([getattr(cue, edge) for cue in transcript.cues]) for edge in ("start_s", "end_s"))
    over_s = [np.minimum(ends_s, cue.end_s) - np.maximum(starts_s, cue.start_s) for cue in transcript.others]
    return [
        Interval(cue.start_s, max(cue.start_s, cue.end_s))
        for cue, each in zip(transcript.others, over_s, strict=True)
        if (each > MOST_OVERLAP_S).any()
    ]


def _touch(before: Cue | None, after: Cue | None) -> bool:
    if before is None or after is None:
        return False
    overlap_s = min(before.end_s, after.end_s) - after.start_s
    follows = before.start_s <= after.start_s and before.end_s - after.end_s <= MOST_OVERLAP_S
    one = (before.start_s, before.end_s) == (after.start_s, after.end_s)
    return one or (follows and -JOIN_S < overlap_s <= MOST_OVERLAP_S)


def _fits(parts: Sequence[Stretch]) -> bool:
    lasting_s = max(part.end_s for part in parts) - min(part.start_s for part in parts)
    return sum(len(part.words) for part in parts) <= MOST_WORDS and lasting_s <= LONGEST_S
