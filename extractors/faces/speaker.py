"""Who speaks: the face whose mouth opens when the voice rises.

A mouth that talks opens and closes with the syllables, so the velocity of its opening goes with the rate at
which the level of the voice rises and falls. Both are taken by the same local linear fit (`motion`) and
correlated at a few small lags, because sound and picture are seldom exact. Velocities tell faces apart better
than the openings themselves: of two GRID faces side by side, both talking, one of them to the voice (220 pairs,
either voice), velocities choose the right one in 97 %, openings in 87 %, and motion alone cannot.

A long clip is cut into windows of some seconds, so that speakers may take turns; changing the speaker costs
something, so that they do not flicker (Viterbi's algorithm over windows and faces).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from extractors.faces.motion import velocities
from extractors.faces.tracks import Spanned
from pipeline.media.speech import SpeechEnvelope

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

REACH_S = 0.06
"""Of the local fit on either side: shorter than the columns', for the correlation averages noise by itself."""
LEVEL_RANGE_DB = 40.0
"""What lies further below the loud parts is background, not syllables."""
SMOOTHING_S = 0.06
STILL_PER_S = 0.08
"""Velocity of a still mouth's landmark noise, in face sizes a second; a talking one's is 0.3 to 0.7."""


class SpeakerConfig(BaseModel):
    """How the speaker's face is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lags_s: tuple[float, ...] = (-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.08, 0.10)
    """Delays of the sound behind the mouth that count as together."""
    lag_cost_per_s: float = Field(default=2.0, ge=0)
    """Correlation that a lag must gain to be preferred, per second of it: most clips are in time."""
    min_frames: int = Field(default=12, ge=3)
    """Fewer frames with a face and sound decide nothing."""
    window_s: float = Field(default=5.0, gt=0)
    """A clip of under twice this has one speaker; a longer one is decided in windows of about this length."""
    switch_cost: float = Field(default=0.3, ge=0)
    """Match that another face must gain before the speaker changes between windows."""
    off_screen_below: float = Field(default=0.25, ge=-1, le=1)
    """Best match under which nobody in the picture speaks."""
    clear_speech_s: float = Field(default=0.6, ge=0)
    """Seconds of speech in the clip without which `off_screen_speaker` is not decided."""
    clear_speech_db: float = Field(default=8.0, ge=0)
    """Level of speech over the pauses without which it is not decided either."""


@dataclass(frozen=True, slots=True)
class Match:
    """How well a mouth goes with a voice."""

    correlation: float
    """-1 to 1, at the best lag; damped where the mouth hardly moves."""
    lag_s: float
    """Delay of the sound behind the mouth at which it is best."""
    score: float
    """The correlation less the cost of the lag: what faces are compared by."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeakerChoice:
    """Who speaks when, and how sure that is."""

    track: NDArray[np.int64]
    """[shape=(T,)] index into the tracks given, for every frame."""
    match: float | None
    """Mean score of the chosen faces over the windows; None where no speech or too few frames decide."""
    margin: float | None
    """By how much they match better than the best of the others; None where there is no other face."""
    lag_s: float | None
    """Delay of the sound behind the mouth in the window that matches best."""
    off_screen: bool
    """Speech is clear and no mouth moves with it."""


def choose_speaker(
    openings: Sequence[Float64 | Spanned],
    present: Sequence[Bool | Spanned],
    times_s: Float64,
    speech: SpeechEnvelope | None,
    config: SpeakerConfig,
) -> SpeakerChoice:
    """Choose the speaking face for every frame.

    Parameters
    ----------
    openings : sequence of ndarray [shape=(T,)]
        Mouth height of each track, in face sizes; the most prominent track first. It is chosen where nothing
        decides.
    present : sequence of ndarray of bool [shape=(T,)]
        Where each track's face was seen.
    times_s : ndarray [shape=(T,)]
        Frame times on the clock of ``speech``.
    speech : SpeechEnvelope or None
    """
    undecided = SpeakerChoice(np.zeros(len(times_s), np.int64), None, None, None, off_screen=False)
    if speech is None or not speech.active.any() or not openings or len(times_s) == 0:
        return undecided
    windows = _windows(times_s, config.window_s)
    scores, lags_s = _matches(windows, openings, present, times_s, speech, config)
    decided = np.isfinite(scores).any(axis=1)
    if not decided.any():
        return undecided
    # A face that is seen for a part of a window only speaks for that part.
    shares = np.array([[seen[window].mean() for seen in present] for window in windows])
    weighted = np.nan_to_num(scores) * shares
    path = _best_path(weighted, config.switch_cost)
    track = np.zeros(len(times_s), np.int64)
    for window, number in zip(windows, path, strict=True):
        track[window] = number
    chosen = scores[np.arange(len(path)), path]
    match = float(np.nanmean(chosen)) if np.isfinite(chosen).any() else None
    return SpeakerChoice(
        track,
        match=match,
        margin=_margin(weighted[decided], path[decided]) if len(openings) > 1 else None,
        lag_s=None if match is None else float(lags_s[np.nanargmax(chosen), path[np.nanargmax(chosen)]]),
        off_screen=match is not None and match < config.off_screen_below and _is_clear(speech, config),
    )


def mouth_voice_match(
    opening: Float64, present: Bool, times_s: Float64, speech: SpeechEnvelope, config: SpeakerConfig
) -> Match | None:
    """Return how well one mouth goes with the voice over the whole clip; None if too few frames decide.

    With ``lags_s`` of a second and more to both sides this finds how far sound and picture are apart.
    """
    return _match(opening, present, times_s, speech.times_s, syllable_level(speech), config)


def _matches(
    windows: Sequence[slice],
    openings: Sequence[Float64 | Spanned],
    present: Sequence[Bool | Spanned],
    times_s: Float64,
    speech: SpeechEnvelope,
    config: SpeakerConfig,
) -> tuple[Float64, Float64]:
    """[windows, tracks] score and lag of every face in every window; NaN where nothing decides."""
    voice = syllable_level(speech)
    spoken = np.interp(times_s, speech.times_s, speech.active.astype(np.float64)) > 0.5
    scores, lags_s = np.full((2, len(windows), len(openings)), np.nan)
    for row, window in enumerate(windows):
        if 2 * spoken[window].sum() < config.min_frames:
            continue
        for column, (opening, seen) in enumerate(zip(openings, present, strict=True)):
            if seen[window].sum() < config.min_frames:
                continue  # nothing of this face can decide here: a film has many
            # Cut to the window: a long clip has many windows.
            match = _match(opening[window], seen[window], times_s[window], speech.times_s, voice, config)
            if match is not None:
                scores[row, column], lags_s[row, column] = match.score, match.lag_s
    return scores, lags_s


def _match(
    opening: Float64, present: Bool, times_s: Float64, voice_times_s: Float64, voice: Float64, config: SpeakerConfig
) -> Match | None:
    """Correlate the mouth's velocity with the voice's at every lag and return the best."""
    moving, known = velocities(opening[:, None], present, times_s, reach_s=REACH_S)
    best: Match | None = None
    for lag_s in config.lags_s:
        heard_at = times_s + lag_s
        heard = (heard_at >= voice_times_s[0]) & (heard_at <= voice_times_s[-1])
        level = np.interp(heard_at, voice_times_s, voice)
        rising, risen = velocities(level[:, None], present & heard, times_s, reach_s=REACH_S)
        both = known & risen
        if both.sum() < config.min_frames:
            continue
        correlation = _damped_correlation(moving[both, 0], rising[both, 0])
        score = correlation - config.lag_cost_per_s * abs(lag_s)
        if best is None or score > best.score:
            best = Match(correlation, lag_s, score)
    return best


def _damped_correlation(mouth: Float64, voice: Float64) -> float:
    mouth, voice = mouth - mouth.mean(), voice - voice.mean()
    deviation = float(np.sqrt((voice**2).mean()))
    if deviation < 1e-9:
        return 0.0
    return float((mouth * voice).mean()) / deviation / (float(np.sqrt((mouth**2).mean())) + STILL_PER_S)


def syllable_level(speech: SpeechEnvelope) -> Float64:
    """[voice frames] level of the voice in dB, without its background, smoothed over 60 ms."""
    level = speech.level_db.astype(np.float64)
    level = np.maximum(level, np.percentile(level, 98) - LEVEL_RANGE_DB)
    step_s = float(speech.times_s[1] - speech.times_s[0]) if len(level) > 1 else SMOOTHING_S
    reach = max(1, round(SMOOTHING_S / step_s))
    weights = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(level, reach, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid")


def _windows(times_s: Float64, window_s: float) -> list[slice]:
    """Cut the clip into equal windows of about ``window_s``: the frames of each that has any."""
    span_s = float(times_s[-1] - times_s[0])
    count = max(1, int(span_s / window_s)) if span_s >= 2 * window_s else 1
    number = np.minimum(((times_s - times_s[0]) / max(span_s, 1e-9) * count).astype(np.int64), count - 1)
    edges = [*np.flatnonzero(np.diff(number, prepend=-1)).tolist(), len(number)]
    return [slice(first, end) for first, end in pairwise(edges)]


def _best_path(scores: Float64, switch_cost: float) -> NDArray[np.int64]:
    """Return the track of every window that gathers most match, less the cost of every change."""
    total, came_from = scores[0].copy(), []
    for row in scores[1:]:
        stay, change = total, total.max() - switch_cost
        came_from.append(np.where(stay >= change, np.arange(len(row)), int(total.argmax())))
        total = np.maximum(stay, change) + row
    path = [int(total.argmax())]
    for previous in reversed(came_from):
        path.append(int(previous[path[-1]]))
    return np.array(path[::-1], np.int64)


def _margin(scores: Float64, path: NDArray[np.int64]) -> float:
    """Return by how much the chosen faces score over the best of the others, mean over windows."""
    rows = np.arange(len(path))
    others = scores.copy()
    others[rows, path] = -np.inf
    return float(np.mean(scores[rows, path] - others.max(axis=1)))


def _is_clear(speech: SpeechEnvelope, config: SpeakerConfig) -> bool:
    """Tell whether there is enough speech, loud enough over the rest, to miss the mouth that makes it."""
    step_s = float(speech.times_s[1] - speech.times_s[0]) if len(speech.times_s) > 1 else 0.0
    if speech.active.sum() * step_s < config.clear_speech_s:
        return False
    if speech.active.all():
        return True
    pauses = float(np.median(speech.level_db[~speech.active]))
    return float(np.median(speech.level_db[speech.active])) - pauses >= config.clear_speech_db
