"""Audio quality: what the recording has done to the voice before any feature is measured.

The flags tell a reader which columns to distrust; nothing is repaired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import RATE_HZ
from extractors.voice.spectrogram import finite
from pipeline.media.longsound import Samples
from pipeline.media.speech import SpeechEnvelope, speech_envelope

NARROW_RATE_HZ = 12_000
"""A source sampled more slowly holds nothing above 6 kHz."""
UPPER_BAND_HZ = (4700.0, 7600.0)
LOWER_BAND_HZ = (1000.0, 3400.0)
NARROW_DROP_DB = 30.0
"""Measured on sentences: speech loses at most 22 dB from the lower to the upper band, the same speech through
8000 samples a second at least 78, and coders for telephones as much."""
SNR_BAND_HZ = (100.0, 7600.0)
LOW_SNR_DB = 12.0
SNR_RANGE_DB = (-10.0, 80.0)
AUDIBLE_DB = -70.0
"""Audio that never gets louder holds neither speech nor noise to speak of."""
CLIPPED_SHARE = 5e-4
FLAT_TOP_SHARE = 1e-3
FLAT_TOP_TOLERANCE = 0.005
FLAT_TOP_RUN = 3
"""A flat top: at least this many samples in a row within 0.5 % of the loudest of the clip."""

_FRAME = 512
_BLOCK_FRAMES = 4096
_BLOCK_SAMPLES = 1 << 20


@dataclass(frozen=True, slots=True)
class AudioQuality:
    """Flags of a recording, and the figures behind them."""

    flags: tuple[str, ...]
    """Of `narrowband`, `clipped`, `low_snr`, in that order."""
    figures: dict[str, float]
    """`snr_db`, `upper_band_drop_db`, `clipped_share`, `flat_top_share`, `active_share`, `peak`,
    `replaced_samples`; figures that the clip does not allow (no speech in it) are left out."""


def audio_quality(
    samples: Samples, source_rate_hz: int, clipped_fraction: float, speech: SpeechEnvelope | None = None
) -> AudioQuality:
    """Measure bandwidth, clipping and signal-to-noise ratio of a clip.

    - `narrowband`: the source has fewer than 12000 samples a second, or speech frames hold 30 dB less
      between 4.7 and 7.6 kHz than between 1 and 3.4 kHz, per hertz.
    - `clipped`: more than 0.05 % of the source's samples stand at full scale, or more than 0.1 % of the
      samples lie on flat tops (clipped first, made quieter later).
    - `low_snr`: speech frames stand less than 12 dB above the median of the other frames (100 Hz to 7.6 kHz),
      or there is sound and no speech stands out of it.

    Parameters
    ----------
    samples : ndarray or LongSound [shape=(N,)]
        Mono, 16 kHz, full scale 1.
    source_rate_hz : int
        Sampling rate of the file.
    clipped_fraction : float
        Share of the file's own samples at full scale, 0 to 1.
    speech : SpeechEnvelope, optional
        Of these samples, if it is known.
    """
    sound, replaced = finite(samples)
    peak = _peak(sound)
    active = (speech or speech_envelope(sound, RATE_HZ)).active
    powers = _frame_powers(sound, active)
    snr_db = _snr_db(powers)
    drop_db = _upper_band_drop_db(powers)
    flat_share = _flat_top_share(sound, peak)
    flags = []
    if source_rate_hz < NARROW_RATE_HZ or (drop_db is not None and drop_db > NARROW_DROP_DB):
        flags.append("narrowband")
    if clipped_fraction > CLIPPED_SHARE or flat_share > FLAT_TOP_SHARE:
        flags.append("clipped")
    if snr_db is not None and snr_db < LOW_SNR_DB:
        flags.append("low_snr")
    figures = {
        "clipped_share": float(clipped_fraction),
        "flat_top_share": flat_share,
        "active_share": float(active.mean()) if active.size else 0.0,
        "peak": peak,
        "replaced_samples": float(replaced),
    }
    figures |= {} if snr_db is None else {"snr_db": snr_db}
    figures |= {} if drop_db is None else {"upper_band_drop_db": drop_db}
    return AudioQuality(tuple(flags), figures)


@dataclass(frozen=True, slots=True, eq=False)
class _Powers:
    """What frames of 32 ms, side by side, hold."""

    level: NDArray[np.float64]
    """[shape=(T,)] power between 100 Hz and 7.6 kHz."""
    speech: NDArray[np.bool_]
    """[shape=(T,)] which frames lie in speech."""
    speech_sum: NDArray[np.float64]
    """[shape=(257,)] power by frequency, summed over the frames in speech."""


def _peak(sound: Samples) -> float:
    """Return the largest magnitude, 0 for an empty clip."""
    parts = (sound[start : start + _BLOCK_SAMPLES] for start in range(0, sound.size, _BLOCK_SAMPLES))
    return max((max(float(part.max()), -float(part.min())) for part in parts), default=0.0)


def _frame_powers(sound: Samples, active: NDArray[np.bool_]) -> _Powers:
    """Measure block by block; only a number a frame is kept."""
    frames = sound.size // _FRAME
    centres = (np.arange(frames) + 0.5) * _FRAME / RATE_HZ
    row = np.clip((centres * 100).astype(np.intp), 0, max(0, active.size - 1))
    speech = active[row] if frames else np.zeros(0, bool)
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    scale = 2.0 / (_FRAME * float(np.sum(window**2)))
    level, speech_sum = np.empty(frames), np.zeros(_FRAME // 2 + 1)
    for start in range(0, frames, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, frames)
        framed = sound[start * _FRAME : stop * _FRAME].reshape(-1, _FRAME)
        spectrum = np.fft.rfft((framed - framed.mean(axis=1, keepdims=True)) * window, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float64)
        power *= scale
        level[start:stop] = power[:, _bins(SNR_BAND_HZ)].sum(axis=1)
        # Row after row, so that the sum is the same whatever the blocks.
        speech_sum = np.concatenate([speech_sum[None], power[speech[start:stop]]]).sum(axis=0)
    return _Powers(level, speech, speech_sum)


def _bins(range_hz: tuple[float, float]) -> slice:
    return slice(round(range_hz[0] * _FRAME / RATE_HZ), round(range_hz[1] * _FRAME / RATE_HZ))


def _snr_db(powers: _Powers) -> float | None:
    """Speech over background, dB; None for silence."""
    level, speech = powers.level, powers.speech
    if level.size == 0 or level.max() < 10.0 ** (AUDIBLE_DB / 10.0):
        return None
    if not speech.any():
        return SNR_RANGE_DB[0]
    # A clip cut close to its words has no background frames; its softest moments have to do.
    noise = np.median(level[~speech]) if np.count_nonzero(~speech) >= 5 else np.percentile(level, 5)
    ratio = (level[speech].mean() - noise) / max(noise, 1e-12)
    return float(np.clip(10.0 * np.log10(max(ratio, 1e-3)), *SNR_RANGE_DB))


def _upper_band_drop_db(powers: _Powers) -> float | None:
    """Lower over upper band in speech frames, dB per hertz; None where nobody speaks."""
    if not powers.speech.any():
        return None
    mean = powers.speech_sum / np.count_nonzero(powers.speech)
    lower, upper = mean[_bins(LOWER_BAND_HZ)].mean(), mean[_bins(UPPER_BAND_HZ)].mean()
    return float(10.0 * np.log10(max(lower, 1e-14) / max(upper, 1e-14)))


def _flat_top_share(sound: Samples, peak: float) -> float:
    """Share of samples on flat tops of either sign; 0 for an empty or silent clip."""
    if peak <= 0.0 or sound.size < FLAT_TOP_RUN:
        return 0.0
    on_top, lengths = 0, {1.0: 0, -1.0: 0}
    for start in range(0, sound.size, _BLOCK_SAMPLES):
        part = sound[start : start + _BLOCK_SAMPLES]
        for side in lengths:
            top = np.float32(side) * part >= (1.0 - FLAT_TOP_TOLERANCE) * peak
            done, lengths[side] = _runs(top, lengths[side])
            on_top += int(done[done >= FLAT_TOP_RUN].sum())
    on_top += sum(length for length in lengths.values() if length >= FLAT_TOP_RUN)
    return on_top / sound.size


def _runs(top: NDArray[np.bool_], before: int) -> tuple[NDArray[np.intp], int]:
    """Return the lengths of the runs of True that end in a block, and of the one that reaches out of it.

    ``before`` is the length of the run that reached into it.
    """
    steps = np.diff(np.concatenate([[before > 0], top, [False]]).astype(np.int8))
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if before:
        starts = np.concatenate([[-before], starts])
    if top[-1]:
        return (stops - starts)[:-1], int(stops[-1] - starts[-1])
    return stops - starts, 0
