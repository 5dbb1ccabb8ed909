import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MediaError
from pipeline.media.sound import Audio, SoundLine, mix_weights, unit_scale
from tests.pipeline.media_making import clicks, onsets_s

MONO, STEREO = ("FC",), ("FL", "FR")
SURROUND = ("FL", "FR", "FC", "LFE", "SL", "SR")


def heard(block: np.ndarray, layout=MONO, rate_hz: int = 16000, pts_s: float | None = 0.0, **window) -> Audio:
    line = SoundLine(None, window.get("start_s"), window.get("end_s"), 60.0)
    line.add(block, layout, rate_hz, pts_s)
    audio = line.finish()
    assert audio is not None
    return audio


def tone(rate_hz: int, duration_s: float = 1.0, frequency_hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(round(rate_hz * duration_s)) / rate_hz))[None]


def test_stereo_is_the_plain_mean():
    block = np.stack([np.full(100, 0.4), np.full(100, 0.2)]).astype(np.float32)
    assert heard(block, STEREO).samples == pytest.approx(0.3)


def test_the_centre_of_surround_sound_counts_most_and_the_subwoofer_not_at_all():
    weights = dict(zip(SURROUND, mix_weights(SURROUND), strict=True))
    assert weights["LFE"] == 0
    assert weights["FC"] > weights["FL"] == weights["FR"] > weights["SL"]
    assert sum(weights.values()) == pytest.approx(1)


def test_a_layout_of_nothing_but_subwoofers_is_still_heard():
    assert mix_weights(("LFE",)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("dtype", "value", "unit"),
    [("u1", 255, 127 / 128), ("i2", -32768, -1.0), ("i4", 2**30, 0.5), ("f4", 0.25, 0.25), ("f8", -0.25, -0.25)],
)
def test_every_sample_type_has_full_scale_one(dtype, value, unit):
    assert unit_scale(np.array([[value]], dtype)) == pytest.approx(unit)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_resampling_keeps_time_level_and_length(rate_hz):
    samples = heard(clicks([0.25, 0.75], 1.0, rate_hz), rate_hz=rate_hz).samples
    assert len(samples) == pytest.approx(16000, abs=2)
    assert onsets_s(samples) == pytest.approx([0.25, 0.75], abs=0.0005)
    steady = heard(tone(rate_hz).astype(np.float32), rate_hz=rate_hz).samples[4000:12000]
    assert steady == pytest.approx(tone(16000)[0, 4000:12000], abs=2e-3)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=8), st.sampled_from([16000, 44100]))
def test_how_the_codec_cuts_its_blocks_changes_nothing(sizes, rate_hz):
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.1, (1, sum(sizes))).astype(np.float32)
    line, first = SoundLine(None, None, None, 60.0), 0
    for size in sizes:
        line.add(sound[:, first : first + size], MONO, rate_hz, first / rate_hz)
        first += size
    pieces = line.finish()
    whole = heard(sound, rate_hz=rate_hz)
    assert pieces is not None
    assert np.array_equal(pieces.samples, whole.samples)


def test_a_hole_is_silence_and_what_follows_stays_in_its_place():
    line = SoundLine(None, None, None, 60.0)
    line.add(clicks([0.1], 0.5), MONO, 16000, 2.0)
    line.add(clicks([0.1], 0.5), MONO, 16000, 3.0)
    audio = line.finish()
    assert audio is not None
    assert audio.start_pts_s == 2.0
    assert onsets_s(audio.samples) == pytest.approx([0.1, 1.1], abs=1e-3)
    assert not audio.samples[8100:15900].any()


def test_a_change_of_rate_and_layout_in_mid_stream_is_followed():
    line = SoundLine(None, None, None, 60.0)
    line.add(clicks([0.2], 0.5, 44100), MONO, 44100, 0.0)
    line.add(np.repeat(clicks([0.2], 0.5, 8000), 2, axis=0), STEREO, 8000, 0.5)
    audio = line.finish()
    assert audio is not None
    assert onsets_s(audio.samples) == pytest.approx([0.2, 0.7], abs=1e-3)


def test_a_window_is_cut_to_the_sample():
    audio = heard(clicks([0.3, 0.5, 0.9], 1.0), pts_s=10.0, start_s=10.4, end_s=10.7)
    assert (len(audio.samples), audio.start_pts_s) == (4800, 10.4)
    assert onsets_s(audio.samples) == pytest.approx([0.1], abs=1e-3)


def test_clipping_is_counted_on_the_source_samples():
    block = np.zeros((2, 1000), np.int16)
    block[0, :100] = 32767
    block[1, :50] = -32768
    assert heard(block, STEREO, 44100).clipped_fraction == pytest.approx(150 / 2000)


def test_opposite_channels_are_noticed():
    line = SoundLine(None, None, None, 60.0)
    line.add(np.concatenate([tone(16000), -tone(16000)]), STEREO, 16000, 0.0)
    line.finish()
    assert line.tally.cancels


def test_damaged_float_samples_become_silence_and_are_counted():
    block = np.array([[0.1, np.nan, np.inf, -1e30, 0.2]], np.float32)
    line = SoundLine(None, None, None, 60.0)
    line.add(block, MONO, 16000, 0.0)
    audio = line.finish()
    assert audio is not None
    assert audio.samples == pytest.approx([0.1, 0, 0, 0, 0.2])
    assert line.tally.damaged == 3


def test_sound_beyond_the_limit_of_memory_is_refused():
    line = SoundLine(None, None, None, 1.0)
    with pytest.raises(MediaError, match=r"longer than 1 s.*start_s and end_s"):
        line.add(np.zeros((1, 20000), np.float32), MONO, 16000, 0.0)


def test_no_block_is_no_sound():
    assert SoundLine(None, None, None, 60.0).finish() is None
