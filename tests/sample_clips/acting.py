"""Acting: what a face does while a sentence is said, and while it is listened to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.sample_clips.head import Expression, Pose
from tests.sample_clips.voice import LEAD_S, TAIL_S, Speech

Times = NDArray[np.float64]
STRONGEST = 2.8
"""Label at which a feeling shows in full."""
BLINK_S = 0.24


def speaking(speech: Speech, label: float, times_s: Times, rng: np.random.Generator) -> list[tuple[Expression, Pose]]:
    """Return what the speaker's face does at each time: the mouth follows the voice, the rest the feeling."""
    opening, spread = speech.opening(times_s), speech.spread(times_s)
    feeling = label / STRONGEST * _rise(times_s, LEAD_S * 0.5, 0.9)
    after = _rise(times_s, speech.duration_s - TAIL_S, 0.4)
    smile = feeling * (0.55 + 0.35 * after) * (1 - 0.35 * opening)
    brow = np.where(feeling > 0, 0.35, 0.9) * feeling + 0.12 * opening
    return _moments(
        opening * 0.8, (2 * spread - 1) * np.minimum(1, 2 * opening), smile, brow, times_s, rng, nod=2.2 * opening
    )


def listening(label: float, times_s: Times, rng: np.random.Generator) -> list[tuple[Expression, Pose]]:
    """Return what a listener's face does: the mouth stays shut, a little of the feeling shows late."""
    feeling = 0.4 * label / STRONGEST * _rise(times_s, 1.5, 1.5)
    still = np.zeros_like(times_s)
    return _moments(
        still, still, feeling, 0.3 * feeling, times_s, rng, nod=2 * np.sin(2 * np.pi * 0.8 * times_s) * feeling
    )


def _moments(
    jaw: Times, spread: Times, smile: Times, brow: Times, times_s: Times, rng: np.random.Generator, nod: Times
) -> list[tuple[Expression, Pose]]:
    blink = _blinks(times_s, rng)
    gaze = _wander(times_s, rng, (0.11, 0.23), 0.03), _wander(times_s, rng, (0.13, 0.19), 0.012)
    yaw, roll = _wander(times_s, rng, (0.17, 0.41), 5.0), _wander(times_s, rng, (0.12, 0.33), 2.0)
    pitch = _wander(times_s, rng, (0.21, 0.52), 2.0) + nod
    x, y = _wander(times_s, rng, (0.15, 0.27), 4.0), _wander(times_s, rng, (0.19, 0.31), 2.5)
    return [
        (
            Expression(jaw[i], spread[i], smile[i], brow[i], blink[i], (gaze[0][i], gaze[1][i])),
            Pose(yaw[i], pitch[i], roll[i], x[i], y[i]),
        )
        for i in range(len(times_s))
    ]


def _rise(times_s: Times, start_s: float, length_s: float) -> Times:
    share = np.clip((times_s - start_s) / length_s, 0, 1)
    return share * share * (3 - 2 * share)


def _wander(times_s: Times, rng: np.random.Generator, frequencies_hz: Sequence[float], size: float) -> Times:
    """A slow motion to and fro: one wave for each frequency, of random phase."""
    waves = [np.sin(2 * np.pi * (hz * times_s + rng.random())) for hz in frequencies_hz]
    return size * np.sum(waves, axis=0) / len(waves)


def _blinks(times_s: Times, rng: np.random.Generator) -> Times:
    shut, at_s = np.zeros_like(times_s), rng.uniform(0.8, 2.0)
    while at_s < times_s[-1]:
        phase = np.clip((times_s - at_s) / BLINK_S, 0, 1)
        shut = np.maximum(shut, np.sin(np.pi * phase) ** 0.7 * (phase < 1))
        at_s += rng.uniform(1.8, 3.6)
    return shut
