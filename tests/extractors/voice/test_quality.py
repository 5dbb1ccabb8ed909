"""Quality flags on recordings that are bad in a known way."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from extractors.voice.quality import audio_quality
from tests.extractors.voice.voices import RATE_HZ, Samples, glide, noisy, voice, white

GRID = Path(os.environ.get("DMD_GRID", "../shared/clips/grid"))


def spoken(background_db: float = -65.0) -> Samples:
    """Two words with an s between them, 2 s."""
    samples = white(2.0, background_db)
    samples[4000:12000] += voice(glide(140.0, -8.0, 0.5), tilt_hz=400.0)
    samples[12000:14400] += white(0.15, -30.0, 3)
    samples[18000:26000] += voice(glide(160.0, 8.0, 0.5), tilt_hz=400.0)
    return samples


def through_8_khz(samples: Samples) -> Samples:
    return resample_poly(resample_poly(samples, 1, 2), 2, 1).astype(np.float32)


def test_a_good_recording_has_no_flag() -> None:
    quality = audio_quality(spoken(), 44_100, 0.0)
    assert quality.flags == ()
    assert quality.figures["snr_db"] > 30.0
    assert quality.figures["upper_band_drop_db"] < 25.0


@pytest.mark.parametrize("gain", [0.03, 1.0, 4.0])
def test_gain_is_no_flaw(gain: float) -> None:
    assert audio_quality(spoken() * np.float32(gain), 44_100, 0.0).flags == ()


def test_telephone_bandwidth_is_heard_and_read_from_the_file() -> None:
    assert audio_quality(through_8_khz(spoken()), 44_100, 0.0).flags == ("narrowband",)
    assert "narrowband" in audio_quality(spoken(), 8_000, 0.0).flags
    assert audio_quality(spoken(), 16_000, 0.0).flags == ()


@pytest.mark.parametrize("snr_db", [0.0, 5.0])
def test_noise_is_flagged(snr_db: float) -> None:
    assert audio_quality(noisy(spoken(), snr_db), 44_100, 0.0).flags == ("low_snr",)


def test_the_ratio_is_that_of_speech_to_background() -> None:
    found = [audio_quality(spoken(level), 44_100, 0.0).figures["snr_db"] for level in (-60.0, -50.0, -40.0)]
    assert np.diff(found) == pytest.approx([-10.0, -10.0], abs=1.5)


def test_clipping_is_flagged_at_full_scale_and_below_it() -> None:
    loud = np.clip(spoken() / np.abs(spoken()).max() * 4.0, -1.0, 1.0).astype(np.float32)
    assert audio_quality(loud, 44_100, 0.0).flags == ("clipped",)
    assert audio_quality(loud * np.float32(0.2), 44_100, 0.0).flags == ("clipped",)
    assert audio_quality(spoken(), 44_100, 0.01).flags == ("clipped",)


def test_noise_without_speech_is_low_snr_and_silence_is_nothing() -> None:
    assert audio_quality(white(2.0, -30.0), 44_100, 0.0).flags == ("low_snr",)
    assert audio_quality(np.zeros(RATE_HZ, np.float32), 44_100, 0.0).flags == ()


@pytest.mark.parametrize("count", [0, 1, 160, 600])
def test_short_audio_gets_figures_and_no_error(count: int) -> None:
    assert audio_quality(np.zeros(count, np.float32), 44_100, 0.0).figures["active_share"] == 0.0


def test_samples_that_are_not_finite_are_counted() -> None:
    samples = spoken()
    samples[100:110] = np.nan
    quality = audio_quality(samples, 44_100, 0.0)
    assert quality.figures["replaced_samples"] == 10.0
    assert all(np.isfinite(value) for value in quality.figures.values())


@pytest.mark.skipif(not GRID.is_dir(), reason=f"no GRID clips in {GRID} (set DMD_GRID)")
def test_real_clips_have_no_flag_until_they_are_spoilt() -> None:
    clips = sorted(GRID.glob("*.mpg"))[:5]
    assert clips
    for path in clips:
        samples = _decoded(path)
        assert audio_quality(samples, 44_100, 0.0).flags == ()
        assert "low_snr" in audio_quality(noisy(samples, 5.0), 44_100, 0.0).flags
        assert "narrowband" in audio_quality(through_8_khz(samples), 44_100, 0.0).flags
        hard = np.clip(samples / np.abs(samples).max() * 4.0, -1.0, 1.0).astype(np.float32)
        assert "clipped" in audio_quality(hard, 44_100, 0.0).flags


def _decoded(path: Path) -> Samples:
    import av

    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def test_memory_does_not_grow_with_length() -> None:
    import tracemalloc

    peaks = []
    for repeats in (100, 200):
        samples = np.tile(spoken(), repeats)
        tracemalloc.start()
        audio_quality(samples, RATE_HZ, 0.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 0.2 * samples.nbytes / 2
