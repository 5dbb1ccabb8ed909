"""Formants against vowels whose resonances are known by construction."""

import numpy as np
import pytest

from tests.extractors.voice.voices import SCHWA, column, gained, glide, middle, noisy, steady, track_of, voice, white

MALE = {  # Peterson and Barney 1952, men; two more resonances above, as every tract has them
    "heed": (270.0, 2290.0, 3010.0),
    "hid": (390.0, 1990.0, 2550.0),
    "head": (530.0, 1840.0, 2480.0),
    "had": (660.0, 1720.0, 2410.0),
    "hod": (730.0, 1090.0, 2440.0),
    "hawed": (570.0, 840.0, 2410.0),
    "hood": (440.0, 1020.0, 2240.0),
    "who": (300.0, 870.0, 2240.0),
}
WIDTHS_HZ = (60.0, 90.0, 130.0)


def vowel(formants: tuple[float, float, float], hz: float = 120.0) -> np.ndarray:
    tract = (*zip(formants, WIDTHS_HZ, strict=True), (3500.0, 200.0), (4500.0, 250.0))
    return noisy(voice(glide(hz, 6.0, 0.8), tract), 40.0)


@pytest.mark.parametrize("word", MALE)
def test_a_vowel_has_its_formants(word: str) -> None:
    track = track_of(vowel(MALE[word]))
    for index, (hz, tolerance) in enumerate(zip(MALE[word], (0.15, 0.05, 0.03), strict=True)):
        found = column(track, f"formant_{index + 1}_frequency_hz")
        assert found.size > 30
        assert np.median(found) == pytest.approx(hz, rel=tolerance)


def test_raising_one_formant_moves_it_and_not_the_others() -> None:
    found = np.array(
        [
            [middle(vowel((500.0, second, 2500.0)), f"formant_{index}_frequency_hz") for index in (1, 2, 3)]
            for second in (1300.0, 1500.0, 1700.0)
        ]
    )
    assert np.diff(found[:, 1]) == pytest.approx([200.0, 200.0], abs=30.0)
    assert np.ptp(found[:, 0]) < 15.0
    assert np.ptp(found[:, 2]) < 40.0


def test_a_wider_resonance_has_a_larger_bandwidth() -> None:
    narrow, wide = (
        middle(voice(steady(110.0), ((600.0, width), *SCHWA[1:])), "formant_1_bandwidth_hz")
        for width in (60.0, 160.0)
    )
    assert wide - narrow == pytest.approx(100.0, abs=40.0)


def test_formants_are_known_only_in_voices_that_are_low_enough() -> None:
    assert column(track_of(white(1.0)), "formant_1_frequency_hz").size == 0
    assert column(track_of(voice(steady(450.0))), "formant_1_frequency_hz").size == 0


def test_gain_changes_nothing() -> None:
    samples = vowel(MALE["head"])
    for name in ("formant_1_frequency_hz", "formant_2_frequency_hz", "formant_1_bandwidth_hz"):
        assert middle(gained(samples, 12.0), name) == pytest.approx(middle(samples, name), rel=1e-3)
