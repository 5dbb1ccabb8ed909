"""Words whose times a file gives are heard where they are said to be; the times stay as they are.

What nobody says at that time (silence lies there, or the words are found elsewhere, or other words are said) counts
as a word that was searched for in vain: a timed transcript of another recording is flagged like any other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from extractors.acoustics.cepstra import RATE_HZ
from extractors.alignment.aligner import Aligner
from extractors.timing.timed_rows import OVERLAP_S, TimedRow, goes_on
from pipeline.media.longsound import Samples
from pipeline.media.speech import HOP_S, SpeechEnvelope
from pipeline.timegrid import Interval

MARGIN_S = 0.3
"""Sound around a run of given words: files round their times, and cut words short."""
APART_S = 0.25
"""A word that is found this far outside its given times is said elsewhere."""
MOVED_S = 0.02
"""A given time that had to be moved by more is worth a line."""
SILENT_RUN, SILENT_SHARE = 5, 0.5
"""So many given words in a row over silence, or such a share of them, are not what is said there."""


def heard_given(
    rows: Sequence[TimedRow],
    written: Sequence[str],
    samples: Samples,
    speech: SpeechEnvelope,
    aligner: Aligner,
    own: Iterable[int] | None = None,
) -> list[TimedRow]:
    """Return the rows; those with given times say how well their words fit there, or that nobody says them.

    Parameters
    ----------
    rows : sequence of TimedRow
        One a word, in order.
    written : sequence of str
    samples : ndarray or LongSound [shape=(N,)]
        16 kHz mono.
    speech : SpeechEnvelope
        Its speech activity.
    aligner : Aligner
    own : iterable of int, optional
        Only these are listened for; the others are somebody else's, who may speak over them.
    """
    found = list(rows)
    others = set() if own is None else set(range(len(rows))).difference(own)
    silent = set(over_silence(rows, speech))
    said = [saying.phones > 0 for saying in aligner.sayings(written)]
    for run in _runs(rows, _over_each_other(rows) | others):
        heard = _heard(run, rows, written, samples, aligner) if not silent.issuperset(run) else {}
        for word in run:
            fit, own_fit = heard.get(word, (None, None)) if word not in silent else (None, None)
            found[word] = replace(rows[word], fit=fit, own_fit=own_fit, judged=said[word])
    return found


def over_silence(rows: Sequence[TimedRow], speech: SpeechEnvelope) -> list[int]:
    """Return which words with given times lie where nobody is heard."""
    silent = []
    for word, row in enumerate(rows):
        if row.rung == "given" and row.place is not None:
            first = max(0, int((row.place.start_s - APART_S) / HOP_S))
            if not speech.active[first : max(first + 1, round((row.place.end_s + APART_S) / HOP_S))].any():
                silent.append(word)
    return silent


def given_to_silence(rows: Sequence[TimedRow], speech: SpeechEnvelope) -> bool:
    """Whether so many words with given times lie where nobody is heard that they are not what is said."""
    given = sum(row.rung == "given" for row in rows)
    silent = over_silence(rows, speech)
    runs = [word - position for position, word in enumerate(silent)]
    longest = max((runs.count(run) for run in set(runs)), default=0)
    return longest >= SILENT_RUN or len(silent) > SILENT_SHARE * given


def moved_given(rows: Sequence[TimedRow], places: Sequence[Interval]) -> tuple[str, ...]:
    """Return one line where given times could not stand as their file has them; nothing where all do."""
    moved_s: dict[int, float] = {}
    for word, (row, place) in enumerate(zip(rows, places, strict=True)):
        if row.rung == "given" and row.place is not None:
            start_s, end_s = abs(place.start_s - row.place.start_s), abs(place.end_s - row.place.end_s)
            if max(start_s, end_s) > MOVED_S + 1e-9:
                moved_s[word] = max(start_s, end_s)
    if not moved_s:
        return ()
    given = sum(row.rung == "given" for row in rows)
    furthest = max(moved_s, key=lambda word: moved_s[word])
    return (
        f"{len(moved_s)} of {given} given word times overlap, are out of order or lie outside the sound, and were "
        f"cut or moved; word {furthest + 1} by {moved_s[furthest]:.2f} s, the most",
    )


def _heard(
    run: Sequence[int], rows: Sequence[TimedRow], written: Sequence[str], samples: Samples, aligner: Aligner
) -> dict[int, tuple[float, float | None]]:
    """Search for a run in the sound around it; fits of the run and of each word that is found where it should be."""
    start_s = max(0.0, _place(rows[run[0]]).start_s - MARGIN_S)
    end_s = max(_place(rows[word]).end_s for word in run) + MARGIN_S
    sound = samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    placement = aligner.place([written[word] for word in run], sound) if sound.size else None
    if placement is None:
        return {}
    heard: dict[int, tuple[float, float | None]] = {}
    for word, row in zip(run, placement.rows, strict=True):
        if row is None:
            continue
        given, place = _place(rows[word]), row.interval.shifted(start_s)
        if place.start_s < given.end_s + APART_S and place.end_s > given.start_s - APART_S:
            heard[word] = placement.fit, row.fit
    return heard


def _over_each_other(rows: Sequence[TimedRow]) -> set[int]:
    """Return the given words over which somebody else speaks: no search tells two voices apart."""
    given = [word for word, row in enumerate(rows) if row.rung == "given"]
    given.sort(key=lambda word: _place(rows[word]).start_s)
    found: set[int] = set()
    longest = given[0] if given else 0
    for word in given[1:]:
        if _place(rows[word]).start_s < _place(rows[longest]).end_s - OVERLAP_S:
            found |= {longest, word}
        if _place(rows[word]).end_s > _place(rows[longest]).end_s:
            longest = word
    return found


def _runs(rows: Sequence[TimedRow], without: set[int]) -> Iterator[list[int]]:
    """Given words that follow each other without a pause, as many as one search takes."""
    run: list[int] = []
    for word, row in enumerate(rows):
        heard = row.rung == "given" and word not in without
        if run and not (heard and _goes_on(rows, run, word)):
            yield run
            run = []
        if heard:
            run.append(word)
    if run:
        yield run


def _goes_on(rows: Sequence[TimedRow], run: Sequence[int], word: int) -> bool:
    first, last, place = (_place(rows[index]) for index in (run[0], run[-1], word))
    return place.start_s >= last.start_s and goes_on(first, last, place, len(run))


def _place(row: TimedRow) -> Interval:
    assert row.place is not None, "a given word has a place"
    return row.place
