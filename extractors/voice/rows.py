"""The rows of a voice track, filled block by block: hours of sound are never held."""

import numpy as np
from numpy.typing import NDArray

from extractors.voice.blocks import BlockColumns, Column
from extractors.voice.config import HOP_S, AudioConfig
from extractors.voice.formants import CANDIDATES
from extractors.voice.rates import slopes_per_s
from extractors.voice.spectrogram import Block
from pipeline.room import Room, in_blocks, let_go

READ_LATER = ("level_dba", "voicing")
"""Columns of blocks that columns of the whole clip are made from, whether or not they are asked for."""


class VoiceRows:
    """The matrix of a clip while it is made.

    Parameters
    ----------
    names : tuple of str
        D columns that are asked for; others that blocks give are dropped.
    frames : int
    voiced_frames : int
        How many of them have resonances.
    config : AudioConfig
    room : Room
        Where the matrix lies.
    """

    def __init__(
        self, names: tuple[str, ...], frames: int, voiced_frames: int, config: AudioConfig, room: Room
    ) -> None:
        self._at = {name: index for index, name in enumerate(names)}
        self.values: NDArray[np.float32] = room.zeros((frames, len(names)), np.float32)
        """[shape=(T, D)] 0 where not valid."""
        self.valid: NDArray[np.bool_] = room.zeros((frames, len(names)), np.bool_)
        """[shape=(T, D)] True where measured."""
        # Beside the matrix, also where it has them: a column of it is read by reading all of it.
        self._kept = {name: Column(np.zeros(frames, np.float32), np.zeros(frames, bool)) for name in READ_LATER}
        self._mfcc = [f"mfcc_{number + 1}" for number in range(config.mfcc_count)]
        self._cepstra: NDArray[np.float32] = room.zeros((frames, len(self._mfcc)), np.float32)
        self._resonance_hz: NDArray[np.float64] = room.zeros((voiced_frames, CANDIDATES), np.float64)
        self._resonance_width_hz: NDArray[np.float64] = room.zeros((voiced_frames, CANDIDATES), np.float64)
        self._voiced = 0

    def take(self, block: Block, found: BlockColumns) -> None:
        """Put in what a block gives for its own frames."""
        here = slice(block.first_frame + block.keep_from, block.first_frame + block.keep_to)
        for name, column in found.columns.items():
            self._put(name, column, here)
            if name in self._kept:
                self._kept[name].values[here], self._kept[name].valid[here] = column.values, column.valid
        for number, name in enumerate(self._mfcc):
            column = found.columns[name]
            np.copyto(self._cepstra[here, number], column.values, where=column.valid)
        voiced = slice(self._voiced, self._voiced + len(found.resonance_hz))
        self._resonance_hz[voiced], self._resonance_width_hz[voiced] = found.resonance_hz, found.resonance_width_hz
        self._voiced = voiced.stop
        let_go(self.values, self.valid, self._cepstra, self._resonance_hz, self._resonance_width_hz)

    def put(self, name: str, column: Column) -> None:
        """Put in a column of the whole clip."""
        for part in in_blocks(self.values, self.valid):
            self._put(name, Column(column.values[part], column.valid[part]), part)

    def kept(self, name: str) -> Column:
        """Return a column of `READ_LATER`."""
        return self._kept[name]

    def put_mfcc_rates(self, reach_frames: int, *, least_frames: int) -> None:
        """Put in the rates of change of the cepstral coefficients."""
        heard = self._kept["voicing"].valid
        for part in in_blocks(self._cepstra, self.values, self.valid):
            around = slice(max(0, part.start - reach_frames), part.stop + reach_frames)
            slope, known = slopes_per_s(
                self._cepstra[around], heard[around], reach_frames, HOP_S, least_frames=least_frames
            )
            own = slice(part.start - around.start, part.stop - around.start)
            for number, name in enumerate(self._mfcc):
                self._put(f"{name}_rate", Column(slope[own, number], known[own]), part)

    def resonances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return frequencies and bandwidths [V, CANDIDATES] of all voiced frames."""
        return self._resonance_hz, self._resonance_width_hz

    def _put(self, name: str, column: Column, rows: slice) -> None:
        at = self._at.get(name)
        if at is not None:
            np.copyto(self.values[rows, at], column.values, where=column.valid)
            self.valid[rows, at] = column.valid
