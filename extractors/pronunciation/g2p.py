"""Phones of an English word that no dictionary holds, by a small recurrent model trained on one that ships.

A bidirectional GRU reads the letters; a second GRU says, letter by letter, which phones it stands for (none,
one or two), knowing what it said for the letter before. The best of a few hypotheses is kept. Trained by
`tests/making/train_g2p.py` on the dictionary of PocketSphinx; the error on held-out words is stored in the file
(`G2p.phone_error`).
"""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
MODEL_PATH = Path(__file__).parents[1] / "models" / "g2p_en.safetensors"
BEAM = 4
LONGEST = 40
"""Letters beyond this are not a word; they are not read."""


class G2p:
    """The model, loaded once (1 MB); `phones` has no state."""

    def __init__(self, path: Path = MODEL_PATH) -> None:
        self._path = path

    @cached_property
    def _file(self) -> tuple[dict[str, Float], dict[str, str]]:
        from safetensors import safe_open

        with safe_open(self._path, framework="numpy") as file:
            return {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}, file.metadata()

    @cached_property
    def _chunks(self) -> list[tuple[str, ...]]:
        return [tuple(names.split()) for names in self._file[1]["chunks"].split("|")]

    @property
    def phone_error(self) -> float:
        """Share of wrong phones on words held out of training."""
        return float(self._file[1]["phone_error"])

    def phones(self, word: str) -> tuple[str, ...]:
        """Return the ARPAbet phones (no stress) of a word; none if it holds no letter of ``a-z'``."""
        letters = [LETTERS.index(letter) + 1 for letter in word.lower()[:LONGEST] if letter in LETTERS]
        if not letters:
            return ()
        weights = self._file[0]
        read = self._read(weights["letter.weight"][letters])  # L 2H
        return tuple(phone for chunk in self._best_chunks(read) for phone in self._chunks[chunk])

    def _read(self, embedded: Float) -> Float:
        weights = self._file[0]
        width = weights["reader.weight_hh_l0"].shape[1]
        forward, backward = np.zeros((2, len(embedded), width), np.float32)
        state = np.zeros((1, width), np.float32)
        for place in range(len(embedded)):
            state = _gru(weights, "reader", "l0", embedded[place : place + 1], state)
            forward[place] = state
        state = np.zeros((1, width), np.float32)
        for place in reversed(range(len(embedded))):
            state = _gru(weights, "reader", "l0_reverse", embedded[place : place + 1], state)
            backward[place] = state
        return np.concatenate([forward, backward], axis=1)

    def _best_chunks(self, read: Float) -> list[int]:
        """Beam search over the chunk of each letter."""
        weights = self._file[0]
        start = len(self._chunks)
        states = np.zeros((1, weights["speaker.weight_hh_l0"].shape[1]), np.float32)
        scores = np.zeros(1)
        paths: list[list[int]] = [[]]
        for letter in read:
            previous = weights["previous.weight"][[path[-1] if path else start for path in paths]]
            states = _gru(weights, "speaker", "l0", np.hstack([np.tile(letter, (len(paths), 1)), previous]), states)
            logits = (states @ weights["output.weight"].T + weights["output.bias"]).astype(np.float64)
            total = scores[:, None] + logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
            best = np.argsort(-total, axis=None, kind="stable")[:BEAM]
            rows, chunks = np.unravel_index(best, total.shape)
            scores, states = total[rows, chunks], states[rows]
            paths = [[*paths[row], int(chunk)] for row, chunk in zip(rows, chunks, strict=True)]
        return paths[0]


def _gru(weights: dict[str, Float], name: str, layer: str, given: Float, state: Float) -> Float:
    """One step of a GRU [B, H], gates in torch's order: reset, update, new."""
    one = given @ weights[f"{name}.weight_ih_{layer}"].T + weights[f"{name}.bias_ih_{layer}"]
    other = state @ weights[f"{name}.weight_hh_{layer}"].T + weights[f"{name}.bias_hh_{layer}"]
    width = state.shape[1]
    gates = 1.0 / (1.0 + np.exp(-(one[:, : 2 * width] + other[:, : 2 * width])))
    reset, update = gates[:, :width], gates[:, width:]
    fresh = np.tanh(one[:, 2 * width :] + reset * other[:, 2 * width :])
    return np.asarray((1.0 - update) * fresh + update * state, np.float32)
