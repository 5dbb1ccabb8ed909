"""Noise behind words: whether it covers them, and how loud it becomes where it comes and goes."""

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.background import background, other_voices
from extractors.acoustics.cepstra import cepstra, log_mel, with_slopes

FRAMES = 300
WORDS = np.arange(FRAMES) % 300 >= 150
PAUSES = np.flatnonzero(~WORDS)[:-5]
LOUD = slice(60, 100)


def heard(noise_db: float, bursts_db: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Noise over all, words of full scale in the second half, other sound in a part of the first."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0.0, 1.0, FRAMES * 160 + 250)
    gain = np.full(samples.size, 10 ** (noise_db / 20))
    gain[LOUD.start * 160 : LOUD.stop * 160] = 10 ** (bursts_db / 20)
    gain[150 * 160 :] += 0.3
    mel = log_mel((0.3 * samples * gain).astype(np.float32))[:FRAMES]
    return mel, with_slopes(cepstra(mel))


def test_words_far_above_their_pauses_stand_in_no_noise() -> None:
    behind = background(*heard(-60.0, -60.0), WORDS, PAUSES)
    assert not behind.noisy
    assert behind.loud is None


def test_steady_noise_near_the_words_covers_them_and_has_no_loud_part() -> None:
    behind = background(*heard(-20.0, -20.0), WORDS, PAUSES)
    assert behind.noisy
    assert behind.loud is None


def test_noise_that_comes_and_goes_is_known_by_its_loud_part() -> None:
    mel, features = heard(-60.0, -20.0)
    behind = background(mel, features, WORDS, PAUSES)
    assert behind.noisy
    assert behind.loud is not None
    np.testing.assert_allclose(behind.loud.log_mel.mean(), mel[65:95].mean(), atol=1.0)


def test_what_is_louder_than_the_words_is_speech_that_a_search_left_out() -> None:
    behind = background(*heard(-60.0, 0.0), WORDS, PAUSES)
    assert not behind.noisy
    assert behind.loud is None


def test_without_pauses_nothing_is_told_of_the_noise() -> None:
    assert not background(*heard(-20.0, -20.0), WORDS, PAUSES[:3]).noisy


def test_other_voices_sound_like_this_one_but_less_loud() -> None:
    mel, features = heard(-60.0, -60.0)
    voices = other_voices(mel, features, WORDS)
    levels = [voice.log_mel.mean() for voice in voices]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] < mel[WORDS].mean() - 2.0
    assert not other_voices(mel, features, np.zeros(FRAMES, bool))
