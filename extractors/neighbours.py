"""Words of a long recording that went astray are looked for once more right beside their neighbours.

A rough search through a minute of sound misses a word at the edge of an utterance now and then, or hears it in the
speech of somebody whom the transcript leaves out. Most words are spoken right before or after their neighbours, a
whole sentence between two pauses; there an exact search, which knows voice and noise of that moment, decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.aligner import Aligner
from extractors.cepstra import RATE_HZ
from extractors.timed_rows import TimedRow
from extractors.utterances import MOST_WORDS, PAD_S, PAUSE_S
from pipeline.speech import HOP_S, SpeechEnvelope

Float = NDArray[np.float32]
Rows = dict[int, TimedRow]

APART_S = 1.0
"""Placed words with a longer pause between them are not beside each other."""
STRAY_WORDS, MISSING_WORDS = 3, 6
"""A run of so few words may be somebody else's; more missing words than that were not said at all."""
ANCHORS = 3
"""So many words of the neighbours are placed again with those that are looked for."""
ROOM_TIMES, ROOM_S, MARGIN_S = 2.0, 0.5, 0.1
"""Sound for the words looked for: twice what they usually last and a little; sound behind the anchors."""
FARTHEST_S = 120.0
"""Missing words are looked for in so much sound between their neighbours."""
SHORTEST_TIMES, LONGEST_TIMES = 0.5, 3.0
"""How long an utterance may be, in times of what its words usually last."""
LEAST_CONFIDENCE = 0.5
APART_COST = 0.3
"""Words apart from their neighbours move to them even if they fit so much less there: strangers say the same."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words that follow each other, all placed or none."""

    words: tuple[int, ...]
    placed: bool


def beside_neighbours(
    rows: Sequence[TimedRow],
    words: Sequence[int],
    written: Sequence[str],
    samples: Float,
    speech: SpeechEnvelope,
    aligner: Aligner,
) -> Rows:
    """Return better rows for words that are missing or stand apart, by their index.

    Parameters
    ----------
    rows : sequence of TimedRow
        Of every word of the transcript.
    words : sequence of int
        Which of them were searched together, in order.
    written : sequence of str
    samples : ndarray [shape=(N,)]
        The recording, 16 kHz.
    speech : SpeechEnvelope
        Its speech activity.
    aligner : Aligner
    """
    search = _Search(rows, written, samples, speech, aligner)
    runs = list(_runs(rows, words))
    better: Rows = {}
    for at, run in enumerate(runs):
        if len(run.words) > (STRAY_WORDS if run.placed else MOST_WORDS):
            continue
        before = next((other for other in reversed(runs[:at]) if other.placed), None)
        after = next((other for other in runs[at + 1 :] if other.placed), None)
        found = [
            search.tried(run, before, after, anchors)
            for anchors in (before.words[-ANCHORS:] if before else (), after.words[:ANCHORS] if after else ())
            if len(run.words) <= MISSING_WORDS and anchors and not set(anchors) & better.keys()
        ]
        if not run.placed and len(run.words) > 1:
            found.extend(search.between_pauses(run, before, after))
        now = float(np.mean([rows[word].confidence for word in run.words])) if run.placed else 0.0
        best = max(found, key=lambda each: _confidence(each, run.words), default={})
        if best and _confidence(best, run.words) >= max(LEAST_CONFIDENCE, now - APART_COST):
            better |= best
    return better


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    rows: Sequence[TimedRow]
    written: Sequence[str]
    samples: Float
    speech: SpeechEnvelope
    aligner: Aligner

    def tried(self, run: _Run, before: _Run | None, after: _Run | None, anchors: Sequence[int]) -> Rows:
        """Place a run together with its neighbour's nearest words; nothing if they do not fit there."""
        low_s, high_s = self._gap(before, after)
        room_s = ROOM_S + ROOM_TIMES * sum(self.rows[word].saying.expected_s for word in run.words)
        if anchors[0] > run.words[-1]:
            together = (*run.words, *anchors)
            start_s = max(low_s, high_s - room_s)
            end_s = self._edges(anchors[-1])[1] + MARGIN_S
        else:
            together = (*anchors, *run.words)
            start_s = max(0.0, self._edges(anchors[0])[0] - MARGIN_S)
            end_s = min(high_s, low_s + room_s)
        return self._placed(together, start_s, end_s)

    def between_pauses(self, run: _Run, before: _Run | None, after: _Run | None) -> Iterator[Rows]:
        """Place a run in each utterance between its neighbours that has about the right length."""
        low_s, high_s = self._gap(before, after)
        lasts_s = sum(self.rows[word].saying.expected_s for word in run.words)
        if high_s - low_s > FARTHEST_S:
            return
        for start_s, end_s in _spoken(self.speech, low_s, high_s):
            if SHORTEST_TIMES * lasts_s <= end_s - start_s <= LONGEST_TIMES * lasts_s:
                yield self._placed(run.words, max(low_s, start_s - PAD_S), min(high_s, end_s + PAD_S))

    def _placed(self, words: Sequence[int], start_s: float, end_s: float) -> Rows:
        sound = self.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        placement = self.aligner.place([self.written[word] for word in words], sound) if sound.size else None
        if placement is None or placement.fit < self.aligner.mismatch_fit:
            return {}
        return {
            word: TimedRow(row.interval.shifted(start_s), row.confidence, placement.rung, row.saying, placement.fit)
            for word, row in zip(words, placement.rows, strict=True)
            if row is not None
        }

    def _gap(self, before: _Run | None, after: _Run | None) -> tuple[float, float]:
        low_s = self._edges(before.words[-1])[1] if before else 0.0
        return low_s, self._edges(after.words[0])[0] if after else self.samples.size / RATE_HZ

    def _edges(self, word: int) -> tuple[float, float]:
        place = self.rows[word].place
        assert place is not None, "only placed words are anchors"
        return place.start_s, place.end_s


def _runs(rows: Sequence[TimedRow], words: Sequence[int]) -> Iterator[_Run]:
    """Cut the words that are spoken where they change between placed and missing, and at pauses."""
    run: list[int] = []
    for word in (word for word in words if rows[word].saying.phones):
        if run and not _together(rows[run[-1]], rows[word]):
            yield _Run(tuple(run), rows[run[-1]].place is not None)
            run = []
        run.append(word)
    if run:
        yield _Run(tuple(run), rows[run[-1]].place is not None)


def _together(row: TimedRow, following: TimedRow) -> bool:
    if row.place is None or following.place is None:
        return row.place is following.place
    return following.place.start_s - row.place.end_s < APART_S


def _spoken(speech: SpeechEnvelope, low_s: float, high_s: float) -> Iterator[tuple[float, float]]:
    """Utterances in a stretch of sound: speech without a long pause."""
    active = np.flatnonzero(speech.active[round(low_s / HOP_S) : round(high_s / HOP_S)])
    for part in np.split(active, np.flatnonzero(np.diff(active) > PAUSE_S / HOP_S) + 1):
        if part.size:
            yield low_s + part[0] * HOP_S, low_s + (part[-1] + 1) * HOP_S


def _confidence(found: Rows, words: Sequence[int]) -> float:
    """Return the mean confidence of some words; 0 where one was not placed."""
    return float(np.mean([found[word].confidence if word in found else 0.0 for word in words]))
