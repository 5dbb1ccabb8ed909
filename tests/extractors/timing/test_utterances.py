from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.timing.cue_bounds import bounded_stretches, within_sound
from extractors.timing.utterances import LONGEST_S, MOST_WORDS, Recording, Stretch, utterances
from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.timegrid import Interval
from pipeline.words import Cue, Transcript, TranscriptWord, plain_transcript
from tests.extractors.synthetic_speech import needs_espeak, say, spliced

RATE_HZ = 16_000
NO_SOUND = np.zeros(0, np.float32)


@cache
def timer() -> WordTimer:
    return WordTimer(WordTimingConfig())


def never(written: object, samples: object, eager: bool) -> dict[int, Interval]:
    raise AssertionError("nothing was to be searched")


def recording(written: list[str], samples: NDArray[np.float32], rate_hz: int = RATE_HZ) -> Recording:
    return Recording(written, [0.3] * len(written), samples, rate_hz)


def words(*texts: str) -> tuple[TranscriptWord, ...]:
    return tuple(TranscriptWord(text) for text in texts)


def test_a_short_clip_is_one_stretch() -> None:
    stretch = Stretch((0, 1, 2), 0.0, 59.0)
    assert utterances(stretch, recording(["a", "b", "c"], NO_SOUND), never) == [stretch]


def test_cues_bound_their_words_with_a_margin_that_ends_half_way_to_the_next() -> None:
    transcript = Transcript(words("a", "b", "c"), cues=(Cue(1.0, 2.0, 0, 2), Cue(2.2, 3.0, 2, 3)))
    found = bounded_stretches(transcript, [False] * 3, 10.0)
    assert [each.words for each in found] == [(0, 1), (2,)]
    assert (found[0].start_s, found[1].end_s) == (0.7, 3.3)
    assert found[0].end_s == pytest.approx(2.1)
    assert found[1].start_s == pytest.approx(2.1)
    wide = bounded_stretches(transcript, [False] * 3, 10.0, 0.6)
    assert (wide[0].start_s, wide[0].end_s) == (0.4, found[0].end_s)


def test_cues_behind_the_end_of_the_sound_are_said_and_count_only_where_others_are_inside() -> None:
    late = Transcript(words("a", "b"), cues=(Cue(11.0, 12.0, 0, 1), Cue(13.0, 14.0, 1, 2)))
    found = within_sound(late, 10.0)
    assert (found.words, found.cues) == (late.words, ())
    assert found.problems == ("2 of 2 cues begin behind the end of the sound; no cue counts",)
    found = within_sound(late, 12.0)
    assert found.cues == late.cues and found.problems[0].startswith("1 of 2 cues begin behind")
    assert within_sound(late, 20.0) is late
    given = Transcript((TranscriptWord("a", 11.0, 11.5),), cues=(Cue(11.0, 11.5, 0, 1),))
    assert within_sound(given, 10.0) is given


def test_words_with_times_bound_those_between_them() -> None:
    timed = (TranscriptWord("a", 1.0, 1.5), *words("b", "c"), TranscriptWord("d", 4.0, 4.2))
    assert bounded_stretches(Transcript(timed), [True, False, False, True], 9.0) == [Stretch((1, 2), 1.5, 4.0)]


def test_a_given_word_that_ends_after_the_next_one_began_does_not_bound_what_is_between() -> None:
    timed = (TranscriptWord("a", 1.0, 8.0), *words("b"), TranscriptWord("c", 2.0, 2.5))
    assert bounded_stretches(Transcript(timed), [True, False, True], 9.0) == [Stretch((1,), 1.0, 2.0)]


def test_bounds_that_leave_no_sound_are_widened() -> None:
    timed = (TranscriptWord("a", 1.0, 2.0), *words("b"), TranscriptWord("c", 2.0, 2.5))
    (found,) = bounded_stretches(Transcript(timed), [True, False, True], 9.0)
    assert found.end_s - found.start_s >= 0.5


def test_a_cue_beyond_the_sound_still_has_a_place() -> None:
    transcript = Transcript(words("late"), cues=(Cue(20.0, 22.0, 0, 1),))
    (found,) = bounded_stretches(transcript, [False], 9.0)
    assert 0.0 <= found.start_s < found.end_s <= 9.0


def test_a_long_recording_is_cut_at_pauses_and_no_piece_is_too_long() -> None:
    # a word a second, a pause after every twentieth, 400 words: heard perfectly, a minute at a time
    starts = [index + index // 20 for index in range(400)]
    written = [f"w{index}" for index in range(400)]

    def rough(some: object, samples: NDArray[np.float32], eager: bool) -> dict[int, Interval]:
        first = written.index(next(iter(some)))  # type: ignore[call-overload]
        at = float(samples[0]) if samples.size else 0.0
        heard = {}
        for index in range(first, 400):
            start = starts[index] - at
            if start < 0 or start + 0.9 > samples.size / 10:
                break
            heard[index - first] = Interval(start, start + 0.9)
        return heard

    seconds = np.arange(4300, dtype=np.float32) / 10  # "sound" that knows its own time, 10 samples a second
    found = utterances(Stretch(tuple(range(400)), 0.0, 430.0), recording(written, seconds, 10), rough)
    assert [each.words[0] for each in found] == list(range(0, 400, 20))
    assert found[-1].words[-1] == 399
    assert all(each.end_s - each.start_s <= LONGEST_S and len(each.words) <= MOST_WORDS for each in found)
    assert all(one.end_s <= other.start_s + 1e-6 for one, other in pairwise(found))


def test_an_endless_sentence_is_cut_all_the_same() -> None:
    written = ["word"] * 130

    def rough(some: object, samples: NDArray[np.float32], eager: bool) -> dict[int, Interval]:
        return {index: Interval(index * 0.3, index * 0.3 + 0.3) for index in range(130)}

    found = utterances(
        Stretch(tuple(range(130)), 0.0, 50.0), recording(written, np.zeros(800_000, np.float32)), rough
    )
    assert sum(len(each.words) for each in found) == 130
    assert max(len(each.words) for each in found) <= MOST_WORDS


def test_nothing_heard_in_an_hour_ends_the_search() -> None:
    found = utterances(Stretch(tuple(range(5)), 0.0, 3600.0), recording(["a"] * 5, NO_SOUND), lambda *_: {})
    assert found == []


def test_given_times_are_taken_as_they_are() -> None:
    timed = (TranscriptWord("Hello", 0.2, 0.5, 0.7), TranscriptWord("there.", 0.5, 0.9))
    found = timer().time(Transcript(timed), np.zeros(2 * RATE_HZ, np.float32), RATE_HZ)
    assert [(word.start_s, word.end_s, word.rung, word.confidence) for word in found.words] == [
        (0.2, 0.5, "given", 0.7),
        (0.5, 0.9, "given", 1.0),
    ]
    assert found.flags == ("transcript_mismatch",), "nobody speaks"


def test_given_times_need_no_model_of_their_language() -> None:
    timed = (TranscriptWord("Tere", 0.2, 0.5),)
    found = timer().time(Transcript(timed, "et"), np.zeros(RATE_HZ, np.float32), RATE_HZ)
    assert found.flags == ("transcript_mismatch",), "nobody speaks"


def test_given_times_beyond_the_sound_are_brought_inside() -> None:
    timed = (TranscriptWord("a", 0.5, 1.4), TranscriptWord("b", 1.4, 9.0))
    found = timer().time(Transcript(timed), np.zeros(RATE_HZ, np.float32), RATE_HZ)
    assert found.words[-1].end_s <= 1.0
    assert found.words[0].end_s <= found.words[1].start_s


@needs_espeak
def test_words_without_times_are_searched_between_those_that_have_them() -> None:
    speech = spliced(("movie", "really", "never", "brilliant"), 2)
    timed = [TranscriptWord(word) for word in speech.words]
    timed[0] = TranscriptWord("movie", *map(float, speech.truth_s[0]))
    found = timer().time(Transcript(tuple(timed)), speech.samples, RATE_HZ)
    assert [word.rung for word in found.words] == ["given", "strict", "strict", "strict"]
    errors_s = np.abs(np.array([(word.start_s, word.end_s) for word in found.words]) - speech.truth_s)
    assert errors_s.max() < 0.15


@needs_espeak
def test_given_times_can_be_refined() -> None:
    speech = spliced(("movie", "really", "never", "brilliant", "paper"), 4)
    rough_s = np.round(speech.truth_s + 0.15, 2)
    timed = tuple(TranscriptWord(word, *times) for word, times in zip(speech.words, rough_s.tolist(), strict=True))
    refine = WordTimer(WordTimingConfig(given_times="refine"))
    found = refine.time(Transcript(timed), speech.samples, RATE_HZ)
    errors_s = np.abs(np.array([(word.start_s, word.end_s) for word in found.words]) - speech.truth_s)
    assert errors_s.mean() < 0.05
    assert {word.rung for word in found.words} == {"strict"}


def test_rough_times_are_kept_where_nothing_can_search() -> None:
    heard = (TranscriptWord("Tere", 0.2, 0.5), TranscriptWord("jälle", 0.5, 0.9))
    found = timer().time(Transcript(heard, "et"), np.zeros(RATE_HZ, np.float32), RATE_HZ, rough=True)
    assert [(word.start_s, word.rung) for word in found.words] == [(0.2, "given"), (0.5, "given")]
    assert found.flags == ("transcript_mismatch", "language_unsupported")
    assert "words.aligners" in str(found.quality["alignment_problem"])


@needs_espeak
def test_rough_times_are_searched_near_where_they_can_be() -> None:
    speech = spliced(("movie", "really", "never", "brilliant", "paper"), 4)
    heard = zip(speech.words, np.round(speech.truth_s + 0.15, 2).tolist(), strict=True)
    transcript = Transcript(tuple(TranscriptWord(word, *times) for word, times in heard))
    found = timer().time(transcript, speech.samples, RATE_HZ, rough=True)
    assert {word.rung for word in found.words} == {"strict"}
    assert np.abs(np.array([word.start_s for word in found.words]) - speech.truth_s[:, 0]).mean() < 0.05


@needs_espeak
def test_the_same_words_twice_are_told_apart_by_their_cues() -> None:
    once = say("never again my friend").astype(np.float32)
    gap = np.zeros(RATE_HZ, np.float32)
    samples = np.concatenate([gap, once, gap, once, gap])
    again_s = 2.0 + once.size / RATE_HZ
    transcript = Transcript(words("never", "again"), cues=(Cue(again_s, again_s + 1.0, 0, 2),))
    found = timer().time(transcript, samples, RATE_HZ)
    assert found.words[0].start_s >= again_s - 0.35


@needs_espeak
def test_minutes_with_silence_noise_and_wrong_sentences_align_like_the_sentences_alone() -> None:
    rng = np.random.default_rng(0)
    vocabulary = (
        "movie really never brilliant terrible kitchen yellow funny paper people seven purple shoulder feather "
        "window happy strange machine coffee zebra church vision apple orange easy lovely music answer before dragon "
        "silver throat spring together script actor question hello nothing because"
    ).split()
    pieces: list[NDArray[np.float32]] = []
    written: list[str] = []
    truth: list[tuple[float, float]] = []
    for number in range(14):
        speech = spliced(tuple(str(word) for word in rng.permutation(vocabulary)[:6]), number, voice="en-us")
        at_s = sum(piece.size for piece in pieces) / RATE_HZ
        pieces.append(speech.samples)
        if number % 5 != 3:  # every fifth sentence is not in the transcript
            written += speech.words
            truth += [(start + at_s, end + at_s) for start, end in speech.truth_s.tolist()]
        if number % 5 == 1:
            written += "nobody walked along the quiet river".split()
            truth += [(-1.0, -1.0)] * 6
        pieces.append(rng.normal(0.0, 0.01 if number % 4 == 2 else 0.0007, 2 * RATE_HZ).astype(np.float32))
    samples = np.concatenate(pieces)
    assert samples.size > 80 * RATE_HZ
    found = timer().time(plain_transcript(" ".join(written)), samples, RATE_HZ)
    assert [word.text for word in found.words] == written
    there = np.array([start >= 0.0 for start, _ in truth])
    errors_s = np.abs(np.array([(word.start_s, word.end_s) for word in found.words]) - np.array(truth))[there]
    assert np.median(errors_s) < 0.03
    assert (errors_s < 0.1).mean() > 0.8
    absent = [word.confidence for word, here in zip(found.words, there, strict=True) if not here]
    present = [word.confidence for word, here in zip(found.words, there, strict=True) if here]
    assert np.median(absent) < 0.3 < np.median(present)
