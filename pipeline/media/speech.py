"""SpeechEnvelope: how loud the speech band is and where somebody speaks, every 10 ms, from samples alone.

A voice activity decision has to serve three readers: words without an aligner are spread over it, the face
whose mouth moves with it is the speaker, and the signal-to-noise ratio is measured across it. So it is
relative (a gain changes nothing), looks only at the band where speech is strong and hum is not, and follows a
background that changes over minutes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.longsound import Samples

HOP_S = 0.01
WINDOW_S = 0.025
FLOOR_DB = -100.0
"""Level that stands for silence; nothing reads lower."""

BAND_HZ = (250.0, 3800.0)
"""Above hum and traffic, inside what a telephone passes."""
BACKGROUND_SPAN_S = 20.0
"""The background and the peak level are read from this much audio around a frame."""
SMOOTHING_FRAMES = 5
MIN_RANGE_DB = 5.0
"""A stretch whose level varies less holds no speech: syllables alone vary more."""
MIN_RISE_DB = 3.5
"""Speech stands at least this far above its background: five deviations of smoothed white noise."""
RISE_SHARE = 0.35
DEPTH_DB = 35.0
"""What lies further below the loud parts is breath, echo or a neighbour's voice."""
ABSOLUTE_DB = -75.0
"""Below this level a 16 bit file holds its own rounding noise."""
MIN_PAUSE_S = 0.15
"""Shorter holes are stop consonants (closures last up to 0.12 s), not pauses."""
MIN_SPEECH_S = 0.1
"""A click reads 0.07 s long (window and smoothing); the shortest vowels reach 0.1 s with them."""

_BLOCK_FRAMES = 6000


@dataclass(frozen=True, slots=True, eq=False)
class SpeechEnvelope:
    """Level of the speech band and speech activity of one clip, one value every 10 ms."""

    times_s: NDArray[np.float64]
    """[shape=(T,)] centre of each frame, counted from the first sample."""
    level_db: NDArray[np.float32]
    """[shape=(T,)] mean power between 250 and 3800 Hz, dB below a full-scale square wave; never under -100."""
    active: NDArray[np.bool_]
    """[shape=(T,)] True where somebody speaks."""

    def __post_init__(self) -> None:
        if not (self.times_s.shape == self.level_db.shape == self.active.shape):
            raise ValueError(
                f"speech envelope: times {self.times_s.shape}, level {self.level_db.shape} and active "
                f"{self.active.shape} must have one value a frame"
            )

    @property
    def share_active(self) -> float:
        """Share of the frames in which somebody speaks; 0 for an empty clip."""
        return float(self.active.mean()) if self.active.size else 0.0

    def __repr__(self) -> str:
        return f"SpeechEnvelope(T={self.times_s.size}, active={self.share_active:.0%})"


def speech_envelope(samples: Samples, rate_hz: int) -> SpeechEnvelope:
    """Return the level of the speech band and where it rises above its background.

    With ``b`` the 10th and ``p`` the 98th percentile of the smoothed level in the 20 s around a frame, speech
    begins where the level exceeds ``max(b + 3.5 dB, b + 0.35 (p - b), p - 35 dB)`` and reaches as far as it
    stays above the point half way down to the background. Holes under 0.15 s are closed, bursts under 0.1 s
    dropped. A sound that never changes (a tone, a fan) is background. The decision does not depend on gain
    while the samples stay above 16 bit rounding noise.

    Parameters
    ----------
    samples : ndarray or LongSound [shape=(N,)]
        Mono, full scale 1; values that are not finite count as 0.
    rate_hz : int
        At least 8000.

    Returns
    -------
    SpeechEnvelope
        ``max(1, round(N / hop))`` frames; none for an empty signal.

    Raises
    ------
    ValueError
        If ``samples`` is not one channel or the rate is under 8000 Hz.
    """
    if samples.ndim != 1:
        raise ValueError(f"speech envelope wants one channel [N], got {samples.ndim} dimensions")
    if rate_hz < 8000:
        raise ValueError(f"speech envelope wants at least 8000 samples a second, got {rate_hz}")
    level_db = _band_level_db(samples, rate_hz)
    times_s = (np.arange(level_db.size) + 0.5) * round(HOP_S * rate_hz) / rate_hz
    return SpeechEnvelope(times_s, level_db.astype(np.float32), _active(level_db))


def background_and_peak(
    level_db: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the level of the background and of the loud parts around each frame.

    They are the 10th and 98th percentile of 20 s around each second, drawn straight between the seconds.

    Parameters
    ----------
    level_db : ndarray [shape=(T,)]
        One value every 10 ms.

    Returns
    -------
    background_db, peak_db : ndarray [shape=(T,)]
    """
    if level_db.size == 0:
        return np.zeros(0), np.zeros(0)
    half, step = round(BACKGROUND_SPAN_S / 2 / HOP_S), round(1 / HOP_S)
    centres = np.arange(0, level_db.size, step)
    # At the ends the window slides in instead of shrinking: a clip of up to 20 s has one background.
    starts = np.clip(centres - half, 0, max(0, level_db.size - 2 * half))
    levels = np.array([np.percentile(level_db[start : start + 2 * half], (10, 98)) for start in starts])
    frames = np.arange(level_db.size)
    return np.interp(frames, centres, levels[:, 0]), np.interp(frames, centres, levels[:, 1])


def _band_level_db(samples: Samples, rate_hz: int) -> NDArray[np.float64]:
    """[T] level of the speech band; blocks of a minute keep memory bounded."""
    hop, width = round(HOP_S * rate_hz), round(WINDOW_S * rate_hz)
    if samples.size == 0:
        return np.zeros(0)
    frames = max(1, round(samples.size / hop))
    window = np.hanning(width + 2)[1:-1].astype(np.float32)
    fft_size = 1 << (width - 1).bit_length()
    frequencies_hz = np.fft.rfftfreq(fft_size, 1 / rate_hz)
    band = (frequencies_hz >= BAND_HZ[0]) & (frequencies_hz <= BAND_HZ[1])
    # Parseval: both halves of the spectrum, over the energy of the window, give the mean square in the band.
    scale = 2.0 / (fft_size * float(np.sum(window**2)))
    power = np.empty(frames)
    # Frame t is centred on sample (t + 0.5) hop; zeros stand before the first and after the last sample.
    before = width // 2 - hop // 2
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        piece = _cut(samples, start * hop - before, (stop - 1) * hop - before + width)
        framed = np.lib.stride_tricks.sliding_window_view(piece, width)[::hop]
        spectrum = np.fft.rfft(framed * window, fft_size, axis=1)[:, band]
        power[start:stop] = scale * np.sum(spectrum.real**2 + spectrum.imag**2, axis=1, dtype=np.float64)
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0))))


def _cut(samples: Samples, start: int, stop: int) -> NDArray[np.float32]:
    """[stop - start] samples, zeros where the signal does not reach and where it is not finite."""
    piece = np.zeros(stop - start, np.float32)
    first, last = max(start, 0), min(stop, samples.size)
    if last > first:
        piece[first - start : last - start] = np.nan_to_num(samples[first:last], nan=0.0, posinf=0.0, neginf=0.0)
    return piece


def _active(level_db: NDArray[np.float64]) -> NDArray[np.bool_]:
    """[T] decide speech from the level."""
    if level_db.size == 0:
        return np.zeros(0, bool)
    smooth = _smoothed(level_db)
    background, peak = background_and_peak(smooth)
    span = peak - background
    rise = np.maximum(np.maximum(MIN_RISE_DB, RISE_SHARE * span), span - DEPTH_DB)
    speech_like = (span >= MIN_RANGE_DB) & (smooth > ABSOLUTE_DB)
    sure = speech_like & (smooth > background + rise)
    possible = speech_like & (smooth > background + rise / 2)
    active = _runs_holding(possible, sure)
    active = ~_without_short_runs(~active, round(MIN_PAUSE_S / HOP_S), keep_edges=True)
    return _without_short_runs(active, round(MIN_SPEECH_S / HOP_S), keep_edges=False)


def _smoothed(level_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """[T] running mean of the level over 50 ms; the edges repeat."""
    half = SMOOTHING_FRAMES // 2
    padded = np.pad(level_db, half, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, SMOOTHING_FRAMES).mean(axis=1))


def _run_edges(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first and past-the-last index of every run of True."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _runs_holding(possible: NDArray[np.bool_], sure: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[T] the runs of ``possible`` in which at least one frame is ``sure``."""
    starts, stops = _run_edges(possible)
    count = np.concatenate([[0], np.cumsum(sure)])
    kept = count[stops] > count[starts]
    return _painted(possible.size, starts[kept], stops[kept])


def _without_short_runs(mask: NDArray[np.bool_], min_frames: int, *, keep_edges: bool) -> NDArray[np.bool_]:
    """[T] ``mask`` without its runs under ``min_frames``; runs at the ends may be longer than they look."""
    starts, stops = _run_edges(mask)
    kept = stops - starts >= min_frames
    if keep_edges:
        kept |= (starts == 0) | (stops == mask.size)
    return _painted(mask.size, starts[kept], stops[kept])


def _painted(size: int, starts: NDArray[np.intp], stops: NDArray[np.intp]) -> NDArray[np.bool_]:
    steps = np.zeros(size + 1, np.int64)
    steps[starts] += 1
    steps[stops] -= 1
    return np.asarray(np.cumsum(steps[:-1]) > 0)
