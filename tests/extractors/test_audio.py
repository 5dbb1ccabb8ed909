"""Voice features as a whole: their grid, their columns, what is valid when, and odd input."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.audio import AudioConfig, audio_columns, audio_track
from tests.extractors.voice.voices import RATE_HZ, Samples, gained, glide, noisy, tone, track_of, voice, white

ALWAYS = {"level_dba", "loudness"}
VOICED_ONLY = {
    "pitch_semitones",
    "pitch_slope_semitones_per_s",
    "harmonics_to_noise_db",
    "jitter_percent",
    "shimmer_db",
    "h1_h2_db",
    "h1_a3_db",
}
ABSOLUTE = {"level_dba", "loudness"}
"""The columns that depend on the gain of the recording; no other may."""


def sentence(seed: int = 0) -> Samples:
    """Two voiced stretches, a hiss and pauses over a soft background, 3 s."""
    samples = white(3.0, -65.0, seed)
    samples[8000:24000] += voice(glide(140.0, -8.0))
    samples[24000:27200] += white(0.2, -30.0, seed + 1)
    samples[30000:42000] += 0.6 * noisy(voice(glide(220.0, 12.0, 0.75), jitter=0.005), 30.0)
    return samples


def test_columns_of_the_track_are_those_that_are_described() -> None:
    config = AudioConfig()
    track = audio_track(sentence(), RATE_HZ, config)
    assert track.names == tuple(column.name for column in audio_columns(config))
    assert len(set(track.names)) == len(track.names)
    assert all(column.verdict in {"stable", "sensitive"} for column in audio_columns(config))


@pytest.mark.parametrize("column", audio_columns(AudioConfig(include_unstable=True)), ids=lambda column: column.name)
def test_every_column_is_described_and_stays_in_its_range(column) -> None:  # type: ignore[no-untyped-def]
    assert re.fullmatch(r"[a-z0-9_]+", column.name)
    assert column.unit and column.meaning and column.source and column.verdict != "unmeasured"
    for samples in (sentence(), white(0.5, 0.0), tone(1000.0, 0.5, 1.0), np.zeros(8000, np.float32)):
        track = track_of(samples)
        index = track.names.index(column.name)
        values = track.values[track.valid[:, index], index]
        assert column.low is None or np.all(values >= column.low - 1e-3)
        assert column.high is None or np.all(values <= column.high + 1e-3)


def test_frames_stand_in_the_middle_of_their_hop() -> None:
    track = track_of(sentence())
    assert track.times_s == pytest.approx((np.arange(300) + 0.5) * 0.01)


def test_columns_of_the_voice_are_valid_in_voiced_frames_only() -> None:
    track = track_of(sentence())
    voiced = track.valid[:, track.names.index("pitch_semitones")]
    assert 0.4 < voiced.mean() < 0.7
    for name, valid in zip(track.names, track.valid.T, strict=True):
        if name in VOICED_ONLY or name.startswith("formant"):
            assert not np.any(valid & ~voiced), name
            assert valid.any(), name
        else:
            assert valid.all(), name


def test_in_silence_only_the_level_is_known_and_it_reads_its_floor() -> None:
    track = track_of(np.zeros(RATE_HZ, np.float32))
    for name, valid in zip(track.names, track.valid.T, strict=True):
        assert valid.all() == (name in ALWAYS) and valid.any() == (name in ALWAYS), name
    assert np.all(track.values[:, track.names.index("level_dba")] == -100.0)
    assert np.all(track.values[:, track.names.index("loudness")] == 0.0)


@pytest.mark.parametrize("gain_db", [-12.0, 12.0])
def test_gain_moves_only_the_columns_that_say_so(gain_db: float) -> None:
    plain, louder = track_of(sentence()), track_of(gained(sentence(), gain_db))
    assert np.array_equal(plain.valid, louder.valid)
    for index, column in enumerate(audio_columns(AudioConfig(include_unstable=True))):
        moved = np.abs(louder.values[:, index] - plain.values[:, index])
        spread = float(np.ptp(plain.values[:, index]))
        assert ("absolute" in column.meaning) == (column.name in ABSOLUTE)
        if column.name in ABSOLUTE:
            assert moved.min() > 0.0
        else:
            assert np.quantile(moved, 0.99) <= 1e-3 * spread, column.name


def test_a_constant_offset_changes_nothing() -> None:
    plain, shifted = track_of(sentence()), track_of(sentence() + np.float32(0.1))
    assert np.array_equal(plain.valid[5:-5], shifted.valid[5:-5])
    assert shifted.values[5:-5] == pytest.approx(plain.values[5:-5], rel=0.02, abs=0.1)


def test_blocks_give_what_the_whole_gives() -> None:
    samples = np.concatenate([sentence(), sentence(7)])
    whole = audio_track(samples, RATE_HZ, AudioConfig(include_unstable=True))
    blocked = audio_track(samples, RATE_HZ, AudioConfig(include_unstable=True, block_s=1.0))
    assert np.array_equal(whole.valid, blocked.valid)
    # Single precision rounds differently in another batch of transforms; nothing else differs.
    spread = np.maximum(1.0, np.ptp(whole.values, axis=0))
    assert np.quantile(np.abs(whole.values - blocked.values) / spread, 0.999) < 1e-4


def test_the_same_samples_give_the_same_bytes() -> None:
    first, again = track_of(sentence()), track_of(sentence())
    assert first.values.tobytes() == again.values.tobytes()
    assert first.valid.tobytes() == again.valid.tobytes()


@pytest.mark.parametrize("count", [0, 1, 79, 160, 400, 1000])
def test_short_audio_gives_a_short_track(count: int) -> None:
    for samples in (white(1.0)[:count], np.zeros(count, np.float32)):
        track = track_of(samples)
        assert len(track.times_s) == (max(1, round(count / 160)) if count else 0)


def test_samples_that_are_not_finite_count_as_silence() -> None:
    samples = sentence()
    holes = samples.copy()
    holes[28000:28160] = np.nan
    holes[28160:28200] = np.inf
    samples[28000:28200] = 0.0
    assert track_of(holes).values == pytest.approx(track_of(samples).values, rel=1e-2, abs=0.5)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-9, 1e-4, 1.0, 100.0]), st.integers(1, 6000))
@settings(deadline=None, max_examples=25)
def test_whatever_the_samples_the_values_are_finite(seed: int, scale: float, count: int) -> None:
    generator = np.random.default_rng(seed)
    samples = (scale * generator.standard_t(1.5, size=count)).astype(np.float32)
    samples[generator.random(count) < 0.3] = 0.0
    track_of(samples)  # FeatureTrack itself refuses values that are not finite


def test_no_coefficients_and_no_rates_are_a_choice() -> None:
    names = audio_track(sentence(), RATE_HZ, AudioConfig(mfcc_count=0)).names
    assert not any("mfcc" in name for name in names)
    few = audio_track(sentence(), RATE_HZ, AudioConfig(mfcc_count=2, mfcc_deltas=False)).names
    assert few[-2:] == ("mfcc_1", "mfcc_2")


def test_other_rates_and_several_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="one channel at 16000 Hz"):
        audio_track(np.zeros(100, np.float32), 44_100, AudioConfig())
    with pytest.raises(ValueError, match="one channel at 16000 Hz"):
        audio_track(np.zeros((2, 100), np.float32), RATE_HZ, AudioConfig())


def test_memory_beyond_the_result_does_not_grow_with_length() -> None:
    import tracemalloc

    config = AudioConfig(block_s=5.0)
    audio_track(sentence(), RATE_HZ, config)  # libraries are loaded by now
    peaks, results = [], []
    for repeats in (10, 30):
        samples = np.tile(sentence(), repeats)
        tracemalloc.start()
        track = audio_track(samples, RATE_HZ, config)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        results.append(track.values.nbytes + track.valid.nbytes)
    assert peaks[1] - peaks[0] < 2.5 * (results[1] - results[0])
