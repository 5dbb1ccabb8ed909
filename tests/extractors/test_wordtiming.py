import wave
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample_poly

from extractors.audio import audio_quality
from extractors.wordtiming import TimedWords, WordTimer, WordTimingConfig, window_words
from pipeline.errors import TranscriptError
from pipeline.streams import MediaReader
from pipeline.words import plain_transcript
from tests.benchmarks.grid import FOLDER, grid_clips
from tests.extractors.synthetic_speech import needs_espeak, say, spliced

RATE_HZ = 16_000
WORDS = ("movie", "really", "never", "brilliant", "terrible", "kitchen", "yellow", "funny", "paper", "question")


@cache
def timer() -> WordTimer:
    return WordTimer(WordTimingConfig())


def timed(text: str, samples: NDArray[np.float32]) -> TimedWords:
    return timer().time(plain_transcript(text), samples, RATE_HZ)


def noise(seconds: float, level: float = 0.05, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.0, level, round(seconds * RATE_HZ)).astype(np.float32)


def assert_in_order(found: TimedWords, text: str, duration_s: float, shortest_s: float = 0.01) -> None:
    assert [word.text for word in found.words] == text.split()
    edges = [(word.start_s, word.end_s) for word in found.words]
    assert all(0.0 <= start and end <= duration_s + 1e-9 and end - start >= shortest_s - 1e-9 for start, end in edges)
    assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(edges))


@needs_espeak
@pytest.mark.parametrize("seed", range(4))
def test_spliced_words_are_found_where_they_were_put(seed: int) -> None:
    rng = np.random.default_rng(seed)
    speech = spliced(tuple(str(word) for word in rng.permutation(WORDS)[:7]), seed)
    found = timed(" ".join(speech.words), speech.samples)
    errors_s = np.abs(np.array([(word.start_s, word.end_s) for word in found.words]) - speech.truth_s)
    assert errors_s.mean() < 0.035
    assert errors_s.max() < 0.3
    assert found.flags == ()
    assert {word.rung for word in found.words} == {"strict"}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no clips with known word times (DMD_GRID)")
def test_real_clips_keep_every_word_within_the_promised_error() -> None:
    clips = grid_clips()
    errors_s = []
    for clip in clips:
        found = timer().time(clip.transcript, clip.samples, RATE_HZ)
        assert [word.text for word in found.words] == list(clip.words)
        assert not {"proportional_times", "transcript_mismatch"} & set(found.flags)
        errors_s.append(np.abs(np.array([(w.start_s, w.end_s) for w in found.words]) - clip.truth_s))
    errors = np.concatenate(errors_s)
    assert errors.mean() <= 0.027
    assert (errors <= 0.100001).mean() >= 0.97
    assert errors.max() <= 0.4


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no clips with known word times (DMD_GRID)")
def test_the_words_of_another_clip_do_not_pass_for_those_that_were_said() -> None:
    clips = grid_clips()[:4]
    for clip, other in zip(clips, reversed(clips), strict=True):
        found = timer().time(other.transcript, clip.samples, RATE_HZ)
        own = timer().time(clip.transcript, clip.samples, RATE_HZ)
        assert found.quality["alignment_fit"] < own.quality["alignment_fit"]  # type: ignore[operator]
        assert len(found.words) == len(other.words)


@needs_espeak
def test_written_forms_take_the_time_of_what_is_said_for_them() -> None:
    samples = say("it costs five dollars fifty cents in nineteen ninety nine").astype(np.float32)
    found = timed("It costs $5.50 😀 in 1999!", samples)
    assert_in_order(found, "It costs $5.50 😀 in 1999!", samples.size / RATE_HZ)
    price, face, year = found.words[2], found.words[3], found.words[5]
    assert price.end_s - price.start_s > 0.8
    assert (face.rung, face.confidence, face.phones) == ("proportional", 0.0, 0)
    assert year.phones > 12
    assert "proportional_times" not in found.flags


@needs_espeak
def test_a_word_that_nobody_said_before_is_placed_by_its_spelling() -> None:
    samples = say("my friend tribbiani was there", rate=150).astype(np.float32)
    found = timed("My friend Tribbiani was there", samples)
    assert all(word.rung == "strict" for word in found.words)
    assert found.words[2].end_s - found.words[2].start_s > 0.3


@needs_espeak
def test_a_transcript_of_something_else_is_flagged_and_keeps_its_words() -> None:
    samples = say("the weather was lovely and we walked along the river").astype(np.float32)
    text = "nobody expects such terrible acting from famous people"
    found = timed(text, samples)
    assert "transcript_mismatch" in found.flags
    assert "low_alignment_confidence" in found.flags
    assert_in_order(found, text, samples.size / RATE_HZ)


@needs_espeak
def test_the_result_is_a_function_of_the_clip_alone() -> None:
    samples = say("what a wonderful little film this is").astype(np.float32)
    text = "what a wonderful little film this is"
    fresh = WordTimer(WordTimingConfig()).time(plain_transcript(text), samples, RATE_HZ)
    timed("xylophagous tribbianis ate covid's zyzzyvas", noise(1.5))
    assert timed(text, samples) == fresh


@needs_espeak
def test_loudness_does_not_move_words() -> None:
    samples = say("a quiet voice says the same words").astype(np.float32)
    loud, quiet = (timed("a quiet voice says the same words", gain * samples) for gain in (1.0, 0.1))
    moved = [abs(one.start_s - other.start_s) for one, other in zip(loud.words, quiet.words, strict=True)]
    assert np.median(moved) <= 0.011


def test_an_empty_transcript_has_no_words_and_no_flags() -> None:
    assert timed("", noise(1.0)) == TimedWords(())


def test_silence_spreads_the_words_and_says_so() -> None:
    found = timed("two words", np.zeros(2 * RATE_HZ, np.float32))
    assert_in_order(found, "two words", 2.0)
    assert {word.rung for word in found.words} == {"proportional"}
    assert "proportional_times" in found.flags


def test_more_phones_than_frames_are_spread_too() -> None:
    text = "one two three four five six seven eight nine ten"
    samples = (noise(0.6) * np.concatenate([np.zeros(4800), np.ones(4800)])).astype(np.float32)
    found = timed(text, samples)
    assert_in_order(found, text, 0.6)
    assert "proportional_times" in found.flags


def test_words_without_room_for_a_frame_each_share_the_sound_equally() -> None:
    text = " ".join(["word"] * 10)
    found = timed(text, noise(0.05))
    assert_in_order(found, text, 0.05, shortest_s=0.005)
    assert "proportional_times" in found.flags


def test_twenty_samples_hold_a_word() -> None:
    assert_in_order(timed("yes", noise(0.00125)), "yes", 0.00125, shortest_s=0.001)


def test_music_does_not_pass_for_speech() -> None:
    at = np.arange(3 * RATE_HZ) / RATE_HZ
    notes = np.array([262.0, 330.0, 392.0, 523.0])[(at * 4).astype(int) % 4]
    chord = sum(np.sin(2 * np.pi * notes * k * at) / k for k in (1, 2, 3)) * 0.2 * np.exp(-3 * (at * 4 % 1))
    text = "there is nobody speaking in this recording"
    found = timed(text, np.asarray(chord, np.float32))
    assert_in_order(found, text, 3.0)
    assert {"transcript_mismatch", "proportional_times"} & set(found.flags)
    assert "low_alignment_confidence" in found.flags


@needs_espeak
def test_words_of_a_telephone_file_of_8_khz_are_placed(tmp_path: Path) -> None:
    speech = spliced(WORDS[:6], 3)
    spectrum = np.fft.rfft(speech.samples)
    frequencies_hz = np.fft.rfftfreq(speech.samples.size, 1 / RATE_HZ)
    spectrum[(frequencies_hz < 300) | (frequencies_hz > 3400)] = 0.0
    narrow = resample_poly(np.fft.irfft(spectrum, speech.samples.size), 1, 2)
    with wave.open(str(tmp_path / "call.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(np.round(np.clip(narrow, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
    with MediaReader(tmp_path / "call.wav") as reader:
        audio = reader.audio()
    assert audio is not None
    assert (audio.source_rate_hz, audio.rate_hz) == (8_000, RATE_HZ)
    assert "narrowband" in audio_quality(audio.samples, audio.source_rate_hz, audio.clipped_fraction).flags
    found = timed(" ".join(speech.words), audio.samples)
    errors_s = np.abs(np.array([(word.start_s, word.end_s) for word in found.words]) - speech.truth_s)
    assert errors_s.mean() < 0.05
    assert "transcript_mismatch" not in found.flags


@needs_espeak
def test_speech_of_another_language_does_not_pass_for_the_english_words() -> None:
    samples = say("heute morgen bin ich mit dem fahrrad durch den regen gefahren", voice="de").astype(np.float32)
    text = "what a wonderful little film this is"
    found = timed(text, samples)
    assert_in_order(found, text, samples.size / RATE_HZ)
    assert {"transcript_mismatch", "low_alignment_confidence"} <= set(found.flags)


@needs_espeak
def test_a_transcript_in_another_script_keeps_its_rows_and_trusts_none() -> None:
    samples = say("what a wonderful little film this is").astype(np.float32)
    found = timed("это чудесный фильм", samples)
    assert_in_order(found, "это чудесный фильм", samples.size / RATE_HZ)
    assert {"proportional_times", "low_alignment_confidence"} <= set(found.flags)


def test_samples_that_are_not_numbers_do_no_harm() -> None:
    samples = noise(1.0)
    samples[100:200] = np.nan
    assert_in_order(timed("so it goes", samples), "so it goes", 1.0)


def test_words_cannot_be_placed_in_no_sound_at_all() -> None:
    with pytest.raises(TranscriptError, match=r"2 words cannot be placed .* without audio"):
        timed("two words", np.zeros(0, np.float32))


def test_another_sampling_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="got 44100; resample"):
        timer().time(plain_transcript("hi"), noise(1.0), 44_100)


@given(
    st.lists(st.text(min_size=1, max_size=8).filter(lambda word: word.split() == [word]), min_size=1, max_size=8),
    st.floats(0.1, 2.0),
    st.integers(0, 3),
)
@settings(deadline=None, max_examples=25)
def test_any_transcript_over_any_sound_keeps_its_rows_in_order(written: list[str], seconds: float, seed: int) -> None:
    swell = np.abs(np.sin(np.linspace(0.0, 9.0, round(seconds * RATE_HZ))))
    samples = (noise(seconds, 0.2, seed) * swell).astype(np.float32)
    text = " ".join(written)
    found = timed(text, samples)
    assert_in_order(found, text, samples.size / RATE_HZ, shortest_s=min(0.01, 0.9 * seconds / len(written)))


def test_windows_cover_a_clip_without_transcript() -> None:
    words = window_words(3.4, WordTimingConfig(window_s=1.0))
    assert len(words) == 3
    assert {(word.text, word.rung) for word in words} == {("", "window")}
    assert words[0].start_s == 0.0
    assert words[-1].end_s == 3.4
    assert all(one.end_s == other.start_s for one, other in pairwise(words))


def test_a_short_clip_is_one_window() -> None:
    assert len(window_words(0.2, WordTimingConfig())) == 1


@needs_espeak
def test_a_sentence_that_nobody_said_is_found_among_many_that_were() -> None:
    speech = spliced(WORDS * 4, 3)
    words = list(speech.words)
    assert "transcript_mismatch" not in timed(" ".join(words), speech.samples).flags
    words[20:20] = "the old man walked slowly through the quiet garden".split()
    found = timed(" ".join(words), speech.samples)
    assert "transcript_mismatch" in found.flags
    assert abs(float(found.quality["alignment_worst_first"]) - 20) <= 4
