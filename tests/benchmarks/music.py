"""Music made by rule: what podcasts, films and news put between sentences, with known place and loudness."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

RATE_HZ = 16_000
SCALE_HZ = (220.0, 262.0, 330.0, 392.0, 440.0, 523.0)
ROOTS_HZ = (110.0, 131.0, 147.0, 165.0, 196.0)
CHORD = (1.0, 1.26, 1.5, 2.0)
"""A major triad with its octave, in times of the root."""
PARTIALS = (1.0, 0.5, 0.25)
NOTES_A_SECOND, CHORDS_A_SECOND = 4, 2
RINGING = 0.996
"""What is left of a string's sound after each of its periods; high partials fade faster."""


def tune(seconds: float, rng: np.random.Generator) -> Float64:
    """Return a melody of steady notes over a low drone, with an effective level of 1."""
    size = round(seconds * RATE_HZ)
    notes = rng.choice(SCALE_HZ, size * NOTES_A_SECOND // RATE_HZ + 1)
    phase = 2.0 * np.pi * np.cumsum(np.repeat(notes, RATE_HZ // NOTES_A_SECOND)[:size]) / RATE_HZ
    drone = 2.0 * np.pi * ROOTS_HZ[0] * np.arange(size) / RATE_HZ
    sound = sum(weight * np.sin(number * phase) for number, weight in enumerate(PARTIALS, 1)) + 0.4 * np.sin(drone)
    return _of_level_1(np.asarray(sound))


def chords(seconds: float, rng: np.random.Generator) -> Float64:
    """Return plucked chords that ring for a second each, with an effective level of 1."""
    size, each = round(seconds * RATE_HZ), RATE_HZ // CHORDS_A_SECOND
    sound = np.zeros(size + 2 * RATE_HZ)
    for start in range(0, size, each):
        root = rng.choice(ROOTS_HZ)
        for times in CHORD:
            sound[start : start + RATE_HZ] += _string(round(RATE_HZ / (root * times)), rng)
    return _of_level_1(sound[:size])


MUSIC: dict[str, Callable[[float, np.random.Generator], Float64]] = {"tune": tune, "chords": chords}


def _string(period: int, rng: np.random.Generator) -> Float64:
    """[RATE_HZ] a plucked string: a burst of noise that runs round, averaged each time (Karplus and Strong, 1983)."""
    wave, rounds = rng.uniform(-1.0, 1.0, period), list[Float64]()
    for _ in range(-(-RATE_HZ // period)):
        rounds.append(wave)
        wave = RINGING * 0.5 * (wave + np.roll(wave, 1))
    return np.concatenate(rounds)[:RATE_HZ]


def _of_level_1(sound: Float64) -> Float64:
    return sound / np.sqrt((sound**2).mean())
