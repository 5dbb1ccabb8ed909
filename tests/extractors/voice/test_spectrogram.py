"""The spectrogram: where frames stand and what their power means."""

import numpy as np
import pytest

from extractors.voice.config import AudioConfig
from extractors.voice.spectrogram import blocks, cleaned, frame_count, frame_times_s
from tests.extractors.voice.voices import RATE_HZ, tone, white

CONFIG = AudioConfig()


def whole_power(samples: np.ndarray) -> np.ndarray:
    (block,) = blocks(samples, CONFIG)
    return block.power


def test_a_row_sums_to_the_mean_square_of_its_frame() -> None:
    power = whole_power(tone(1000.0))
    assert power[10:-10].sum(axis=1) == pytest.approx(np.full(len(power) - 20, 0.125), rel=1e-3)


def test_a_click_is_loudest_in_the_frame_centred_on_it() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[round(0.505 * RATE_HZ)] = 1.0
    loudest = int(whole_power(samples).sum(axis=1).argmax())
    assert frame_times_s(100)[loudest] == pytest.approx(0.505)


@pytest.mark.parametrize(("count", "frames"), [(0, 0), (1, 1), (160, 1), (241, 2), (48_000, 300)])
def test_there_is_one_frame_a_hop(count: int, frames: int) -> None:
    assert frame_count(count) == frames
    assert sum(block.keep_to - block.keep_from for block in blocks(np.zeros(count, np.float32), CONFIG)) == frames


def test_blocks_cover_every_frame_once_and_agree_with_the_whole() -> None:
    samples = white(3.3)
    whole = whole_power(samples)
    short = CONFIG.model_copy(update={"block_s": 1.0})
    rows = [block.power[block.keep_from : block.keep_to] for block in blocks(samples, short)]
    assert len(rows) == 4
    assert np.concatenate(rows) == pytest.approx(whole, rel=1e-3, abs=1e-9)


def test_the_mean_is_taken_away_and_what_is_not_finite_becomes_silence() -> None:
    samples = tone(100.0) + np.float32(0.25)
    samples[1000:1003] = [np.nan, np.inf, -np.inf]
    clean = cleaned(samples)
    assert clean.replaced == 3
    assert np.all(clean.samples[1000:1003] == 0.0)
    assert np.delete(clean.samples, [1000, 1001, 1002]).mean() == pytest.approx(0.0, abs=1e-3)


def test_rumble_is_left_out() -> None:
    assert whole_power(tone(20.0))[10:-10].sum(axis=1).max() < 0.02 * 0.125
