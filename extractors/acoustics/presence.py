"""Evidence of speech in each frame from level alone, to hold the acoustic model to what can be heard.

An acoustic model scores spectra; that a stop closure may not last half a second of silence, and that a pause is
not as loud as speech, it hardly knows. Here the level above the background, in the bands where it stands out
most, is compared with what it was in the pauses and in the words of a first alignment.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

LOUDEST_BANDS = 5
"""Of the 25: a vowel fills about ten, a fricative five."""
BACKGROUND_PERCENTILE = 15.0
SMOOTHING_FRAMES = 3
CLOSURE_FRAMES = 4
"""A frame this near to a louder one may be a closure or a weak consonant of the same word."""
LEAST_SPREAD_DB = 1.5
SPEECH_SPREAD_DB = 3.0
QUIET_SHARE = 0.03
"""Share of quiet frames inside words (closures)."""
BURST_SHARE = 0.05
"""Share of bursts (a click, a breath) inside pauses, 8 dB above them and wide."""
BURST_DB = 8.0
NOISY_BURST_PERCENTILE, NOISY_BURST_REACH = 95.0, 1.3
MOST_BURST_SHARE = 0.5
MOST_IN_NOISE = 1.5
"""Nats by which a frame of a noisy recording may speak for words: babble is as loud as weak sounds are."""
_DB_PER_NAT = 10.0 / np.log(10.0)


def standing_out_db(mel: Float) -> Float64:
    """[T, 25] log mel power -> [T] level of the five loudest bands above their background, in dB."""
    level = _smoothed(mel.astype(np.float64) * _DB_PER_NAT, SMOOTHING_FRAMES)
    above = level - np.percentile(level, BACKGROUND_PERCENTILE, axis=0)
    return np.asarray(np.sort(above, axis=1)[:, -LOUDEST_BANDS:].mean(axis=1))


def two_levels(level_db: Float64) -> tuple[float, float]:
    """Return the lower and the upper centre of a mixture of two Gaussians fitted to the levels."""
    centres = np.percentile(level_db, (20, 90))
    spreads = np.full(2, max(LEAST_SPREAD_DB, float(np.diff(centres)[0]) / 4))
    shares = np.array([0.5, 0.5])
    for _ in range(30):
        logs = np.log(shares)[:, None] + _gauss(level_db, centres[:, None], spreads[:, None])
        belongs = np.exp(logs - np.logaddexp(logs[0], logs[1]))
        mass = belongs.sum(axis=1) + 1e-6
        centres = (belongs * level_db).sum(axis=1) / mass
        spread = np.sqrt((belongs * (level_db - centres[:, None]) ** 2).sum(axis=1) / mass)
        spreads = np.maximum(LEAST_SPREAD_DB, spread)
        shares = np.clip(mass / mass.sum(), 0.1, 0.9)
    return float(centres.min()), float(centres.max())


def speech_evidence(
    level_db: Float64, pauses: Mask, words: Mask, noisy: bool = False, percentile: float = 50.0
) -> Float64:
    """Return the log likelihood ratio of speech against pause for each frame.

    Parameters
    ----------
    level_db : ndarray [shape=(T,)]
        From `standing_out_db`.
    pauses, words : ndarray [shape=(T,)]
        Frames that a first alignment put inside pauses, away from words, and inside words.
    noisy : bool
        Whether noise covers parts of the words: then the loudest of it is learned from the pauses, too.
    percentile : float
        Of the levels in the pauses, that a pause is expected to have; below 50, breath in them counts for less.

    Returns
    -------
    ndarray [shape=(T,)]
        Positive where it is too loud for a pause; negative where it is too quiet for speech and no louder frame
        is near.
    """
    quiet = level_db[pauses] if pauses.sum() >= 15 else np.sort(level_db)[: max(15, level_db.size // 7)]
    pause_centre = float(np.percentile(quiet, percentile))
    pause_spread = max(LEAST_SPREAD_DB, 1.4826 * float(np.median(np.abs(quiet - pause_centre))))
    loud = level_db[words]
    clear = loud[loud > pause_centre + pause_spread]
    loud = clear if clear.size > 10 else loud
    burst_db, share = BURST_DB, BURST_SHARE
    if noisy:
        reach_db = float(np.percentile(quiet, NOISY_BURST_PERCENTILE)) - pause_centre
        burst_db = max(burst_db, reach_db / NOISY_BURST_REACH)
        share = float(np.clip(np.mean(quiet > pause_centre + 3 * pause_spread), share, MOST_BURST_SHARE))
    pause = np.logaddexp(
        np.log(1.0 - share) + _gauss(level_db, pause_centre, pause_spread),
        np.log(share) + _gauss(level_db, pause_centre + burst_db, burst_db),
    )
    voice = _gauss(level_db, float(np.median(loud)), max(SPEECH_SPREAD_DB, float(loud.std())))
    ratio = np.logaddexp(np.log(QUIET_SHARE) + pause, np.log(1.0 - QUIET_SHARE) + voice) - pause
    if noisy:
        ratio = np.minimum(ratio, MOST_IN_NOISE)
    near = _widest(ratio, CLOSURE_FRAMES)
    return np.asarray(np.where(near < 0.0, near, np.maximum(ratio, 0.0)))


def _gauss(values: Float64, centre: Float64 | float, spread: Float64 | float) -> Float64:
    return np.asarray(-0.5 * ((values - centre) / spread) ** 2 - np.log(spread) - 0.5 * np.log(2.0 * np.pi))


def _smoothed(values: Float64, frames: int) -> Float64:
    """[T, D] running mean over an odd number of frames; the edges repeat."""
    half = frames // 2
    padded = np.pad(values, ((half, half), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, frames, axis=0).mean(axis=-1))


def _widest(values: Float64, reach: int) -> Float64:
    """[T] the largest value within ``reach`` frames."""
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=-1))
