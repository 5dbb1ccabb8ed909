"""The rows of a voice track, filled block by block: hours of sound are never held twice."""

import numpy as np
from numpy.typing import NDArray

from extractors.audio_blocks import BlockColumns, Column
from extractors.audio_config import AudioConfig
from extractors.spectrogram import Block

READ_LATER = ("level_dba", "voicing")
"""Columns of blocks that columns of the whole clip are made from, whether or not they are asked for."""


class VoiceRows:
    """The matrix of a clip while it is made.

    Parameters
    ----------
    names : tuple of str
        D columns that are asked for; others that blocks give are dropped.
    frames : int
    config : AudioConfig
    """

    def __init__(self, names: tuple[str, ...], frames: int, config: AudioConfig) -> None:
        self.mfcc = [f"mfcc_{number}" for number in range(1, config.mfcc_count + 1)]
        held = (*names, *(name for name in (*READ_LATER, *self.mfcc) if name not in names))
        self._at = {name: index for index, name in enumerate(held)}
        self._width = len(names)
        self._values = np.zeros((frames, len(held)), np.float32)
        self._valid = np.zeros((frames, len(held)), bool)
        self._resonances: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []

    @property
    def values(self) -> NDArray[np.float32]:
        """[shape=(T, D)] 0 where not valid."""
        return self._values[:, : self._width]

    @property
    def valid(self) -> NDArray[np.bool_]:
        """[shape=(T, D)] True where measured."""
        return self._valid[:, : self._width]

    def take(self, block: Block, found: BlockColumns) -> None:
        """Put in what a block gives for its own frames."""
        here = slice(block.first_frame + block.keep_from, block.first_frame + block.keep_to)
        for name, column in found.columns.items():
            self._put(name, column, here)
        self._resonances.append((found.resonance_hz, found.resonance_width_hz))

    def put(self, name: str, column: Column) -> None:
        """Put in a column of the whole clip."""
        self._put(name, column, slice(None))

    def column(self, name: str) -> Column:
        """Return a column that was put in."""
        return Column(self._values[:, self._at[name]], self._valid[:, self._at[name]])

    def mfcc_values(self) -> NDArray[np.float32]:
        """[shape=(T, C)] the cepstral coefficients, in their order."""
        return self._values[:, [self._at[name] for name in self.mfcc]]

    def resonances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return frequencies and bandwidths [V, CANDIDATES] of all voiced frames; they are not kept."""
        parts, self._resonances = self._resonances, []
        return np.concatenate([hz for hz, _ in parts]), np.concatenate([width_hz for _, width_hz in parts])

    def _put(self, name: str, column: Column, rows: slice) -> None:
        at = self._at.get(name)
        if at is not None:
            np.copyto(self._values[rows, at], column.values, where=column.valid)
            self._valid[rows, at] = column.valid
