"""Voice features every 10 ms: one spectrogram, one pitch contour, and all columns read from the two.

The clip is worked through in blocks, twice: first for the pitch, whose path is decided over the whole clip,
then for what is read at that pitch. What grows with length lies in a room (`pipeline.room`), and the result does
not depend on the blocks.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from extractors.voice.blocks import Column, block_columns
from extractors.voice.columns import audio_columns
from extractors.voice.config import HOP_S, RATE_HZ, AudioConfig
from extractors.voice.formants import FORMANTS, formant_tracks
from extractors.voice.pitch import CANDIDATES, Pitch, PitchCandidates, pitch_candidates, pitch_path
from extractors.voice.quality import AudioQuality, audio_quality
from extractors.voice.rates import slopes_per_s
from extractors.voice.rows import VoiceRows
from extractors.voice.spectrogram import Block, CleanSamples, blocks, cleaned, frame_count, frame_times_s
from pipeline.media.longsound import Samples
from pipeline.media.speech import background_and_peak
from pipeline.room import IN_MEMORY, Room, let_go
from pipeline.track import FeatureTrack, empty_track

__all__ = ["AudioConfig", "AudioQuality", "audio_columns", "audio_quality", "audio_track"]

PITCH_REFERENCE_HZ = 27.5
PITCH_SLOPE_REACH = 4
"""Frames to either side: the slope is that of 90 ms, shorter at the ends of voicing."""
PITCH_SLOPE_LEAST = 5
MFCC_RATE_REACH = 2
MFCC_RATE_LEAST = 3


def audio_track(samples: Samples, rate_hz: int, config: AudioConfig, room: Room = IN_MEMORY) -> FeatureTrack:
    """Return the voice features of a clip.

    Parameters
    ----------
    samples : ndarray or LongSound [shape=(N,)]
        Mono, full scale 1. Values that are not finite count as 0, and the mean of the clip is taken away.
    rate_hz : int
        16000: a clip is resampled where it is read.
    config : AudioConfig
    room : Room
        Where the track and what it is made from lie.

    Returns
    -------
    FeatureTrack
        ``max(1, round(N / hop))`` frames, none for an empty signal; columns as `voice.columns` lists them.
        In silent frames nothing but level and loudness is valid; pitch, harmonicity, perturbation, tilt and
        formants are valid in voiced frames only.

    Raises
    ------
    ValueError
        If the samples are not one channel at 16 kHz.
    """
    if samples.ndim != 1 or rate_hz != RATE_HZ:
        raise ValueError(
            f"voice features want one channel at {RATE_HZ} Hz, got {samples.ndim} dimensions at {rate_hz} Hz"
        )
    names = tuple(column.name for column in audio_columns(config))
    if samples.size == 0:
        return empty_track(names)
    clean = cleaned(samples)
    # A clip of one block keeps its spectrogram; a longer one computes it twice rather than keep it.
    kept = list(_blocks(clean, config)) if samples.size <= config.block_s * RATE_HZ else None
    frames = frame_count(samples.size)
    pitch = clip_pitch(_blocks(clean, config) if kept is None else kept, frames, config, room)
    rows = VoiceRows(names, frames, int(np.count_nonzero(pitch.voiced)), config, room)
    for block in _blocks(clean, config) if kept is None else kept:
        rows.take(block, block_columns(block, pitch, config))
    for name, column in chain(_pitch_columns(pitch), _formant_columns(rows, pitch)):
        rows.put(name, column)
    rows.put("level_relative_db", _relative_level(rows.kept("level_dba"), rows.kept("voicing").valid))
    if config.mfcc_count and config.mfcc_deltas:
        rows.put_mfcc_rates(MFCC_RATE_REACH, least_frames=MFCC_RATE_LEAST)
    return FeatureTrack(rows.values, frame_times_s(frames), rows.valid, names)


def _blocks(clean: CleanSamples, config: AudioConfig) -> Iterator[Block]:
    return blocks(clean.samples, config, clean.offset)


def clip_pitch(spectrogram: Iterable[Block], frames: int, config: AudioConfig, room: Room) -> Pitch:
    """Return the pitch contour of a clip of so many frames from the blocks of its spectrogram."""
    lag, strength = (room.zeros((frames, CANDIDATES), np.float32) for _ in range(2))
    level_db = np.zeros(frames, np.float32)
    for block in spectrogram:
        candidates = pitch_candidates(block.power[block.keep_from : block.keep_to], config)
        here = slice(block.first_frame + block.keep_from, block.first_frame + block.keep_to)
        lag[here], strength[here] = candidates.lag_samples, candidates.strength
        level_db[here] = candidates.level_db
        let_go(lag, strength)
    _, peak_db = background_and_peak(level_db)
    return pitch_path(PitchCandidates(lag, strength, level_db), peak_db, config)


def _pitch_columns(pitch: Pitch) -> Iterator[tuple[str, Column]]:
    voiced = pitch.voiced
    octaves = np.log2(np.where(voiced, pitch.frequency_hz, PITCH_REFERENCE_HZ) / PITCH_REFERENCE_HZ)
    semitones = np.asarray(12.0 * octaves, dtype=np.float32)
    slope, known = slopes_per_s(semitones[:, None], voiced, PITCH_SLOPE_REACH, HOP_S, least_frames=PITCH_SLOPE_LEAST)
    yield "pitch_semitones", Column(semitones, voiced)
    yield "pitch_slope_semitones_per_s", Column(slope[:, 0], known)


def _formant_columns(rows: VoiceRows, pitch: Pitch) -> Iterator[tuple[str, Column]]:
    frames = np.flatnonzero(pitch.voiced)
    tracks = formant_tracks(*rows.resonances(), frames, pitch.frequency_hz[frames])
    for kind, found in (("frequency", tracks.frequency_hz), ("bandwidth", tracks.bandwidth_hz)):
        for index in range(FORMANTS):
            values, valid = np.zeros(pitch.voicing.size, np.float32), np.zeros(pitch.voicing.size, bool)
            values[frames], valid[frames] = found[:, index], tracks.valid[:, index]
            yield f"formant_{index + 1}_{kind}_hz", Column(values, valid)


def _relative_level(level_dba: Column, heard: NDArray[np.bool_]) -> Column:
    _, peak_db = background_and_peak(level_dba.values)
    return Column((level_dba.values - peak_db).astype(np.float32), heard)
