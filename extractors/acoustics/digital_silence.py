"""Sound without its digital silence: what was muted or padded says nothing of the pauses of a recording.

Levels, noise and channel are learned from all frames of a sound. Seconds of zeros, from an editor or a container that
begins early, would make them those of the zeros: everything that is recorded, the room and the breath between words
too, then stands out of its background like speech. Frames are cut out of such silence before a search; what the
search finds is counted in the frames of the whole sound again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import FRAME_S, HOP_SAMPLES, WINDOW_SAMPLES, frame_count
from pipeline.timegrid import Interval

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

SILENT_LSB = 1.5
"""Standard deviation, in steps of 16 bit samples, below which a frame holds rounding and dither alone."""
LONG_FRAMES = 20
"""What lasts less may be a closure, and stays as it is."""
KEPT_FRAMES = 5
"""So much of a longer one stays to both sides, where it lies between what is recorded: a pause, and hardly any of it
away from words. At the ends nothing stays: words are found as in the clip without the padding."""
FEWEST_FRAMES = 30
"""Where less is recorded, nothing is cut."""
_STEP = 1.0 / 32768.0
_BLOCK_FRAMES = 6000


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSound:
    """Sound without the inner frames of its digital silence."""

    samples: Float
    """[shape=(N,)]"""
    frames: Int
    """[shape=(T,)] the number of each frame in the whole sound; increasing."""
    shortened: bool
    """Whether anything was cut out."""

    def interval(self, start_frame: int, end_frame: int) -> Interval:
        """Return when frames of these samples are in the whole sound, in seconds from its beginning."""
        return Interval(int(self.frames[start_frame]) * FRAME_S, (int(self.frames[end_frame - 1]) + 1) * FRAME_S)

    def whole_interval(self, interval: Interval) -> Interval:
        """Return when an interval of these samples is in the whole sound; an end before a cut stays before it."""
        first = min(int(interval.start_s / FRAME_S + 1e-6), self.frames.size - 1)
        last = min(max(int(np.ceil(interval.end_s / FRAME_S - 1e-6)) - 1, first), self.frames.size - 1)
        start_s, end_s = (
            self.frames[at] * FRAME_S + edge_s - at * FRAME_S
            for at, edge_s in ((first, interval.start_s), (last, interval.end_s))
        )
        return Interval(float(start_s), float(end_s))


def whole_sound(samples: Float) -> RecordedSound:
    """[N] the sound as it is."""
    return RecordedSound(samples, np.arange(frame_count(samples.size)), False)


def recorded_sound(samples: Float) -> RecordedSound:
    """Cut long digital silence down to a short pause, at the ends away.

    Parameters
    ----------
    samples : ndarray [shape=(N,)]
        16 kHz mono, full scale 1; values that are not finite count as 0.

    Returns
    -------
    RecordedSound
        The very samples that were given, if no digital silence is longer, or hardly anything else is there.
    """
    silent = _silent_frames(samples)
    inner = np.zeros(silent.size, bool)
    for start, stop in np.flatnonzero(np.diff(np.pad(silent, 1).astype(np.int8))).reshape(-1, 2):
        if stop - start >= LONG_FRAMES:
            beside = KEPT_FRAMES if 0 < start and stop < silent.size else 0
            inner[start + beside : stop - beside] = True
    if not inner.any() or (~silent).sum() < FEWEST_FRAMES:
        return whole_sound(samples)
    # Without the first hop of every frame that is cut, the frames that stay hold what they held, or silence.
    hops = silent.size * HOP_SAMPLES
    kept = np.concatenate([samples[:hops][np.repeat(~inner, HOP_SAMPLES)], samples[hops:]])
    return RecordedSound(kept, np.flatnonzero(~inner), True)


def _silent_frames(samples: Float) -> Mask:
    """[N] -> [T] whether a frame of `cepstra.log_mel` varies by no more than rounding and dither do."""
    frames = frame_count(samples.size)
    silent = np.empty(frames, bool)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        piece = samples[start * HOP_SAMPLES : (stop - 1) * HOP_SAMPLES + WINDOW_SAMPLES].astype(np.float64)
        piece = np.nan_to_num(piece, nan=0.0, posinf=0.0, neginf=0.0)
        piece = np.pad(piece, (0, (stop - start - 1) * HOP_SAMPLES + WINDOW_SAMPLES - piece.size))
        framed = np.lib.stride_tricks.sliding_window_view(piece, WINDOW_SAMPLES)[::HOP_SAMPLES]
        silent[start:stop] = framed.std(axis=1) < SILENT_LSB * _STEP
    return silent
