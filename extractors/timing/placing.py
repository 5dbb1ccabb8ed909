"""Where the words of a transcript are: those that a file knows, those that are searched, those that nobody says.

Cues that touch are searched together (`joined_cues`), long stretches utterance by utterance (`utterances`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractors.acoustics.cepstra import RATE_HZ
from extractors.alignment.aligner import Aligner, Saying
from extractors.timing.cue_bounds import WIDE_MARGIN_S, bounded_stretches, cues_of
from extractors.timing.joined_cues import REACH_S, Joined, joined
from extractors.timing.missing_order import orders_with_missing
from extractors.timing.neighbours import beside_neighbours
from extractors.timing.timed_rows import TimedRow, aligned_rows, given_row, lasting_s, somebody_heard, spread_rows
from extractors.timing.utterances import Recording, Stretch, utterances
from pipeline.media.longsound import Samples
from pipeline.media.speech import SpeechEnvelope
from pipeline.words import Cue, Transcript

DOUBTFUL, ROOM_GAIN = 1.0, 1.0
"""Nats a frame above the fit of other words up to which a word at the edge of a cue may lack sound; by how many it
must fit better with more."""


def placed_rows(
    transcript: Transcript, given: Sequence[bool], samples: Samples, speech: SpeechEnvelope, aligner: Aligner | None
) -> list[TimedRow]:
    """Return a row for every word; without an aligner, words without times are spread over speech.

    Never is one language aligned with the models of another.

    Parameters
    ----------
    transcript : Transcript
    given : sequence of bool
        Which words have times that are kept.
    samples : ndarray or LongSound [shape=(N,)]
        16 kHz mono.
    speech : SpeechEnvelope
        Its speech activity.
    aligner : Aligner or None
    """
    written = [word.text for word in transcript.words]
    sayings = aligner.sayings(written) if aligner else [Saying()] * len(written)
    rows = [
        given_row(transcript, index) if known else TimedRow(None, 0.0, "proportional", saying)
        for index, (known, saying) in enumerate(zip(given, sayings, strict=True))
    ]
    recording = Recording(written, lasting_s(written, sayings), samples, RATE_HZ)
    every = bounded_stretches(transcript, given, samples.size / RATE_HZ)
    if aligner is None:
        for bounds in every:
            _put(rows, bounds.words, spread_rows(rows, written, bounds, speech))
        return rows
    wider = bounded_stretches(transcript, given, samples.size / RATE_HZ, WIDE_MARGIN_S)
    search = _Search(recording, speech, aligner, dict(zip(every, wider, strict=True)))
    cues = [cue if cue and somebody_heard(speech, _around(cue)) else None for cue in cues_of(transcript, every)]
    cue_of = dict(zip(every, cues, strict=True))
    for group in joined(every, cues):
        if len(group.parts) > 1 and search.together(rows, group, [cue_of[part] for part in group.parts]):
            continue
        for bounds in group.kept:
            # Any words find a best path through silence; where nobody is heard, no place is better than another.
            if somebody_heard(speech, bounds):
                search.alone(rows, bounds)
            else:
                _put(rows, bounds.words, spread_rows(rows, written, bounds, speech))
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    recording: Recording
    speech: SpeechEnvelope
    aligner: Aligner
    wider: Mapping[Stretch, Stretch]
    """Each stretch with more room around it."""

    def together(self, rows: list[TimedRow], group: Joined, cues: Sequence[Cue | None]) -> bool:
        """Place the words of cues that touch; False, and nothing, if any is not where its cue is."""
        found = self._with_room(rows, group.whole, Joined(tuple(self.wider[part] for part in group.parts), ()).whole)
        if len({cue.speaker for cue in cues if cue}) > 1:  # who speaks first is not for one of them to say
            found = [replace(row, order_gain=None) for row in found]
        place = dict(zip(group.whole.words, found, strict=True))
        for part, cue in zip(group.parts, cues, strict=True):
            if cue is None or not all(_within(place[word], cue) for word in part.words):
                return False
        for part in group.kept:
            _put(rows, part.words, [place[word] for word in part.words])
        return True

    def alone(self, rows: list[TimedRow], bounds: Stretch) -> None:
        """Place the words of a stretch; of one that is too long, utterance by utterance."""
        cut = utterances(bounds, self.recording, self.aligner.rough)
        if cut == [bounds]:
            _put(rows, bounds.words, self._with_room(rows, bounds, self.wider[bounds]))
            return
        for stretch in cut:
            _put(rows, stretch.words, self._aligned(rows, stretch, whole=False))
        if len(cut) > 1:
            samples, written = self.recording.samples, self.recording.written
            better = beside_neighbours(rows, bounds.words, written, samples, self.speech, self.aligner)
            _put(rows, better.keys(), better.values())
            doubted = orders_with_missing(rows, bounds.words, written, samples, self.aligner)
            _put(rows, doubted.keys(), doubted.values())

    def _with_room(self, rows: Sequence[TimedRow], stretch: Stretch, wider: Stretch) -> list[TimedRow]:
        """Place words that are searched at once; with more room where the first or the last does not fit."""
        found = self._aligned(rows, stretch, whole=True)
        if wider == stretch or _edge_fit(found) >= self.aligner.mismatch_fit + DOUBTFUL:
            return found
        again = self._aligned(rows, wider, whole=True)
        return again if _edge_fit(again) > _edge_fit(found) + ROOM_GAIN else found

    def _aligned(self, rows: Sequence[TimedRow], stretch: Stretch, whole: bool) -> list[TimedRow]:
        samples, written = self.recording.samples, self.recording.written
        return aligned_rows(rows, written, stretch, samples, self.speech, self.aligner, whole)


def _put(rows: list[TimedRow], words: Iterable[int], found: Iterable[TimedRow]) -> None:
    for word, row in zip(words, found, strict=True):
        rows[word] = row


def _edge_fit(rows: Sequence[TimedRow]) -> float:
    """Return how well the first or the last word fits, whichever is worse."""
    spoken = [row for row in rows if row.place is not None]
    fits = [row.own_fit for row in (*spoken[:1], *spoken[-1:]) if row.own_fit is not None]
    return min(fits, default=-np.inf)


def _around(cue: Cue) -> Stretch:
    return Stretch((), max(0.0, cue.start_s - WIDE_MARGIN_S), cue.end_s + WIDE_MARGIN_S)


def _within(row: TimedRow, cue: Cue) -> bool:
    """Whether a word was found in its cue or near it; one of which nothing is spoken is nowhere else."""
    if row.place is None:
        return True
    near = row.place.end_s > cue.start_s - REACH_S and row.place.start_s < cue.end_s + REACH_S
    return row.rung != "proportional" and near
