"""Long recordings become utterances: stretches of sound with the words that are spoken in them.

Where a stretch that is bounded by what a timed transcript knows (`cue_bounds`) is too long for one exact search, the
words are first found roughly, a minute of sound at a time, and the recording is cut at the pauses between them.
Memory depends on the length of a stretch, never on that of the recording.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.timing.unwritten import Unwritten, until_sparse
from pipeline.media.longsound import Samples
from pipeline.timegrid import Interval

Float = NDArray[np.float32]
RoughSearch = Callable[[Sequence[str], Float, bool], dict[int, Interval]]
"""Which of the written words are spoken in the sound, by index, and roughly where; eager to find them or not."""

LONGEST_WORD_S, LONGEST_TIMES = 1.0, 3.0
"""No word lasts longer than a second, or three times as long as its sounds usually do."""
LOST_S = 10.0
"""Words that the rough search missed are looked for again in so much sound."""
LONGEST_S, UNCUT_WORDS = 60.0, 100
"""A stretch with more is cut: the exact search needs memory for states times frames."""
MOST_WORDS = 50
"""Words of an utterance that was cut."""
PAUSE_S = 0.6
"""Words further apart belong to different utterances."""
PAD_S = 0.5
"""Sound around the words of an utterance, if no other words are there: a rough place may be wrong by this much."""
WINDOW_S, TRUSTED_S = 60.0, 50.0
"""A rough search hears this much sound; words that end after the second are searched again with what follows."""
FASTEST_WORDS_A_S = 4.0
STRAY_WORDS = 3
"""So few words, apart from all others, may be somebody else's."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that are spoken, in order, somewhere in ``[start_s, end_s)``."""

    words: tuple[int, ...]
    """Their indices; increasing, not always without a gap."""
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A transcript and the sound it is looked for in."""

    written: Sequence[str]
    lasting_s: Sequence[float]
    """How long each word takes to say."""
    samples: Samples
    """[shape=(N,)]"""
    rate_hz: int

    def cut(self, start_s: float, end_s: float) -> Float:
        """Return the samples of ``[start_s, end_s)``."""
        return self.samples[round(start_s * self.rate_hz) : round(end_s * self.rate_hz)]


def uncut(words: int, lasting_s: float) -> bool:
    """Whether one search finds so many words in so much sound."""
    return lasting_s <= LONGEST_S and words <= UNCUT_WORDS


def utterances(stretch: Stretch, recording: Recording, rough: RoughSearch) -> list[Stretch]:
    """Cut a stretch that is too long for one search; words that nobody was heard to say belong to none.

    Parameters
    ----------
    stretch : Stretch
        Its words without a gap.
    recording : Recording
    rough : callable
        The aligner's search for words in a minute of sound.
    """
    if uncut(len(stretch.words), stretch.end_s - stretch.start_s):
        return [stretch]
    places = _rough_places(stretch, recording, rough)
    runs = [part for run in _runs(places) for part in _fitting(run, places, recording.written)]
    found: list[Stretch] = []
    for group in _with_room(runs, places, stretch):
        heard_all = all(word in places for word in group.words)
        found.extend([group] if heard_all else _heard_again(group, places, recording, rough))
    return found


def _rough_places(stretch: Stretch, recording: Recording, rough: RoughSearch) -> dict[int, Interval]:
    """Hear the stretch a minute at a time; each time go on where the last word surely heard ended."""
    places: dict[int, Interval] = {}
    word, end_word = stretch.words[0], stretch.words[-1] + 1

    heard: dict[float, dict[int, Interval]] = {}

    def found_from(at_s: float) -> dict[int, Interval]:
        if at_s not in heard:
            until_s = min(at_s + WINDOW_S, stretch.end_s)
            ahead = min(end_word, word + int(FASTEST_WORDS_A_S * (until_s - at_s)) + 1)
            heard[at_s] = rough(recording.written[word:ahead], recording.cut(at_s, until_s), False)
        return heard[at_s]

    skipped = Unwritten(stretch.end_s - stretch.start_s)
    at_s, begun = stretch.start_s, False
    while word < end_word and at_s < stretch.end_s - 0.1:
        at_s = skipped.end_s(found_from, at_s, stretch.end_s, first=not begun)
        begun = True
        until_s = min(at_s + WINDOW_S, stretch.end_s)
        last = until_s == stretch.end_s
        found = {word + index: place.shifted(at_s) for index, place in found_from(at_s).items()}
        dense = until_sparse(found, word)
        sure = dense or (found if last else _trusted(found, at_s + TRUSTED_S))
        places |= {index: place for index, place in sure.items() if _plausible(place, recording.lasting_s[index])}
        if sure:
            word, at_s = max(sure) + 1, max(place.end_s for place in sure.values())
        else:
            at_s = until_s if last else at_s + TRUSTED_S
        heard.clear()
        if last and not dense:
            break
    return places


def _trusted(found: dict[int, Interval], until_s: float) -> dict[int, Interval]:
    """Return the words before some time, without a last few that stand alone.

    Words that are spoken beyond the end of the window are heard in the speech of strangers inside it.
    """
    runs = list(_apart({word: place for word, place in found.items() if place.end_s <= until_s}))
    if len(runs) > 1 and len(runs[-1]) <= STRAY_WORDS:
        runs.pop()
    return {word: found[word] for run in runs for word in run}


def _plausible(place: Interval, lasting_s: float) -> bool:
    """Whether a word may be that long: a much longer one has swallowed noise that sounds like one of its phones."""
    return place.duration_s <= max(LONGEST_WORD_S, LONGEST_TIMES * lasting_s)


def _runs(places: dict[int, Interval]) -> Iterator[list[int]]:
    """Words up to a pause; a pause with words in it that were not heard does not end a run, unless it is long."""
    run: list[int] = []
    for word in sorted(places):
        if run:
            gap_s = places[word].start_s - places[run[-1]].end_s
            if gap_s >= (PAUSE_S if word == run[-1] + 1 else LOST_S):
                yield run
                run = []
        run.append(word)
    if run:
        yield run


def _fitting(run: list[int], places: dict[int, Interval], written: Sequence[str]) -> Iterator[list[int]]:
    """Cut a run that is too long, each time at the best place in the later half of what fits."""
    while run:
        fits = len(run)
        while fits > MOST_WORDS or places[run[fits - 1]].end_s - places[run[0]].start_s > LONGEST_S - 2 * PAD_S:
            fits -= 1
            if fits == 1:
                break
        cut = fits
        if fits < len(run):
            cut = max(range(fits // 2 + 1, fits + 1), key=lambda end: _worth(run, end, places, written))
        yield run[:cut]
        run = run[cut:]


def _worth(run: list[int], end: int, places: dict[int, Interval], written: Sequence[str]) -> tuple[bool, float]:
    """Sentence ends are better than pauses, longer pauses better than short ones."""
    pause_s = places[run[end]].start_s - places[run[end - 1]].end_s
    return written[run[end - 1]].rstrip("\"'”’)]").endswith((".", "!", "?", "…")), pause_s


def _with_room(runs: Sequence[list[int]], places: dict[int, Interval], stretch: Stretch) -> Iterator[Stretch]:
    """Give each run the sound around it, and the words before it that were not heard (after it, for the last)."""
    word, at_s = stretch.words[0], stretch.start_s
    for index, run in enumerate(runs):
        last = index + 1 == len(runs)
        start_s, end_s = places[run[0]].start_s, places[run[-1]].end_s
        after_s = stretch.end_s if last else places[runs[index + 1][0]].start_s
        end_word = stretch.words[-1] + 1 if last else run[-1] + 1
        from_s = max(at_s, start_s - (PAD_S if word == run[0] else LOST_S))
        to_s = min(
            end_s + (PAD_S if end_word == run[-1] + 1 else LOST_S), (end_s + after_s) / 2 if not last else after_s
        )
        yield Stretch(tuple(range(word, end_word)), from_s, max(to_s, end_s))
        word, at_s = end_word, max(to_s, end_s)


def _heard_again(
    group: Stretch, before: dict[int, Interval], recording: Recording, rough: RoughSearch
) -> list[Stretch]:
    """Search once more, in this sound alone and more eagerly, for the missing words; keep close to what is found."""
    first, end = group.words[0], group.words[-1] + 1
    heard = rough(recording.written[first:end], recording.cut(group.start_s, group.end_s), True)
    shifted = {first + index: place.shifted(group.start_s) for index, place in heard.items()}
    places = {word: place for word, place in shifted.items() if _plausible(place, recording.lasting_s[word])}
    places = _in_order({**places, **{word: before[word] for word in group.words if word in before}}, before)
    found: list[Stretch] = []
    for run in _apart(places):
        from_s = max(found[-1].end_s if found else group.start_s, places[run[0]].start_s - PAD_S)
        later = [places[word].start_s for word in places if word > run[-1]]
        end_s = places[run[-1]].end_s
        to_s = min(end_s + PAD_S, (end_s + min(later)) / 2 if later else group.end_s)
        found.append(Stretch(tuple(run), min(from_s, places[run[0]].start_s), max(to_s, end_s)))
    return found


def _in_order(places: dict[int, Interval], sure: dict[int, Interval]) -> dict[int, Interval]:
    """Drop what was found out of order with words that were sure of their places."""
    kept: dict[int, Interval] = {}
    for word in sorted(places):
        after_s = min((sure[other].start_s for other in sure if other > word and other in places), default=np.inf)
        before_s = max((place.end_s for place in kept.values()), default=-np.inf)
        centre_s = (places[word].start_s + places[word].end_s) / 2
        if word in sure or before_s <= centre_s <= after_s:
            kept[word] = places[word]
    return kept


def _apart(places: dict[int, Interval]) -> Iterator[list[int]]:
    """Words up to a pause, whatever is missing between them."""
    run: list[int] = []
    for word in sorted(places):
        if run and places[word].start_s - places[run[-1]].end_s >= PAUSE_S:
            yield run
            run = []
        run.append(word)
    if run:
        yield run
