from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MediaError
from pipeline.media.longsound import LongSound
from pipeline.media.speech import speech_envelope
from pipeline.streams import MediaReader
from tests.pipeline.media_making import CONTAINERS, clicks, talk, write_media
from tests.pipeline.media_making import Sound as Heard

PARTS = st.lists(st.integers(0, 400), min_size=1, max_size=12)


def files_open() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def parts_of(samples: np.ndarray, sizes):
    edges = np.concatenate([[0], np.cumsum(sizes)])
    return lambda: (samples[first:last] for first, last in pairwise(edges))


@settings(deadline=None, max_examples=50)
@given(PARTS, st.lists(st.tuples(st.integers(-500, 5000), st.integers(-500, 5000)), max_size=12), st.integers(0, 900))
def test_any_stretch_in_any_order_is_what_an_array_has(sizes, stretches, window):
    samples = np.random.default_rng(0).normal(size=sum(sizes)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.media.longsound.WINDOW_SAMPLES", window)
        sound = LongSound(samples.size, parts_of(samples, sizes))
        for start, stop in stretches:
            assert np.array_equal(sound[start:stop], samples[start:stop])


def test_going_forward_and_a_little_back_decodes_once(monkeypatch):
    monkeypatch.setattr("pipeline.media.longsound.WINDOW_SAMPLES", 500)
    samples = np.arange(5000, dtype=np.float32)
    sound = LongSound(5000, parts_of(samples, [100] * 50))
    for start in range(0, 4000, 150):
        assert sound[start + 300 : start + 500][0] == start + 300
        assert sound[start + 100 : start + 200][0] == start + 100
    assert sound.passes == 1
    assert (sound[0:1][0], sound.passes) == (0.0, 2)


def test_sound_that_became_shorter_is_an_error_and_a_step_is_none_of_its_business():
    sound = LongSound(100, parts_of(np.zeros(90, np.float32), [90]))
    with pytest.raises(MediaError, match="ends after 90 of 100 samples"):
        sound[80:100]
    with pytest.raises(ValueError, match="without a step"):
        sound[0:10:2]


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("segment", [(None, None), (0.7, 1.9)])
def test_long_sound_of_a_file_is_that_of_one_that_is_held(tmp_path, monkeypatch, suffix, segment):
    path = talk(tmp_path / f"talk.{suffix}", 3.0, gop=25)
    with MediaReader(path, *segment) as reader:
        held = reader.audio()
    monkeypatch.setattr("pipeline.media.sound.HELD_S", 0.5)
    open_before = files_open()
    with MediaReader(path, *segment) as reader:
        long = reader.audio()
        assert isinstance(long.samples, LongSound)
        assert (long.start_pts_s, long.clipped_fraction, long.samples.size) == (
            held.start_pts_s, held.clipped_fraction, held.samples.size
        )  # fmt: skip
    assert np.array_equal(long.samples[:], held.samples)
    assert np.array_equal(long.samples[8000:9000], held.samples[8000:9000])
    assert np.array_equal(
        speech_envelope(long.samples, 16000).level_db, speech_envelope(held.samples, 16000).level_db
    )
    del reader, long
    assert files_open() == open_before


def test_a_hole_of_an_hour_takes_no_memory_and_is_silence(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.media.sound.HELD_S", 1.0)
    sound = clicks([0.1, 3600.2], 3600.5)
    path = write_media(tmp_path / "hole.mkv", sound=Heard(sound, holes=((0.5, 3600.0),)))
    with MediaReader(path) as reader:
        samples = reader.audio().samples
    assert isinstance(samples, LongSound)
    assert not samples[16_000:160_000].any()
    assert samples[3600 * 16_000 :].any()


def test_a_file_that_changes_between_two_readings_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.media.sound.HELD_S", 0.5)
    path = talk(tmp_path / "talk.mkv", 2.0)
    with MediaReader(path) as reader:
        samples = reader.audio().samples
    assert samples[:100].size == 100
    talk(path, 2.5)
    with pytest.raises(MediaError, match="changed while it was read"):
        samples[:]
