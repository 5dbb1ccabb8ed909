"""Pitch: periods found in the autocorrelation of the shared spectrogram, and the path through them.

References
----------
Boersma, P. (1993). Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
ratio of a sampled sound. Proceedings of the Institute of Phonetic Sciences 17, 97-110.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import HOP_S, RATE_HZ, AudioConfig
from extractors.voice.filterbank import band
from extractors.voice.spectrogram import frequencies_hz
from pipeline.room import in_blocks, picked

CANDIDATES = 6
PITCH_BAND_HZ = (50.0, 1200.0, 2400.0)
"""Harmonics count in full from the first to the second frequency, less and less up to the third: higher
formants make the peaks of the autocorrelation narrow, and noise lives there. The lower edge is sharp: a
slope across a fundamental would pull the pitch towards its upper side."""
HUM_FREE_HZ = 150.0
"""How loud a frame is, is measured above: hum is periodic, too, but voices have overtones."""
LEAST_STRENGTH = 0.2
"""Weaker peaks are no candidates."""
VOICING_STRENGTH = 0.45
"""A frame is voiced rather than unvoiced from this autocorrelation on (Boersma's default)."""
OCTAVE_COST = 0.03
"""For every octave down, so that of a period and its multiples the shortest wins. Boersma's 0.01 let noise decide:
at 10 dB 14 % of the frames of synthetic voices fell an octave or two, with 0.03 0.2 %; 0.05 begins to jump up."""
MIDDLE_PITCH_HZ = 200.0
"""Where that cost is 0: it chooses between candidates and should not make low voices voiceless."""
OCTAVE_JUMP_COST = 0.35
VOICING_CHANGE_COST = 0.14
"""Both for every 10 ms; Boersma's defaults."""
SILENCE_DEPTH_DB = 25.0
"""Further than this under the loud parts of the clip, voicing has to be ever clearer."""
MIN_VOICED_S = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class PitchCandidates:
    """What the autocorrelation of each frame offers; ``K`` candidates, strength 0 where there are fewer."""

    lag_samples: NDArray[np.float32]
    """[shape=(T, K)] period, in samples with their fractions."""
    strength: NDArray[np.float32]
    """[shape=(T, K)] autocorrelation at that lag, 0 to 1."""
    level_db: NDArray[np.float32]
    """[shape=(T,)] power of the pitch band, dB."""


@dataclass(frozen=True, slots=True, eq=False)
class Pitch:
    """The pitch contour of a clip."""

    frequency_hz: NDArray[np.float32]
    """[shape=(T,)] fundamental frequency, 0 in unvoiced frames."""
    voicing: NDArray[np.float32]
    """[shape=(T,)] autocorrelation at the best lag, 0 (noise) to 1 (exactly periodic)."""

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """[shape=(T,)] True where there is a pitch."""
        return np.asarray(self.frequency_hz > 0)


def pitch_candidates(power: NDArray[np.float32], config: AudioConfig) -> PitchCandidates:
    """Return the strongest periods of every frame.

    The autocorrelation of a windowed frame over that of the window is the autocorrelation of the sound
    (Boersma 1993); both are inverse transforms of power spectra.

    Parameters
    ----------
    power : ndarray [shape=(T, F)]
    config : AudioConfig
    """
    weights = _band_weights(config)
    used = int(np.flatnonzero(weights)[-1]) + 1
    weighted = np.asarray(power[:, :used] * weights[:used], dtype=np.float32)
    total = weighted[:, band(HUM_FREE_HZ, RATE_HZ, config)].sum(axis=1)
    shortest = int(RATE_HZ / config.pitch_high_hz)
    longest = int(np.ceil(RATE_HZ / config.pitch_low_hz))
    correlation = np.fft.irfft(weighted, config.fft_samples, axis=1)[:, : longest + 2].astype(np.float32)
    correlation /= np.maximum(correlation[:, :1], np.finfo(np.float32).tiny)
    correlation /= window_correlation(np.arange(longest + 2), config)
    lag, strength = _peaks(correlation, shortest, longest)
    level_db = 10.0 * np.log10(np.maximum(total, 1e-10))
    return PitchCandidates(lag, strength, level_db.astype(np.float32))


def window_correlation(lag_samples: NDArray[np.number], config: AudioConfig) -> NDArray[np.float32]:
    """Return the autocorrelation of the Hann window at (fractional) lags, 1 at lag 0 (Boersma 1993, eq. 8)."""
    share = np.minimum(np.abs(lag_samples) / config.window_samples, 1.0)
    angle = 2.0 * np.pi * share
    value = (1.0 - share) * (2.0 / 3.0 + np.cos(angle) / 3.0) + np.sin(angle) / (2.0 * np.pi)
    return np.asarray(value, dtype=np.float32)


def _band_weights(config: AudioConfig) -> NDArray[np.float32]:
    """[F] 1 in the pitch band, falling as a cosine above it."""
    low, full, end = PITCH_BAND_HZ
    hz = frequencies_hz(config)
    fall = 0.5 + 0.5 * np.cos(np.pi * np.clip((hz - full) / (end - full), 0.0, 1.0))
    return np.asarray(np.where(hz >= low, fall, 0.0), dtype=np.float32)


def _peaks(
    correlation: NDArray[np.float32], shortest: int, longest: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """[T, K] lags and heights of the highest peaks, by the parabola through three values."""
    middle = correlation[:, shortest : longest + 1]
    left, right = correlation[:, shortest - 1 : longest], correlation[:, shortest + 1 : longest + 2]
    is_peak = (middle > left) & (middle >= right) & (middle > LEAST_STRENGTH)
    # Octave cost decides which peaks are kept, too, or multiples of a short period would crowd it out.
    lags = np.arange(shortest, longest + 1, dtype=np.float32)
    rank = np.where(is_peak, middle - OCTAVE_COST * np.log2(lags), -np.inf)
    best = np.argpartition(-rank, CANDIDATES - 1, axis=1)[:, :CANDIDATES]
    centre = np.take_along_axis(middle, best, axis=1)
    before = np.take_along_axis(left, best, axis=1)
    after = np.take_along_axis(right, best, axis=1)
    bend = np.minimum(before - 2.0 * centre + after, -1e-9)
    shift = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    height = np.clip(centre - 0.25 * (before - after) * shift, 0.0, 1.0)
    found = np.take_along_axis(is_peak, best, axis=1)
    lag = np.where(found, lags[best] + shift, np.float32(1.0))
    return lag.astype(np.float32), np.where(found, height, 0.0).astype(np.float32)


def pitch_path(candidates: PitchCandidates, peak_db: NDArray[np.float64], config: AudioConfig) -> Pitch:
    """Return the most plausible path through the candidates (Viterbi; Boersma 1993, section 3).

    Parameters
    ----------
    candidates : PitchCandidates
    peak_db : ndarray [shape=(T,)]
        Level of the loud parts around each frame, dB.
    config : AudioConfig
    """
    frames = candidates.level_db.size
    if frames == 0:
        return Pitch(np.zeros(0, np.float32), np.zeros(0, np.float32))
    states = _best_path(candidates, peak_db)
    voiced = states < CANDIDATES
    voiced &= _long_enough(voiced, round(MIN_VOICED_S / HOP_S))
    chosen = np.where(voiced, states, 0)
    frequency = np.where(voiced, RATE_HZ / picked(candidates.lag_samples, chosen), 0.0)
    strongest = np.empty(frames, np.float32)
    for part in in_blocks(candidates.strength):
        strongest[part] = candidates.strength[part].max(axis=1)
    voicing = np.where(voiced, picked(candidates.strength, chosen), strongest)
    return Pitch(frequency.astype(np.float32), voicing.astype(np.float32))


def _local_scores(
    candidates: PitchCandidates, peak_db: NDArray[np.float64], frames: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[T, K + 1] score of each state (the last: unvoiced) and [T, K] pitch in octaves, of some frames."""
    strength = candidates.strength[frames]
    found = strength > 0
    log_hz = np.log2(RATE_HZ / candidates.lag_samples[frames].astype(np.float64))
    voiced = strength + OCTAVE_COST * (log_hz - np.log2(MIDDLE_PITCH_HZ))
    depth_db = peak_db[frames] - candidates.level_db[frames]
    unvoiced = VOICING_STRENGTH + np.clip((depth_db - SILENCE_DEPTH_DB) / 20.0, 0.0, 1.0)
    scores = np.concatenate([np.where(found, voiced, -1e3), unvoiced[:, None]], axis=1)
    return scores, log_hz


def _best_path(candidates: PitchCandidates, peak_db: NDArray[np.float64]) -> NDArray[np.intp]:
    """[T] the state in each frame on the path of the highest summed score; scores are made block by block."""
    frames, width = peak_db.size, CANDIDATES + 1
    back = np.zeros((frames, width), np.int8)
    change = np.full((width, width), VOICING_CHANGE_COST)
    change[-1, -1] = 0.0
    columns = np.arange(width)
    best, before = np.zeros(0), np.zeros(0)
    for part in in_blocks(candidates.lag_samples, candidates.strength):
        scores, log_hz = _local_scores(candidates, peak_db, part)
        start = part.start
        for row in range(len(scores)):
            if start + row == 0:
                best = scores[0]
            else:
                change[:-1, :-1] = OCTAVE_JUMP_COST * np.abs(before[:, None] - log_hz[row])
                reach = best[:, None] - change
                back[start + row] = reach.argmax(axis=0)
                best = reach[back[start + row], columns] + scores[row]
            before = log_hz[row]
    path = np.empty(frames, np.intp)
    path[-1] = int(best.argmax())
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path


def _long_enough(voiced: NDArray[np.bool_], min_frames: int) -> NDArray[np.bool_]:
    """[T] True in runs of voiced frames that last."""
    steps = np.diff(np.concatenate([[0], voiced.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    kept = np.zeros(voiced.size, bool)
    for start, stop in zip(starts, stops, strict=True):
        kept[start:stop] = stop - start >= min_frames
    return kept
