"""Rows on their way: what is known of the place of each word while a clip is timed, and where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractors.acoustics.cepstra import RATE_HZ
from extractors.alignment.aligner import Aligner, PlacedRow, Placement, Saying
from extractors.timing.proportional import LETTER_S, spread_over_speech
from extractors.timing.utterances import LONGEST_S, MOST_WORDS, PAUSE_S, Stretch
from pipeline.media.longsound import Samples
from pipeline.media.speech import HOP_S, SpeechEnvelope
from pipeline.timegrid import Interval
from pipeline.words import Cue, Rung, Transcript, TranscriptWord

UNSAID_MARGIN = 1.0
"""An utterance that fits so much less than one with a few wrong words was never said where it was thought to be."""
_HEARD = ("strict", "wide", "open", "ctc", "given")
OVERLAP_S = 0.05
"""Words of one voice overlap by rounding alone."""
MOVED_S, MOVED_CONFIDENCE = 0.1, 0.3
"""A word that had to make room for others by more than the first is trusted no more than the second."""


@dataclass(frozen=True, slots=True)
class TimedRow:
    """A word and its place; no place where nothing of it is spoken, or nobody was heard to say it."""

    place: Interval | None
    confidence: float
    rung: Rung
    saying: Saying
    fit: float | None = None
    """Of the utterance that it was found in; None where nothing was searched."""
    own_fit: float | None = None
    """Of the word alone, where its aligner says it."""
    order_gain: float | None = None
    """Of the utterance, as `Placement.order_gain`."""
    judged: bool = True
    """Whether somebody looked for it here: then no fit means that nobody says it."""


def found_row(found: PlacedRow, placement: Placement, start_s: float) -> TimedRow:
    """Return a word that was found in sound which begins at ``start_s``."""
    place = found.interval.shifted(start_s)
    own, gain = found.fit, placement.order_gain
    return TimedRow(place, found.confidence, placement.rung, found.saying, placement.fit, own, gain)


def less_sure(rows: Sequence[TimedRow], places: Sequence[Interval]) -> list[TimedRow]:
    """Return the rows, less sure of words that were found elsewhere than they are put at last.

    What a file gives stays as sure as it says.

    Parameters
    ----------
    rows : sequence of TimedRow
        As words were found or given.
    places : sequence of Interval
        Where they are put so that all have room (`extractors.timing.rows`).
    """
    return [_less_sure(row, place) for row, place in zip(rows, places, strict=True)]


def _less_sure(row: TimedRow, place: Interval) -> TimedRow:
    if row.place is None or row.rung == "given":
        return row
    moved_s = max(abs(place.start_s - row.place.start_s), abs(place.end_s - row.place.end_s))
    return replace(row, confidence=min(row.confidence, MOVED_CONFIDENCE)) if moved_s > MOVED_S else row


def unjudged_under_others(
    rows: Sequence[TimedRow], own: Sequence[int], over: Sequence[Interval] = ()
) -> list[TimedRow]:
    """Return the own rows; words over which somebody else was found to speak tell nothing of the transcript.

    Parameters
    ----------
    rows : sequence of TimedRow
        Of everybody's words.
    own : sequence of int
        Which are the speaker's.
    over : sequence of Interval
        When else somebody speaks at the same time.
    """
    mine = set(own)
    places = [*over]
    places += [row.place for word, row in enumerate(rows) if word not in mine and row.place and row.rung in _HEARD]
    starts_s, ends_s = (np.array([getattr(place, edge) for place in places]) for edge in ("start_s", "end_s"))

    def alone(place: Interval) -> bool:
        return not ((starts_s < place.end_s - OVERLAP_S) & (ends_s > place.start_s + OVERLAP_S)).any()

    return [
        row
        if row.place is None or row.rung not in _HEARD or alone(row.place)
        else replace(row, fit=None, own_fit=None, order_gain=None, judged=False)
        for row in (rows[word] for word in own)
    ]


def given_row(transcript: Transcript, index: int) -> TimedRow:
    """Take the times of a timed transcript as they are."""
    word = transcript.words[index]
    return TimedRow(
        _given_place(word), 1.0 if word.confidence is None else word.confidence, "given", Saying(), judged=False
    )


def lasting_s(written: Sequence[str], sayings: Sequence[Saying]) -> list[float]:
    """Return how long each word takes to say; by its letters where no pronunciation is known."""
    return [saying.expected_s or LETTER_S * len(text) for text, saying in zip(written, sayings, strict=True)]


def spread_rows(
    rows: Sequence[TimedRow], written: Sequence[str], stretch: Stretch, speech: SpeechEnvelope
) -> list[TimedRow]:
    """Spread the words of a stretch over the speech in it."""
    own = [rows[word] for word in stretch.words]
    lasting = lasting_s([written[word] for word in stretch.words], [row.saying for row in own])
    inside = slice(*_frames(stretch, speech))
    part = SpeechEnvelope(speech.times_s[inside], speech.level_db[inside], speech.active[inside])
    places = spread_over_speech(lasting, part, stretch.end_s - stretch.start_s)
    return [
        TimedRow(place.shifted(stretch.start_s), 0.0, "proportional", row.saying)
        for place, row in zip(places, own, strict=True)
    ]


def aligned_rows(
    rows: Sequence[TimedRow],
    written: Sequence[str],
    stretch: Stretch,
    samples: Samples,
    speech: SpeechEnvelope,
    aligner: Aligner,
    whole: bool,
) -> list[TimedRow]:
    """Let the aligner place the words of a stretch; spread them if it cannot.

    Of a recording that was cut (not ``whole``), words that do not fit where they were thought to be get no place.
    They are compared with other orders of themselves.
    """
    sound = samples[round(stretch.start_s * RATE_HZ) : round(stretch.end_s * RATE_HZ)]
    placement = aligner.place([written[word] for word in stretch.words], sound, orders=True, noise=whole)
    if placement is not None and not whole and placement.fit < aligner.mismatch_fit - UNSAID_MARGIN:
        return [rows[word] for word in stretch.words]  # the rough search was mistaken: nobody says this here
    if placement is None:
        return spread_rows(rows, written, stretch, speech)
    return [
        found_row(row, placement, stretch.start_s) if row else rows[word]
        for word, row in zip(stretch.words, placement.rows, strict=True)
    ]


def somebody_heard(speech: SpeechEnvelope, stretch: Stretch) -> bool:
    """Whether anybody speaks in the stretch."""
    return bool(speech.active[slice(*_frames(stretch, speech))].any())


def with_word_cues(transcript: Transcript) -> Transcript:
    """Turn the word times of a timed transcript into cues: bounds of a search instead of its result."""
    times = {
        index: _given_place(word)
        for index, word in enumerate(transcript.words)
        if word.start_s is not None and word.end_s is not None
    }
    runs: list[list[int]] = []
    for index, place in times.items():
        run = runs[-1] if runs else []
        if run and index == run[-1] + 1 and goes_on(times[run[0]], times[run[-1]], place, len(run)):
            run.append(index)
        else:
            runs.append([index])
    cues = tuple(Cue(times[run[0]].start_s, times[run[-1]].end_s, run[0], run[-1] + 1) for run in runs)
    return replace(transcript, cues=cues or transcript.cues)


def goes_on(first: Interval, last: Interval, place: Interval, words: int) -> bool:
    """Whether one search takes a word with times together with so many before it: no pause between, nor too much."""
    near = place.start_s - last.end_s < PAUSE_S
    return near and words < MOST_WORDS and place.end_s - first.start_s < LONGEST_S - 1.0


def _given_place(word: TranscriptWord) -> Interval:
    start_s = max(word.start_s or 0.0, 0.0)
    return Interval(start_s, max(start_s, word.end_s or 0.0))


def _frames(stretch: Stretch, speech: SpeechEnvelope) -> tuple[int, int]:
    """Frames of the envelope in the stretch; at least one."""
    first = min(int(stretch.start_s / HOP_S), max(speech.active.size - 1, 0))
    return first, max(first + 1, round(stretch.end_s / HOP_S))
