"""A voice that comes too late or too early is noticed, and by how much; one in time is left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.faces.sync import SyncConfig, find_offset
from pipeline.media.speech import SpeechEnvelope, speech_envelope

RATE_HZ = 16_000
SECONDS = 4.0


def syllables(seed):
    """Places of syllables, seconds: irregular, as in speech."""
    rng = np.random.default_rng(seed)
    return 0.6 + np.cumsum(rng.uniform(0.13, 0.34, 9))


def opened(times_s, centres_s):
    return sum(0.25 * np.exp(-(((times_s - centre) / 0.05) ** 2)) for centre in centres_s) + 0.1


def clip(offset_s, seed=1, voice_seed=None):
    """Mouth opening, frame times and the voice's envelope; the sound comes ``offset_s`` after the mouth."""
    times_s = np.arange(round(SECONDS * 25)) / 25
    sound_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(seed)
    level = opened(sound_s, syllables(seed if voice_seed is None else voice_seed) + offset_s) - 0.1
    samples = (level * np.sin(2 * np.pi * 500 * sound_s) + 1e-4 * rng.normal(size=sound_s.size)).astype(np.float32)
    opening = opened(times_s, syllables(seed)) + rng.normal(0, 0.004, times_s.size)
    return opening, times_s, speech_envelope(samples, RATE_HZ)


def found(offset_s, **how):
    opening, times_s, speech = clip(offset_s, **how)
    return find_offset([opening], [np.ones(opening.size, bool)], times_s, speech, SyncConfig())


@settings(deadline=None, max_examples=8)
@given(offset_s=st.sampled_from([-0.9, -0.5, -0.2, 0.2, 0.4, 0.8]), seed=st.integers(0, 20))
def test_the_offset_is_found_and_its_size(offset_s, seed):
    sync = found(offset_s, seed=seed)
    assert sync.out_of_time and sync.offset_s == pytest.approx(offset_s, abs=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_in_time_counts_as_in_time(seed):
    sync = found(0.04, seed=seed)
    assert not sync.out_of_time and abs(sync.offset_s) <= 0.1 and sync.gain == 0.0


def test_the_face_that_matches_gives_the_offset():
    opening, times_s, speech = clip(0.5)
    still = np.full_like(opening, 0.1)
    seen = np.ones(opening.size, bool)
    sync = find_offset([still, opening], [seen, seen], times_s, speech, SyncConfig())
    assert sync.offset_s == pytest.approx(0.5, abs=0.06)


def test_nothing_is_said_of_silence_or_of_a_few_frames():
    opening, times_s, speech = clip(0.0)
    seen = np.ones(opening.size, bool)
    silent = SpeechEnvelope(speech.times_s, speech.level_db, np.zeros(speech.active.size, bool))
    assert find_offset([opening], [seen], times_s, silent, SyncConfig()) is None
    assert find_offset([opening[:10]], [seen[:10]], times_s[:10], speech, SyncConfig()) is None
    assert find_offset([], [], times_s, speech, SyncConfig()) is None


def test_frames_without_the_face_do_not_count():
    opening, times_s, speech = clip(0.3)
    seen = np.ones(opening.size, bool)
    seen[::7] = False
    broken = np.where(seen, opening, 0.0)
    assert find_offset([broken], [seen], times_s, speech, SyncConfig()).offset_s == pytest.approx(0.3, abs=0.06)
