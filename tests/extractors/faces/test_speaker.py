"""The speaker is the face whose mouth opens when the voice rises."""

import numpy as np
import pytest

from extractors.faces.speaker import SpeakerConfig, choose_speaker, mouth_voice_match
from extractors.faces.sync import SyncConfig, find_offset
from extractors.faces.tracks import Spanned
from pipeline.media.speech import SpeechEnvelope

CONFIG = SpeakerConfig()
RATE_HZ = 25.0


def syllables(seed, seconds):
    """[steps] how loud a talker is every 10 ms, 0 to 1: bumps of random height four times a second."""
    random = np.random.default_rng(seed)
    steps = np.arange(0, seconds, 0.01)
    centres = np.arange(0.5, seconds - 0.3, 0.25) + random.uniform(
        -0.08, 0.08, len(np.arange(0.5, seconds - 0.3, 0.25))
    )
    heights = random.uniform(0.3, 1, len(centres))
    return steps, np.max(heights * np.exp(-(((steps[:, None] - centres) / 0.06) ** 2)), axis=1)


def voice(seed, seconds=3.0, *, silent=False):
    steps, loud = syllables(seed, seconds)
    level = np.full(len(steps), -60.0) if silent else -60 + 40 * loud
    return SpeechEnvelope(steps + 0.005, level.astype(np.float32), level > -45)


def mouth(seed, seconds=3.0, delay_s=0.0, rate_hz=RATE_HZ):
    """Times and mouth heights of somebody who says what `voice` of the same seed says."""
    steps, loud = syllables(seed, seconds)
    times_s = np.arange(0, seconds - 0.01, 1 / rate_hz)
    noise = np.random.default_rng(seed + 1000).normal(0, 0.004, len(times_s))
    return times_s, 0.3 + 0.1 * np.interp(times_s - delay_s, steps, loud) + noise


def still(seed, frames):
    return 0.3 + np.random.default_rng(seed).normal(0, 0.004, frames)


def everywhere(*openings):
    return [np.ones(len(opening), bool) for opening in openings]


@pytest.mark.parametrize("seed", range(8))
def test_of_two_talking_mouths_the_one_in_time_with_the_voice_is_chosen(seed):
    times_s, own = mouth(seed)
    _, other = mouth(seed + 50)
    for openings, expected in (([own, other], 0), ([other, own], 1)):
        choice = choose_speaker(openings, everywhere(*openings), times_s, voice(seed), CONFIG)
        assert set(choice.track) == {expected}
        assert choice.margin > 0
        assert not choice.off_screen


def test_a_still_face_beside_the_talker_is_not_chosen():
    times_s, own = mouth(3)
    quiet = still(0, len(own))
    choice = choose_speaker([quiet, own], everywhere(quiet, own), times_s, voice(3), CONFIG)
    assert set(choice.track) == {1}


def test_clear_speech_with_a_still_mouth_is_off_screen():
    times_s, own = mouth(1)
    quiet = still(0, len(own))
    assert choose_speaker([quiet], everywhere(quiet), times_s, voice(1), CONFIG).off_screen
    assert not choose_speaker([own], everywhere(own), times_s, voice(1), CONFIG).off_screen


@pytest.mark.parametrize("speech", [None, voice(1, silent=True)], ids=["no audio", "no speech"])
def test_without_speech_the_most_prominent_face_is_taken_and_nothing_is_claimed(speech):
    times_s, own = mouth(1)
    choice = choose_speaker([own, own], everywhere(own, own), times_s, speech, CONFIG)
    assert set(choice.track) == {0}
    assert (choice.match, choice.margin, choice.off_screen) == (None, None, False)


def test_too_few_frames_decide_nothing():
    times_s, own = mouth(1)
    short = choose_speaker([own[:8]], [np.ones(8, bool)], times_s[:8], voice(1), CONFIG)
    assert short.match is None
    assert not short.off_screen


def test_no_face_and_no_frame_are_no_error():
    assert choose_speaker([], [], np.arange(5) / 25, voice(1), CONFIG).track.tolist() == [0] * 5
    assert choose_speaker([], [], np.zeros(0), voice(1), CONFIG).track.size == 0


def test_two_speakers_of_a_long_clip_take_turns():
    first, second = syllables(1, 24.0)[1], syllables(2, 24.0)[1]
    steps = np.arange(0, 24.0, 0.01)
    loud = np.where(steps < 12, first, second)
    times_s = np.arange(0, 23.9, 1 / RATE_HZ)
    noise = np.random.default_rng(0).normal(0, 0.004, (2, len(times_s)))
    one = 0.3 + 0.1 * np.interp(times_s, steps, np.where(steps < 12, first, 0)) + noise[0]
    two = 0.3 + 0.1 * np.interp(times_s, steps, np.where(steps < 12, 0, second)) + noise[1]
    level = (-60 + 40 * loud).astype(np.float32)
    speech = SpeechEnvelope(steps + 0.005, level, level > -45)
    choice = choose_speaker([one, two], everywhere(one, two), times_s, speech, CONFIG)
    assert set(choice.track[times_s < 10]) == {0}
    assert set(choice.track[times_s > 14]) == {1}


def test_a_long_pause_does_not_put_the_speaker_off_screen():
    steps, loud = syllables(1, 24.0)
    loud = np.where((steps > 8) & (steps < 16), 0, loud)
    times_s = np.arange(0, 23.9, 1 / RATE_HZ)
    own = 0.3 + 0.1 * np.interp(times_s, steps, loud) + np.random.default_rng(0).normal(0, 0.004, len(times_s))
    speech = SpeechEnvelope(steps + 0.005, (-60 + 40 * loud).astype(np.float32), loud > 0.4)
    choice = choose_speaker([own], everywhere(own), times_s, speech, CONFIG)
    assert not choice.off_screen
    assert choice.match > 0.4


def test_a_speaker_who_is_seen_for_a_part_of_the_clip_only_is_not_off_screen():
    times_s, own = mouth(1, 6.0)
    choice = choose_speaker([own], [times_s < 2.4], times_s, voice(1, 6.0), CONFIG)
    assert not choice.off_screen


def test_the_order_of_the_faces_does_not_matter_to_the_match():
    times_s, own = mouth(4)
    _, other = mouth(77)
    there = choose_speaker([own, other], everywhere(own, other), times_s, voice(4), CONFIG)
    back = choose_speaker([other, own], everywhere(other, own), times_s, voice(4), CONFIG)
    assert (there.match, there.margin) == (back.match, back.margin)


@pytest.mark.parametrize("rate_hz", [12.5, 25, 30, 60])
def test_the_match_does_not_hang_on_the_frame_rate(rate_hz):
    times_s, own = mouth(5, rate_hz=rate_hz)
    choice = choose_speaker([own], everywhere(own), times_s, voice(5), CONFIG)
    assert choice.match > 0.4


@pytest.mark.parametrize("delay_s", [-0.4, 0.0, 0.2, 0.6])
def test_a_wide_search_finds_how_far_sound_and_picture_are_apart(delay_s):
    times_s, own = mouth(6, delay_s=delay_s)
    lags = tuple(round(step * 0.02, 2) for step in range(-50, 51))
    found = mouth_voice_match(
        own, np.ones(len(own), bool), times_s, voice(6), SpeakerConfig(lags_s=lags, lag_cost_per_s=0)
    )
    assert found.lag_s == pytest.approx(-delay_s, abs=0.03)


def test_a_gain_changes_nothing():
    times_s, own = mouth(7)
    _, other = mouth(70)
    speech = voice(7)
    louder = SpeechEnvelope(speech.times_s, speech.level_db + 12, speech.active)
    choices = [
        choose_speaker([own, other], everywhere(own, other), times_s, heard, CONFIG) for heard in (speech, louder)
    ]
    assert choices[0].match == pytest.approx(choices[1].match, abs=1e-6)


def test_faces_that_are_held_for_their_stretches_only_are_chosen_as_if_they_were_held_whole():
    """A film of many shots: a face in each, of three talkers, with the voice of one."""
    seconds = 24.0
    times_s, talking = mouth(3, seconds)
    spoken, shots = voice(3, seconds), [(0, 150), (150, 260), (260, 430), (420, len(times_s))]
    openings, present = [], []
    for number, (first, stop) in enumerate(shots):
        own = talking if number != 1 else mouth(9, seconds)[1]
        openings.append(np.where((np.arange(len(times_s)) >= first) & (np.arange(len(times_s)) < stop), own, 0.0))
        present.append(openings[-1] > 0)
    spans = [slice(*shot) for shot in shots]
    held = [
        [Spanned(span.start, column[span], len(times_s)) for span, column in zip(spans, columns, strict=True)]
        for columns in (openings, present)
    ]
    whole = choose_speaker(openings, present, times_s, spoken, CONFIG)
    short = choose_speaker(*held, times_s, spoken, CONFIG)
    assert np.array_equal(whole.track, short.track) and len(set(whole.track)) > 1
    assert (whole.match, whole.margin, whole.lag_s) == (short.match, short.margin, short.lag_s)
    assert find_offset(openings, present, times_s, spoken, SyncConfig()) == find_offset(
        *held, times_s, spoken, SyncConfig()
    )
