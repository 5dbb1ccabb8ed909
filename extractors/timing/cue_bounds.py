"""What a timed transcript knows of the words without times: in which stretch of sound they are spoken."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from extractors.timing.utterances import PAD_S, Stretch
from pipeline.timegrid import Interval
from pipeline.words import Cue, Transcript

CUE_MARGIN_S, WIDE_MARGIN_S = 0.3, 0.6
"""How far speech reaches out of its subtitle mostly, and now and then: the more sound, the more else is in it."""


def bounded_stretches(
    transcript: Transcript, given: Sequence[bool], duration_s: float, margin_s: float = CUE_MARGIN_S
) -> list[Stretch]:
    """Return the words without times in runs, each with the sound that it must lie in.

    A cue bounds its words, with a margin that ends half way to the next cue; words with times bound those between
    them; everything else is bounded by its neighbours. Bounds that leave no sound are widened to what is left.

    Parameters
    ----------
    transcript : Transcript
    given : sequence of bool
        Which words have times that are kept.
    duration_s : float
    margin_s : float
        Around a cue.
    """
    cue_of = _cue_of_word(transcript)
    known = _Known(transcript, given, duration_s, margin_s)
    found: list[Stretch] = []
    word = 0
    while word < len(given):
        if given[word]:
            word += 1
            continue
        end = word
        while end < len(given) and not given[end] and cue_of[end] == cue_of[word]:
            end += 1
        found.append(known.between(word, end, cue_of[word]))
        word = end
    return found


def within_sound(transcript: Transcript, duration_s: float) -> Transcript:
    """Return the transcript, with a line on cues that begin behind the end of the sound; without them if all do.

    Parameters
    ----------
    transcript : Transcript
    duration_s : float
    """
    every = transcript.cues
    searched = [cue for cue in every if not all(_has_times(transcript, cue))]
    late = sum(cue.start_s >= duration_s for cue in searched)
    if not late:
        return transcript
    nowhere = late == len(every)
    then = "no cue counts" if nowhere else "what is said there has no sound of its own"
    problem = f"{late} of {len(searched)} cues begin behind the end of the sound; {then}"
    found = replace(transcript, problems=(*transcript.problems, problem))
    return replace(found, cues=(), others=()) if nowhere else found


def _has_times(transcript: Transcript, cue: Cue) -> Iterator[bool]:
    for word in transcript.words[cue.first_word : cue.end_word]:
        yield word.start_s is not None


def cues_of(transcript: Transcript, stretches: Sequence[Stretch]) -> list[Cue | None]:
    """Return the cue of each stretch; None of one whose words have none."""
    cue_of = _cue_of_word(transcript)
    owners = [cue_of[stretch.words[0]] for stretch in stretches]
    return [transcript.cues[owner] if owner >= 0 else None for owner in owners]


def _cue_of_word(transcript: Transcript) -> list[int]:
    """Return the number of the cue that holds each word; -1 where none does."""
    owner = [-1] * len(transcript.words)
    for number, cue in enumerate(transcript.cues):
        owner[cue.first_word : cue.end_word] = [number] * len(owner[cue.first_word : cue.end_word])
    return owner


def _cue_bounds(transcript: Transcript, duration_s: float, margin_s: float) -> list[Interval]:
    """Each cue with its margin, cut half way to its neighbours and to the sound."""
    bounds = []
    for number, cue in enumerate(transcript.cues):
        before_s = transcript.cues[number - 1].end_s if number else -np.inf
        after_s = transcript.cues[number + 1].start_s if number + 1 < len(transcript.cues) else np.inf
        start_s = max(cue.start_s - margin_s, min(cue.start_s, (before_s + cue.start_s) / 2), 0.0)
        end_s = min(cue.end_s + margin_s, max(cue.end_s, (cue.end_s + after_s) / 2), duration_s)
        bounds.append(Interval(min(start_s, duration_s), max(end_s, min(start_s, duration_s))))
    return bounds


class _Known:
    """Times of cues and of single words, looked up for each run of words without."""

    def __init__(self, transcript: Transcript, given: Sequence[bool], duration_s: float, margin_s: float) -> None:
        self.edges, self.duration_s = _cue_bounds(transcript, duration_s, margin_s), duration_s
        self.cue_starts = np.array([cue.first_word for cue in transcript.cues])
        self.cue_ends = np.array([cue.end_word for cue in transcript.cues])
        self.at = np.flatnonzero(given)
        times = [transcript.words[int(word)] for word in self.at]
        self.starts_s = np.array([word.start_s or 0.0 for word in times])
        self.ends_s = np.array([word.end_s or 0.0 for word in times])

    def between(self, first: int, end: int, cue: int) -> Stretch:
        """Bound a run of words by its cue, or by the cues and the words with times around it."""
        low_s, high_s = 0.0, self.duration_s
        if cue >= 0:
            low_s, high_s = self.edges[cue].start_s, self.edges[cue].end_s
        elif self.edges:
            before, behind = np.flatnonzero(self.cue_starts < first), np.flatnonzero(self.cue_ends > end)
            low_s = max((self.edges[owner].end_s for owner in before), default=0.0)
            high_s = min((self.edges[owner].start_s for owner in behind), default=self.duration_s)
        behind_run = int(np.searchsorted(self.at, end))
        if behind_run < self.at.size:
            high_s = min(high_s, float(self.starts_s[behind_run]))
        before_run = int(np.searchsorted(self.at, first))
        if before_run:
            # A word that ends after the next given one began ends too late.
            starts_s, ends_s = self.starts_s[:before_run], self.ends_s[:before_run]
            last_s = float(np.where(ends_s <= high_s, ends_s, starts_s).max())
            low_s = max(low_s, min(last_s, self.duration_s))
        stretch = Stretch(tuple(range(first, end)), low_s, max(low_s, high_s))
        return stretch if stretch.end_s - stretch.start_s >= 0.05 else _widened(stretch, self.duration_s)


def _widened(stretch: Stretch, duration_s: float) -> Stretch:
    """Give a run whose bounds leave no sound a little of what surrounds it."""
    return replace(stretch, start_s=max(0.0, stretch.start_s - PAD_S), end_s=min(duration_s, stretch.end_s + PAD_S))
