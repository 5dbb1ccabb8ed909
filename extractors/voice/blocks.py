"""All columns that one block of frames and the pitch contour decide."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.voice.config import HOP_SAMPLES, RATE_HZ, AudioConfig
from extractors.voice.cycles import followed_cycles, voice_band
from extractors.voice.filterbank import mel_filters
from extractors.voice.formants import prediction_correlation, resonances
from extractors.voice.loudness import loudness
from extractors.voice.perturbation import cycles_followed, harmonics_to_noise_db, jitter_percent, shimmer_db
from extractors.voice.phonation import (
    THIRD_FORMANT_HZ,
    cepstral_peak_prominence_db,
    harmonic_levels_db,
    strongest_harmonic_db,
)
from extractors.voice.pitch import Pitch
from extractors.voice.spectrogram import Block, frequencies_hz
from extractors.voice.spectrum import spectrum, zero_crossings_per_s

SILENCE_DBA = -90.0
"""Quieter frames hold the rounding noise of a 16 bit file (-103 dBA): nothing but their level is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column; what is not valid may hold anything finite."""

    values: NDArray[np.float32]
    """[shape=(T,)]"""
    valid: NDArray[np.bool_]
    """[shape=(T,)]"""


@dataclass(frozen=True, slots=True, eq=False)
class BlockColumns:
    """What a block gives for its own frames, context left out."""

    columns: dict[str, Column]
    resonance_hz: NDArray[np.float64]
    """[shape=(V, CANDIDATES)] of the voiced frames, as `resonances` returns them."""
    resonance_width_hz: NDArray[np.float64]
    """[shape=(V, CANDIDATES)]"""


def block_columns(block: Block, pitch: Pitch, config: AudioConfig) -> BlockColumns:
    """Return the columns of a block's own frames.

    Parameters
    ----------
    block : Block
    pitch : Pitch
        Of the whole clip.
    config : AudioConfig
    """
    own = slice(block.keep_from, block.keep_to)
    clip_rows = slice(block.first_frame + block.keep_from, block.first_frame + block.keep_to)
    columns = _heard_columns(block, config)
    columns = {name: Column(column.values[own], column.valid[own]) for name, column in columns.items()}
    heard = columns["alpha_ratio_db"].valid
    columns["voicing"] = Column(pitch.voicing[clip_rows], heard)
    frequency_hz = pitch.frequency_hz[clip_rows]
    rows = np.flatnonzero(frequency_hz > 0)
    power = block.power[own][rows]
    for name, (values, valid) in _voiced_columns(block, power, rows, frequency_hz[rows], config).items():
        columns[name] = _scattered(values, valid, rows, frequency_hz.size)
    hz, width_hz = resonances(prediction_correlation(power, config), config)
    return BlockColumns(columns, hz, width_hz)


def _heard_columns(block: Block, config: AudioConfig) -> dict[str, Column]:
    """Columns that every frame has that is not silent, context included."""
    loud = loudness(block.power, frequencies_hz(config), mel_filters(config))
    heard = loud.level_dba > SILENCE_DBA
    shape = spectrum(block.power, config)
    every = np.ones(heard.size, bool)
    found = {
        "alpha_ratio_db": shape.alpha_ratio_db,
        "hammarberg_db": shape.hammarberg_db,
        "slope_0_500_db_per_khz": shape.slope_low_db_per_khz,
        "slope_500_1500_db_per_khz": shape.slope_mid_db_per_khz,
        "spectral_flux": shape.flux,
        "cepstral_peak_prominence_db": cepstral_peak_prominence_db(block.power, config),
        "spectral_centroid_hz": shape.centroid_hz,
        "spectral_bandwidth_hz": shape.bandwidth_hz,
        "spectral_rolloff_hz": shape.rolloff_hz,
        "spectral_flatness_db": shape.flatness_db,
        "zero_crossings_per_s": zero_crossings_per_s(block.samples, heard.size, config),
    }
    found |= {f"mfcc_{number + 1}": shape.mfcc[:, number] for number in range(config.mfcc_count)}
    return {
        "level_dba": Column(loud.level_dba, every),
        "loudness": Column(loud.loudness, every),
        **{name: Column(values, heard) for name, values in found.items()},
    }


def _voiced_columns(
    block: Block,
    power: NDArray[np.float32],
    rows: NDArray[np.intp],
    frequency_hz: NDArray[np.float32],
    config: AudioConfig,
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Columns of the voiced frames: ``power`` [V, F] and ``rows`` [V] counted from the block's own first."""
    centres = config.window_samples // 2 + (block.keep_from + rows) * HOP_SAMPLES
    cycles = followed_cycles(voice_band(block.samples), centres, np.float32(RATE_HZ) / frequency_hz, config)
    followed = cycles_followed(cycles)
    first = harmonic_levels_db(power, frequency_hz, 1, config)
    every = np.ones(rows.size, bool)
    return {
        "harmonics_to_noise_db": (harmonics_to_noise_db(cycles), every),
        "jitter_percent": (jitter_percent(cycles), followed),
        "shimmer_db": (shimmer_db(cycles), followed),
        "h1_h2_db": (first - harmonic_levels_db(power, frequency_hz, 2, config), every),
        "h1_a3_db": (first - strongest_harmonic_db(power, THIRD_FORMANT_HZ, config), every),
    }


def _scattered(values: NDArray[np.float32], valid: NDArray[np.bool_], rows: NDArray[np.intp], frames: int) -> Column:
    """Values of some rows as a column of all."""
    column, known = np.zeros(frames, np.float32), np.zeros(frames, bool)
    column[rows], known[rows] = values, valid
    return Column(column, known)
