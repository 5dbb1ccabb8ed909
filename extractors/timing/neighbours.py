"""Words of a long recording that went astray are looked for once more right beside their neighbours.

A rough search through a minute of sound misses a word at the edge of an utterance now and then, or hears it in the
speech of somebody whom the transcript leaves out. Most words are spoken right before or after their neighbours, in
one utterance with them, a whole sentence between two pauses; there an exact search, which knows voice and noise of
that moment, decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from extractors.acoustics.cepstra import RATE_HZ
from extractors.alignment.aligner import Aligner
from extractors.timing.timed_rows import TimedRow, found_row
from extractors.timing.utterances import MOST_WORDS, PAD_S, PAUSE_S
from pipeline.media.longsound import Samples
from pipeline.media.speech import HOP_S, SpeechEnvelope

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
DOUBTFUL = 0.7
"""Placed words with a lower mean confidence may be spoken elsewhere."""
APART_COST = 0.3
"""Words move to their neighbours even if each fits so much less there than apart: strangers say the same."""
APART_COST_A_S, APART_MOST_S = 0.1, 5.0
"""And so much more for each second beyond the first between them: who is in a sentence does not wait for long."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words that follow each other, all placed or none."""

    words: tuple[int, ...]
    placed: bool


def beside_neighbours(
    rows: Sequence[TimedRow],
    words: Sequence[int],
    written: Sequence[str],
    samples: Samples,
    speech: SpeechEnvelope,
    aligner: Aligner,
) -> Rows:
    """Return better rows for words that are missing, stand apart or fit badly, by their index.

    Of all other places for them those with the most gain in confidence are taken first; what contradicts them is not.

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
    found = [(search.gain(each, run), each) for at, run in enumerate(runs) for each in search.candidates(runs, at)]
    better: Rows = {}
    for gain, each in sorted(found, key=lambda pair: -pair[0]):
        if gain > 0.0 and not each.keys() & better.keys() and _in_order(each, better):
            better |= each
    return better


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    rows: Sequence[TimedRow]
    written: Sequence[str]
    samples: Samples
    speech: SpeechEnvelope
    aligner: Aligner

    def candidates(self, runs: Sequence[_Run], at: int) -> Iterator[Rows]:
        """Yield other places of a run that is missing, stands alone or fits badly, with what is missing beside it."""
        run = runs[at]
        doubtful = not run.placed or self._sure(run.words) < DOUBTFUL
        if len(run.words) > MOST_WORDS or not (doubtful or len(run.words) <= STRAY_WORDS):
            return
        before = next((other for other in reversed(runs[:at]) if other.placed), None)
        after = next((other for other in runs[at + 1 :] if other.placed), None)
        for words in _with_missing(runs, at):
            if len(words) <= MISSING_WORDS:
                yield from self.beside(words, before, after)
            lost = doubtful or len(words) > 2 * len(run.words)  # most of what belongs to it was not heard
            if lost and len(words) > 1:
                yield from self.between_pauses(words, before, after)

    def gain(self, found: Rows, run: _Run) -> float:
        """Return how many more words are right, as far as confidence tells; 0 if those of the run may not be."""
        if not _fits(found, run.words):
            return 0.0
        gained = sum(row.confidence - self.rows[word].confidence for word, row in found.items())
        beside = any(word - 1 in found or word + 1 in found for word in run.words if len(found) > len(run.words))
        return gained + (self._apart_cost(run) if beside else 0.0)

    def beside(self, words: tuple[int, ...], before: _Run | None, after: _Run | None) -> Iterator[Rows]:
        """Place words in the utterance of a neighbour; if that is too long, with the nearest of its words."""
        low_s, high_s = self._gap(before, after)
        if before:
            from_s = max(0.0, self._edges(before.words[0])[0] - PAUSE_S)
            whole = self.together((*before.words, *words), before, from_s, high_s)
            yield whole if whole is not None else self.tried(words, low_s, high_s, before.words[-ANCHORS:])
        if after:
            whole = self.together((*words, *after.words), after, low_s, self._edges(after.words[-1])[1] + PAUSE_S)
            yield whole if whole is not None else self.tried(words, low_s, high_s, after.words[:ANCHORS])

    def tried(self, words: tuple[int, ...], low_s: float, high_s: float, anchors: Sequence[int]) -> Rows:
        """Place words together with their neighbour's nearest; nothing if they do not fit there."""
        room_s = ROOM_S + ROOM_TIMES * self._lasts_s(words)
        if anchors[0] > words[-1]:
            start_s, end_s = max(low_s, high_s - room_s), self._edges(anchors[-1])[1] + MARGIN_S
            return self._placed((*words, *anchors), start_s, end_s)
        start_s, end_s = max(0.0, self._edges(anchors[0])[0] - MARGIN_S), min(high_s, low_s + room_s)
        return self._placed((*anchors, *words), start_s, end_s)

    def together(self, words: tuple[int, ...], anchor: _Run, low_s: float, high_s: float) -> Rows | None:
        """Place words and their neighbour where that was heard, from pause to pause; None if that is too long."""
        first_s, last_s = self._edges(anchor.words[0])[0], self._edges(anchor.words[-1])[1]
        around = [edges for edges in _spoken(self.speech, low_s, high_s) if edges[1] > first_s and edges[0] < last_s]
        if not around or len(words) > MOST_WORDS:
            return None
        start_s, end_s = around[0][0], around[-1][1]
        if end_s - start_s > LONGEST_TIMES * self._lasts_s(words):
            return None
        return self._placed(words, max(low_s, start_s - PAD_S), min(high_s, end_s + PAD_S))

    def between_pauses(self, words: Sequence[int], before: _Run | None, after: _Run | None) -> Iterator[Rows]:
        """Place words in each utterance between their neighbours that has about the right length."""
        low_s, high_s = self._gap(before, after)
        lasts_s = self._lasts_s(words)
        if high_s - low_s > FARTHEST_S:
            return
        for start_s, end_s in _spoken(self.speech, low_s, high_s):
            if SHORTEST_TIMES * lasts_s <= end_s - start_s <= LONGEST_TIMES * lasts_s:
                yield self._placed(words, max(low_s, start_s - PAD_S), min(high_s, end_s + PAD_S))

    def _apart_cost(self, run: _Run) -> float:
        """Return what standing apart costs the words of a run, by the shorter pause around it."""
        pauses_s: list[float] = []
        if run.placed:
            start_s, end_s = self._edges(run.words[0])[0], self._edges(run.words[-1])[1]
            before, after = (
                self.rows[at].place if 0 <= at < len(self.rows) else None
                for at in (run.words[0] - 1, run.words[-1] + 1)
            )
            pauses_s += [start_s - before.end_s] if before else []
            pauses_s += [after.start_s - end_s] if after else []
        waits_s = min(max(min(pauses_s, default=0.0) - APART_S, 0.0), APART_MOST_S - APART_S)
        return (APART_COST + APART_COST_A_S * waits_s) * len(run.words)

    def _placed(self, words: Sequence[int], start_s: float, end_s: float) -> Rows:
        sound = self.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        placement = self.aligner.place([self.written[word] for word in words], sound) if sound.size else None
        if placement is None or placement.fit < self.aligner.mismatch_fit:
            return {}
        return {
            word: found_row(row, placement, start_s)
            for word, row in zip(words, placement.rows, strict=True)
            if row is not None
        }

    def _sure(self, words: Sequence[int]) -> float:
        return float(np.mean([self.rows[word].confidence for word in words]))

    def _lasts_s(self, words: Sequence[int]) -> float:
        return sum(self.rows[word].saying.expected_s for word in words)

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


def _with_missing(runs: Sequence[_Run], at: int) -> Iterator[tuple[int, ...]]:
    """Yield the words of a run, also with a few that are missing right before it, behind it, or to both sides."""
    own = runs[at].words
    yield own
    if not runs[at].placed:
        return
    beside = [run.words for run in (*runs[max(0, at - 1) : at], *runs[at + 1 : at + 2]) if not run.placed]
    for missing in beside:
        if len(missing) <= STRAY_WORDS:
            yield tuple(sorted((*own, *missing)))
    if len(beside) == 2 and len(own) <= STRAY_WORDS and all(len(missing) <= MISSING_WORDS for missing in beside):
        yield (*beside[0], *own, *beside[1])


def _in_order(found: Rows, others: Rows) -> bool:
    """Whether words and other words are spoken in the order of their indices."""
    starts = {word: row.place.start_s for word, row in (found | others).items() if row.place}
    ordered = [starts[word] for word in sorted(starts)]
    return ordered == sorted(ordered)


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


def _fits(found: Rows, words: Sequence[int]) -> bool:
    """Whether some words may well be where they were found; not if one was not placed."""
    confidence = np.mean([found[word].confidence if word in found else 0.0 for word in words])
    return bool(confidence >= LEAST_CONFIDENCE)
