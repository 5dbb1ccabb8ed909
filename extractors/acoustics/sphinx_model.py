"""The acoustic model that ships with PocketSphinx: its files, read into arrays.

A phone in its context has three states; a state (senone) is a mixture, in each of three streams (cepstra, their
slopes, their curvatures), of the 128 Gaussians that its phone owns ("phonetically tied"). The library that
owns these files can place words with them, but it cannot say how well they fit, cannot learn the noise and the
channel of a recording, and prunes; so the search here is our own. Its sums agree with the library's: the mean
cepstrum of a clip to four digits.
"""

import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.sphinx_files import (
    STATES,
    WIDTH,
    read_definition,
    read_gaussians,
    read_transitions,
    read_weights,
)
from pipeline.errors import ModelMissingError

Float = NDArray[np.float32]
Int = NDArray[np.int64]

SILENCE = "SIL"
INSIDE, FIRST, LAST, ONLY = range(4)
"""Place of a phone in its word, as the model definition codes it."""

_SMALLEST_VARIANCE = 1e-4
_CONTEXT = 64
"""More than the number of phones: base of the number that names a phone in its context."""


@dataclass(frozen=True, eq=False)
class SphinxModel:
    """Arrays of the model; P phones (42, with silence and two noises), S senones."""

    phones: tuple[str, ...]
    means: Float
    """[shape=(P, 3, 128, 13)]"""
    variances: Float
    """[shape=(P, 3, 128, 13)]"""
    weights: Float
    """[shape=(3, 128, S)] mixture weights; they sum to about 1 over the 128."""
    senone_phone: Int
    """[shape=(S,)] the phone whose Gaussians a senone mixes."""
    stay: NDArray[np.float64]
    """[shape=(P, 3)] log probability of staying in a state for another frame."""
    leave: NDArray[np.float64]
    """[shape=(P, 3)] log probability of going on."""
    plain_senones: Int
    """[shape=(P, 3)] the senones of each phone without regard to context."""
    _contexts: Int
    """[shape=(C,)] names of the phones in context, sorted."""
    _context_senones: Int
    """[shape=(C, 3)]"""

    @classmethod
    def load(cls) -> "SphinxModel":
        """Read the model from the installed package.

        Raises
        ------
        ModelMissingError
            If PocketSphinx is not installed, or its model is not the en-us one of version 5.
        """
        folder = model_folder() / "en-us"
        try:
            return _read_model(folder)
        except (OSError, ValueError, struct.error) as error:
            raise ModelMissingError(
                f"the acoustic model in {folder} cannot be read ({error}); reinstall pocketsphinx>=5.0.4"
            ) from None

    def number(self, phone: str) -> int:
        """Return the index of a phone by its name."""
        return self._numbers[phone]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.phones)}

    @cached_property
    def speech_mean(self) -> Float:
        """[shape=(13,)] the mean cepstrum of speech: every phone as often as the other, as long as it lasts."""
        lasting = 1.0 / (1.0 - np.exp(self.stay))  # P 3
        total, mass = np.zeros(WIDTH), 0.0
        for phone, name in enumerate(self.phones):
            if name == SILENCE or not name.isalpha():  # noises are named +NSN+, +SPN+
                continue
            for state, senone in enumerate(self.plain_senones[phone]):
                weights = self.weights[0][:, senone]
                total += lasting[phone, state] * (weights @ self.means[phone, 0]) / weights.sum()
                mass += lasting[phone, state]
        return np.asarray(total / mass, np.float32)

    def senones(self, phone: int, left: int, right: int, place: int) -> Int:
        """[shape=(3,)] the senones of a phone between two others, at `INSIDE`, `FIRST`, `LAST` or `ONLY`.

        A context that the model has not seen is looked up at another place in the word, then with silence on
        the side of the word's edge, then without context.
        """
        silence = self.number(SILENCE)
        edge_left = silence if place in (FIRST, ONLY) else left
        edge_right = silence if place in (LAST, ONLY) else right
        places = (place, *(other for other in range(4) if other != place))
        for before, after in ((left, right), (edge_left, edge_right)):
            for where in places:
                found = self._in_context(where, phone, before, after)
                if found is not None:
                    return found
        return np.asarray(self.plain_senones[phone])

    def _in_context(self, place: int, phone: int, left: int, right: int) -> Int | None:
        name = int(_context_name(*np.array([place, phone, left, right])))
        at = int(np.searchsorted(self._contexts, name))
        if at == self._contexts.size or self._contexts[at] != name:
            return None
        return np.asarray(self._context_senones[at])


def model_folder() -> Path:
    """Return the folder of the English model and dictionary in the installed package.

    Raises
    ------
    ModelMissingError
        If PocketSphinx is not installed.
    """
    try:
        import pocketsphinx
    except ImportError:
        raise ModelMissingError(
            "word timing needs the models of PocketSphinx, which is not installed; run `pip install pocketsphinx`"
        ) from None
    return Path(pocketsphinx.get_model_path("en-us"))


def _read_model(folder: Path) -> SphinxModel:
    definition = read_definition(folder / "mdef")
    senone_phone = np.zeros(int(definition.sequences.max()) + 1, np.int64)
    senone_phone[definition.sequences[definition.in_context]] = definition.contexts[:, :1]
    senone_phone[definition.sequences[definition.plain]] = np.arange(len(definition.phones))[:, None]
    names = _context_name(definition.places, *definition.contexts.T)
    order = np.argsort(names, kind="stable")
    transitions = read_transitions(folder / "transition_matrices")
    steps = np.arange(STATES)
    return SphinxModel(
        definition.phones,
        read_gaussians(folder / "means"),
        np.maximum(read_gaussians(folder / "variances"), np.float32(_SMALLEST_VARIANCE)),
        read_weights(folder / "sendump", senone_phone.size),
        senone_phone,
        np.log(transitions[:, steps, steps]),
        np.log(transitions[:, steps, steps + 1]),
        definition.sequences[definition.plain],
        names[order],
        definition.sequences[definition.in_context[order]],
    )


def _context_name(place: Int, phone: Int, left: Int, right: Int) -> Int:
    """One number for a phone in its context; sorts and compares faster than four."""
    return ((place * _CONTEXT + phone) * _CONTEXT + left) * _CONTEXT + right
