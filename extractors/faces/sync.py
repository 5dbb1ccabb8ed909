"""Are sound and picture in time: by how much the voice comes after the mouth that makes it.

The choice of the speaker (`speaker`) allows for a tenth of a second; a file whose streams were cut or coded
apart may be off by more, and then every word is paired with another word's face. So the mouth is compared with the
voice over lags of up to 1.2 s, by three readings of one recording: velocity of the mouth's opening with the rate at
which the level rises, opening with level, and how much the mouth moves with whether somebody speaks. The lag of the
largest sum is the offset; it counts only if the match is good, clearly better than that in time, and alone.

Measured on GRID (`python -m tests.benchmarks speaker`): a clip of 3 s is short for this, so some shifts are missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from extractors.faces.motion import reach_of, slopes, velocities
from extractors.faces.speaker import REACH_S, STILL_PER_S, syllable_level
from extractors.faces.tracks import Spanned, span_of
from pipeline.media.speech import SpeechEnvelope

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

STEP_S = 0.02
MOST_PLACES = 2**16
"""Frames times lags that are looked at together: what takes memory does not grow with the clip."""
BUSY_REACH_S = 0.1
STILL = 0.02
"""Opening of a still mouth's landmark noise, face sizes."""
OTHER_READINGS = 0.5
"""Weight of opening and business beside velocity."""


class SyncConfig(BaseModel):
    """When sound and picture count as out of time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reach_s: float = Field(default=1.2, gt=0.2)
    """Largest offset looked for, to either side."""
    in_time_s: float = Field(default=0.13, gt=0)
    """Offsets up to this are in time: films are seldom exact, and mouths move before they sound."""
    least_match: float = Field(default=0.8, ge=0, le=2)
    """Sum of the readings (at most 2) that an offset must reach."""
    least_gain: float = Field(default=0.1, ge=0)
    """By how much it must match better than the best in time, and than any lag 0.3 s and more away."""
    least_frames: int = Field(default=25, ge=5)
    """Frames with the face and with sound, below which a lag is not looked at."""


@dataclass(frozen=True, slots=True)
class Sync:
    """How sound and picture stand to each other."""

    offset_s: float
    """Delay of the sound behind the mouth at the best lag; negative: the sound comes first."""
    match: float
    """Sum of the readings there, at most 2."""
    gain: float
    """Over the best match in time; 0 if the best is in time."""
    out_of_time: bool
    """The offset counts."""


def find_offset(
    openings: Sequence[Float64 | Spanned],
    present: Sequence[Bool | Spanned],
    times_s: Float64,
    speech: SpeechEnvelope,
    config: SyncConfig,
) -> Sync | None:
    """Return the offset of the face that matches best; None if too few frames decide.

    Parameters
    ----------
    openings : sequence of ndarray [shape=(T,)]
        Mouth height of every track, face sizes.
    present : sequence of ndarray of bool [shape=(T,)]
    times_s : ndarray [shape=(T,)]
        Frame times on the clock of ``speech``.
    speech : SpeechEnvelope
    config : SyncConfig
    """
    if len(times_s) < config.least_frames or not speech.active.any():
        return None
    steps = round(config.reach_s / STEP_S)
    lags_s = np.arange(-steps, steps + 1, dtype=np.float64) * STEP_S
    voice = _voice_readings(speech)
    found = [
        _judged(lags_s, _matches(opening, seen, times_s, speech.times_s, voice, lags_s, config), config)
        for opening, seen in zip(openings, present, strict=True)
    ]
    return max((sync for sync in found if sync is not None), key=lambda sync: sync.match, default=None)


def _voice_readings(speech: SpeechEnvelope) -> Float64:
    """[3, voice frames] rate of the level, level, whether somebody speaks."""
    level = syllable_level(speech)
    rising, _ = velocities(level[:, None], np.ones(len(level), bool), speech.times_s, reach_s=REACH_S)
    return np.stack([rising[:, 0], level, speech.active.astype(np.float64)])


def _matches(
    opening: Float64 | Spanned,
    seen: Bool | Spanned,
    times_s: Float64,
    voice_s: Float64,
    voice: Float64,
    lags_s: Float64,
    config: SyncConfig,
) -> Float64:
    """[lags] sum of the readings at every lag; NaN where too few frames are heard."""
    # Of the stretch in which the face was seen: a film has many faces, each for seconds.
    here = span_of(seen)
    reach_s, busy_reach_s = reach_of(times_s, REACH_S), reach_of(times_s, BUSY_REACH_S)
    opening, seen, times_s = opening[here], seen[here], times_s[here]
    moving, known = slopes(opening[:, None], seen, times_s, reach_s)
    busy, _ = slopes(opening[:, None], seen, times_s, busy_reach_s)
    mouth = ((moving[:, 0], STILL_PER_S, 1.0), (opening, STILL, OTHER_READINGS),
             (np.abs(busy[:, 0]), STILL_PER_S, OTHER_READINGS))  # fmt: skip
    matches = np.full(len(lags_s), np.nan)
    at_once = max(1, MOST_PLACES // len(times_s))
    for first in range(0, len(lags_s), at_once):
        some = slice(first, first + at_once)
        heard_s = times_s + lags_s[some, None]
        both = known & (heard_s >= voice_s[0]) & (heard_s <= voice_s[-1])
        found = sum(
            weight * _correlations(reading, np.interp(heard_s, voice_s, heard), both, noise)
            for (reading, noise, weight), heard in zip(mouth, voice, strict=True)
        )
        matches[some] = np.where(both.sum(axis=1) >= config.least_frames, found, np.nan)
    return matches


def _correlations(mouth: Float64, voice: Float64, both: Bool, noise: float) -> Float64:
    """[lags] from -1 to 1, over the frames that count; damped where the mouth moves no more than its noise.

    ``mouth`` [T], ``voice`` and ``both`` [lags, T].
    """
    count = np.maximum(both.sum(axis=1), 1)

    def centred(values: Float64) -> Float64:
        mean = np.where(both, values, 0.0).sum(axis=1) / count
        return np.where(both, values - mean[:, None], 0.0)

    mouth, voice = centred(mouth), centred(voice)
    deviation = np.sqrt((voice**2).sum(axis=1) / count)
    sounds = deviation >= 1e-9
    found = (mouth * voice).sum(axis=1) / count / np.where(sounds, deviation, 1.0)
    return np.where(sounds, found / (np.sqrt((mouth**2).sum(axis=1) / count) + noise), 0.0)


def _judged(lags_s: Float64, matches: Float64, config: SyncConfig) -> Sync | None:
    if not np.isfinite(matches).any():
        return None
    known = np.where(np.isfinite(matches), matches, -np.inf)
    best = int(known.argmax())
    offset_s, match = float(lags_s[best]), float(known[best])
    in_time = float(known[np.abs(lags_s) <= config.in_time_s].max())
    elsewhere = float(np.where(np.abs(lags_s - offset_s) > 0.3, known, -np.inf).max(initial=-np.inf))
    gain = match - in_time if np.isfinite(in_time) else 0.0
    out_of_time = (
        abs(offset_s) > config.in_time_s
        and match >= config.least_match
        and gain >= config.least_gain
        and match - elsewhere >= config.least_gain
    )
    return Sync(round(offset_s, 2), match, gain, out_of_time)
