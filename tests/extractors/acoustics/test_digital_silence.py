"""Digital silence around and between words leaves them where they are."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from extractors.acoustics.cepstra import log_mel
from extractors.acoustics.digital_silence import KEPT_FRAMES, LONG_FRAMES, recorded_sound
from extractors.wordtiming import TimedWords, WordTimer, WordTimingConfig
from pipeline.streams import MediaReader
from pipeline.timegrid import Interval
from pipeline.words import plain_transcript

DATA = Path(__file__).parents[3] / "data"
RATE_HZ = 16_000
AROUND_S = 4
Samples = NDArray[np.float32]


@cache
def timer() -> WordTimer:
    return WordTimer(WordTimingConfig())


@cache
def sample_clip(video: str, clip: str) -> tuple[str, Samples]:
    with (DATA / "label.csv").open(newline="", encoding="utf-8") as file:
        text = next(row["text"] for row in csv.DictReader(file) if (row["video_id"], row["clip_id"]) == (video, clip))
    with MediaReader(DATA / "Raw" / video / f"{clip}.mp4") as reader:
        audio = reader.audio()
    assert audio is not None
    return text, audio.samples[:]


def noise(seconds: float, steps: float, seed: int = 0) -> Samples:
    """White noise whose deviation is so many steps of 16 bit samples."""
    count = round(seconds * RATE_HZ)
    return (np.random.default_rng(seed).normal(size=count) * steps / 32768.0).astype(np.float32)


def edges_s(found: TimedWords) -> NDArray[np.float64]:
    return np.array([(word.start_s, word.end_s) for word in found.words])


@pytest.mark.parametrize("steps", [0.0, 1.0], ids=["zeros", "dither"])
@pytest.mark.parametrize(("video", "clip"), [("chloe", "1"), ("anna", "1"), ("emma", "1")])
def test_words_stay_where_they_are_between_digital_silence(video: str, clip: str, steps: float) -> None:
    text, samples = sample_clip(video, clip)
    alone = timer().time(plain_transcript(text), samples, RATE_HZ)
    padded = np.concatenate([noise(AROUND_S, steps, 1), samples, noise(AROUND_S, steps, 2)])
    found = timer().time(plain_transcript(text), padded, RATE_HZ)
    assert np.abs(edges_s(found) - AROUND_S - edges_s(alone)).max() <= 0.0301
    assert found.flags == alone.flags
    assert "transcript_mismatch" not in found.flags


def test_words_around_a_muted_passage_stay_where_they_are() -> None:
    text, samples = sample_clip("chloe", "1")
    alone = edges_s(timer().time(plain_transcript(text), samples, RATE_HZ))
    pauses = alone[1:, 0] - alone[:-1, 1]
    word = int(np.argmax(pauses))
    cut = round((alone[word, 1] + pauses[word] / 2) * RATE_HZ)
    muted = np.concatenate([samples[:cut], np.zeros(AROUND_S * RATE_HZ, np.float32), samples[cut:]])
    found = timer().time(plain_transcript(text), muted, RATE_HZ)
    expected = alone + AROUND_S * (np.arange(len(alone)) > word)[:, None]
    assert np.abs(edges_s(found) - expected).max() <= 0.0301
    assert found.flags == ()


def test_what_stays_sounds_as_it_did_and_knows_where_it_was() -> None:
    hush = np.zeros(RATE_HZ, np.float32)
    samples = np.concatenate([hush, noise(0.7, 900.0), hush, noise(0.501, 900.0, 1), hush])
    sound = recorded_sound(samples)
    assert sound.shortened
    np.testing.assert_array_equal(log_mel(sound.samples), log_mel(samples)[sound.frames])
    assert RATE_HZ - 410 <= sound.frames[0] * 160 < RATE_HZ, "padding stays away"
    jumps = np.flatnonzero(np.diff(sound.frames) > 1)
    assert jumps.size == 1
    assert sound.frames[jumps[0]] * 160 > 1.7 * RATE_HZ + (KEPT_FRAMES - 3) * 160, "a pause stays"
    place = sound.interval(int(jumps[0]), int(jumps[0]) + 2)
    assert 1.7 < place.start_s < 1.75 < 2.6 < place.end_s < 2.7
    cut_s = float(jumps[0] + 1) * 0.01
    across = sound.whole_interval(Interval(cut_s - 0.013, cut_s + 0.007))
    assert across.start_s == pytest.approx(place.start_s - 0.003) and across.end_s == pytest.approx(
        place.end_s - 0.003
    )
    assert sound.whole_interval(Interval(0.0, 0.004)).start_s == pytest.approx(sound.frames[0] * 0.01)
    assert sound.whole_interval(Interval(0.0, cut_s)).end_s == pytest.approx(place.end_s - 0.9, abs=0.1)


def test_closures_and_pauses_with_the_noise_of_a_room_are_never_cut() -> None:
    closure = np.zeros((LONG_FRAMES - 2) * 160, np.float32)
    samples = np.concatenate([noise(0.5, 900.0), closure, noise(0.5, 900.0, 1), noise(2.0, 4.0), noise(0.5, 900.0)])
    sound = recorded_sound(samples)
    assert not sound.shortened
    assert sound.samples is samples
    assert sound.frames.size == len(log_mel(samples))


@pytest.mark.parametrize("recorded", [0, 100, 3_000])
def test_where_hardly_anything_is_recorded_all_of_it_stays(recorded: int) -> None:
    samples = np.zeros(3 * RATE_HZ, np.float32)
    samples[RATE_HZ : RATE_HZ + recorded] = 0.1
    samples[RATE_HZ : RATE_HZ + recorded : 2] = np.nan
    assert not recorded_sound(samples).shortened
    assert not recorded_sound(samples[:20]).shortened


def test_words_that_need_the_silence_for_their_phones_are_searched_for_in_all_of_it() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    samples = np.concatenate([np.zeros(3 * RATE_HZ, np.float32), noise(0.4, 900.0), np.zeros(RATE_HZ, np.float32)])
    found = timer().time(plain_transcript(text), samples, RATE_HZ)
    assert [word.text for word in found.words] == text.split()
    assert "transcript_mismatch" in found.flags
