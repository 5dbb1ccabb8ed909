"""Words with times of their own: kept to the digit, and never believed unheard."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.alignment.aligner import PlacedRow, Placement, Saying
from extractors.alignment.english import EnglishAligner
from extractors.timing.given_words import given_to_silence, heard_given, over_silence
from extractors.timing.timed_rows import TimedRow
from extractors.wordtiming import TimedWords, WordTimer, WordTimingConfig
from pipeline.media.speech import HOP_S, SpeechEnvelope
from pipeline.timegrid import Interval
from pipeline.words import Transcript, TranscriptWord
from tests.benchmarks.grid import FOLDER, grid_clips
from tests.extractors.synthetic_speech import SplicedSpeech, needs_espeak, spliced

RATE_HZ = 16_000
SAID = ("movie", "really", "never", "brilliant", "kitchen", "yellow", "paper")
OTHERS = ("surgeon", "window", "thirty", "forgotten", "island", "bread", "musical")


@cache
def timer() -> WordTimer:
    return WordTimer(WordTimingConfig())


@cache
def speech() -> SplicedSpeech:
    return spliced(SAID, 5)


def timed(
    words: Sequence[str],
    times_s: NDArray[np.float64],
    samples: NDArray[np.float32],
    language: str = "en",
    audible: bool = True,
) -> TimedWords:
    given = [TranscriptWord(word, float(a), float(b)) for word, (a, b) in zip(words, times_s, strict=True)]
    return timer().time(Transcript(tuple(given), language), samples, RATE_HZ, audible=audible)


@needs_espeak
def test_words_that_are_said_when_they_should_be_are_kept_and_not_flagged() -> None:
    times_s = speech().truth_s + 0.1  # nobody's times are exact
    found = timed(SAID, times_s, speech().samples)
    assert [(word.start_s, word.end_s) for word in found.words] == [(a, b) for a, b in times_s.tolist()]
    assert {word.rung for word in found.words} == {"given"}
    assert found.flags == ()
    assert float(found.quality["alignment_fit"]) > -3.5


@needs_espeak
def test_words_of_another_recording_are_flagged_and_keep_their_times() -> None:
    found = timed(OTHERS, speech().truth_s, speech().samples)
    assert found.flags == ("transcript_mismatch",)
    assert {word.rung for word in found.words} == {"given"}
    assert {word.confidence for word in found.words} == {1.0}


@needs_espeak
def test_the_right_words_at_the_wrong_time_are_flagged() -> None:
    shifted = np.minimum(speech().truth_s + 1.5, speech().samples.size / RATE_HZ - 0.01)
    assert "transcript_mismatch" in timed(SAID, shifted, speech().samples).flags


@pytest.mark.parametrize("language", ["en", "de"])
def test_words_over_silence_are_flagged_whatever_their_language(language: str) -> None:
    times_s = np.array([[0.2 + 0.4 * index, 0.5 + 0.4 * index] for index in range(7)])
    silence = np.zeros(3 * RATE_HZ, np.float32)
    assert timed(SAID, times_s, silence, language).flags == ("transcript_mismatch",)
    assert timed(SAID, times_s, silence, language, audible=False).flags == (), "a film without a sound track"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no clips with known word times (DMD_GRID)")
def test_real_clips_with_their_true_times_pass_and_with_others_words_do_not() -> None:
    clips = grid_clips()[:6]
    for clip, other in zip(clips, [*clips[3:], *clips[:3]], strict=True):
        assert timed(clip.words, clip.truth_s, clip.samples).flags == (), clip.name
        assert "transcript_mismatch" in timed(other.words, clip.truth_s, clip.samples).flags, clip.name


def test_given_times_that_had_to_be_cut_are_told_and_others_are_not() -> None:
    silence = np.zeros(3 * RATE_HZ, np.float32)
    good = np.array([[0.9, 1.2], [1.2, 1.4], [1.4, 1.6], [1.61, 2.0]])
    assert "transcript_problem" not in timed(SAID[:4], good, silence).quality
    bad = good.copy()
    bad[1, 1] = 10.2
    found = timed(SAID[:4], bad, silence)
    assert [word.start_s for word in found.words] == good[:, 0].tolist()
    assert found.quality["transcript_problem"] == (
        "1 of 4 given word times overlap, are out of order or lie outside the sound, and were cut or moved; "
        "word 2 by 8.80 s, the most"
    )


class Listener:
    """Finds every word 0.1 s after the one before, a word that nobody says as well."""

    mismatch_fit, flagged_fit, contrast_weight = -3.5, -2.5, 0.3
    evidence = EnglishAligner.evidence

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        return [Saying(3, 0.3) if word.isalpha() else Saying() for word in written]

    def rough(self, written: Sequence[str], samples: NDArray[np.float32], eager: bool = False) -> dict[int, Interval]:
        raise AssertionError("not asked for here")

    def place(
        self, written: Sequence[str], samples: NDArray[np.float32], orders: bool = False, noise: bool = False
    ) -> Placement | None:
        self.asked.append(list(written))
        rows = [
            PlacedRow(Interval(0.3 + 0.1 * index, 0.4 + 0.1 * index), 0.9, Saying(3, 0.3), 0.5)
            if word.isalpha()
            else None
            for index, word in enumerate(written)
        ]
        return Placement(tuple(rows), "strict", 0.7)


def row(start_s: float, end_s: float) -> TimedRow:
    return TimedRow(Interval(start_s, end_s), 1.0, "given", Saying(), judged=False)


def envelope(*active_s: tuple[float, float], duration_s: float = 20.0) -> SpeechEnvelope:
    times_s = (np.arange(round(duration_s / HOP_S)) + 0.5) * HOP_S
    active = np.zeros(times_s.size, bool)
    for start_s, end_s in active_s:
        active |= (times_s >= start_s) & (times_s < end_s)
    return SpeechEnvelope(times_s, np.zeros(times_s.size, np.float32), active)


SOUND = np.zeros(20 * RATE_HZ, np.float32)


def test_a_word_found_elsewhere_or_over_silence_counts_as_unheard() -> None:
    rows = [row(5.0, 5.1), row(5.1, 5.2), row(5.6, 5.7), row(12.0, 12.5)]
    found = heard_given(rows, ["a", "b", "c", "d"], SOUND, envelope((5.0, 6.0)), Listener())
    assert [(each.judged, each.own_fit) for each in found] == [(True, 0.5), (True, 0.5), (True, None), (True, None)]
    assert [each.place for each in found] == [each.place for each in rows]


def test_runs_end_at_pauses_and_what_has_no_sound_is_not_judged() -> None:
    listener = Listener()
    rows = [row(1.0, 1.1), row(1.1, 1.2), TimedRow(None, 0.0, "proportional", Saying()), row(3.0, 3.1)]
    found = heard_given(rows, ["a", "-", "b", "c"], SOUND, envelope((0.0, 20.0)), listener)
    assert listener.asked == [["a", "-"], ["c"]]
    assert [each.judged for each in found] == [True, False, True, True]


def test_where_two_voices_overlap_no_word_is_judged() -> None:
    listener = Listener()
    rows = [row(1.0, 1.4), row(1.2, 1.6), row(1.59, 2.0), row(2.0, 2.4)]
    found = heard_given(rows, ["a", "b", "c", "d"], SOUND, envelope((0.0, 20.0)), listener)
    assert [each.judged for each in found] == [False, False, True, True]
    assert listener.asked == [["c", "d"]]


@pytest.mark.parametrize(
    ("silent", "flagged"), [((), False), ((1, 3, 5), False), (range(3, 8), True), (range(7), True)]
)
def test_a_few_words_over_silence_are_no_reason(silent: Sequence[int], flagged: bool) -> None:
    rows = [row(float(second), second + 0.3) for second in range(12)]
    speech_there = envelope(*((second, second + 0.3) for second in range(12) if second not in silent))
    assert over_silence(rows, speech_there) == list(silent)
    assert given_to_silence(rows, speech_there) == flagged
