"""PocketSphinx as a forced aligner: spoken words in, the frames of each out, by the narrowest beam that works."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from extractors.pronounce import Pronunciation
from pipeline.errors import ModelMissingError

RATE_HZ = 16_000
FRAME_S = 0.01
BeamRung = Literal["strict", "wide", "open"]
BEAMS: Mapping[BeamRung, tuple[float, float, float]] = MappingProxyType(
    {
        "strict": (1e-48, 1e-48, 7e-29),  # the library's own
        "wide": (1e-80, 1e-60, 1e-80),
        "open": (0.0, 0.0, 0.0),
    }
)
"""Beams of states, of phones and of words, as shares of the best path, from strict to open."""
_TAUGHT = "~"
"""Begins the name of an added entry; no spoken word begins with it."""


@dataclass(frozen=True, slots=True)
class PlacedToken:
    """One spoken word where the decoder put it."""

    word: str
    variant: int
    """Which pronunciation fitted, counted from 0."""
    start_frame: int
    end_frame: int
    """Frames ``[start_frame, end_frame)``."""


@dataclass(frozen=True, slots=True)
class Placement:
    """All spoken words of an utterance, in order, none missing."""

    tokens: tuple[PlacedToken, ...]
    rung: BeamRung


class SphinxDecoder:
    """One PocketSphinx decoder (27 MB, 0.4 s to build). Not for two threads at once.

    What was decoded before leaves no trace: feature state is reset for each utterance, and a word that was
    added always has the pronunciations that its spelling gives.
    """

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ImportError:
            raise ModelMissingError(
                "word timing needs PocketSphinx, which is not installed; install it with `pip install pocketsphinx`"
            ) from None
        # bestpath: with its default, the last words of an utterance are dropped at times.
        self._decoder: Any = pocketsphinx.Decoder(samprate=float(RATE_HZ), lm=None, bestpath=False, loglevel="FATAL")

    def lookup(self, entry: str) -> str | None:
        """Return the phones of a dictionary entry, joined by blanks."""
        # The decoder refuses entries with characters outside ASCII in ways that depend on its build.
        found: str | None = self._decoder.lookup_word(entry) if entry.isascii() else None
        return found

    def teach(self, word: str, pronunciations: Sequence[Pronunciation]) -> str:
        """Add a word the dictionary lacks; return the entry to align it under.

        The entry's name is one that `lookup` is never asked for: what one clip teaches, no other sees.
        """
        name = f"{_TAUGHT}{word}"
        if self._decoder.lookup_word(name) is None:
            for number, phones in enumerate(pronunciations, start=1):
                self._decoder.add_word(name if number == 1 else f"{name}({number})", " ".join(phones), False)
        return name

    def place(self, words: Sequence[str], samples: NDArray[np.int16]) -> Placement | None:
        """Return where the words are, by the first of `BEAMS` that finds them all; None if none does.

        Parameters
        ----------
        words : sequence of str
            Dictionary entries, or the names that `teach` gave.
        samples : ndarray [shape=(N,)], 16 kHz mono
        """
        if not words or samples.size == 0:
            return None
        for rung, beams in BEAMS.items():
            tokens = self._placed(words, samples, beams)
            if tokens is not None:
                return Placement(tokens, rung)
        return None

    def _placed(
        self, words: Sequence[str], samples: NDArray[np.int16], beams: tuple[float, float, float]
    ) -> tuple[PlacedToken, ...] | None:
        decoder = self._decoder
        # The search that set_align_text builds reads the beams from here.
        decoder.config["beam"], decoder.config["pbeam"], decoder.config["wbeam"] = beams
        decoder.reinit_feat()
        decoder.set_align_text(" ".join(words))
        decoder.start_utt()
        try:
            decoder.process_raw(samples.tobytes(), full_utt=True)
        finally:
            # A decoder that refuses the audio also refuses to end; the next start_utt needs it ended.
            with contextlib.suppress(RuntimeError):
                decoder.end_utt()
        if decoder.hyp() is None:
            return None
        tokens = tuple(_token(segment) for segment in decoder.seg() if segment.word[0] not in "<[")
        return tokens if [token.word for token in tokens] == list(words) else None


def _token(segment: Any) -> PlacedToken:
    word, _, variant = segment.word.partition("(")
    number = int(variant.rstrip(")")) - 1 if variant else 0
    return PlacedToken(word, number, int(segment.start_frame), int(segment.end_frame) + 1)
