"""What every aligner gives: a place for each written word of a stretch of sound, or none at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.timegrid import Interval
from pipeline.words import Rung


@dataclass(frozen=True, slots=True)
class Saying:
    """How a written word is said."""

    phones: int = 0
    """How many sounds; 0 where nothing of it is said, or nobody knows how."""
    expected_s: float = 0.0
    """How long they last on average."""


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A written word where the aligner heard it."""

    interval: Interval
    """Seconds from the beginning of the sound that was searched."""
    confidence: float
    """0 to 1: the probability that the word is there."""
    saying: Saying
    fit: float | None = None
    """Of this word alone, as `Placement.fit`, less what an odd rhythm of its sounds costs; None: not known."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A stretch of sound with its words in place."""

    rows: tuple[PlacedRow | None, ...]
    """One for each written word; None where nothing of it is spoken."""
    rung: Rung
    """Which step of the ladder found it."""
    fit: float
    """How well the words explain the sound, in nats a frame against free speech; below `mismatch_fit` they do not."""
    order_gain: float | None = None
    """Nats by which another order of the words explains it better; None: not asked for, or not known."""


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """What the fit of a word alone says of its being spoken there: a log likelihood ratio, linear in the fit."""

    centre: float
    """The fit, in nats a frame, that is as likely of a word that is said as of one that is not."""
    weight: float
    """Nats of evidence for each nat a frame."""
    usual: float
    """The upper quartile of the words of a clear recording."""


class Aligner(Protocol):
    """Places written words of one language in sound. `place` has no memory of what it did before."""

    mismatch_fit: float
    """A stretch that fits less well was spoken with other words: it is looked for elsewhere."""
    flagged_fit: float
    """A clip is flagged whose fit and weighed contrast (`extractors.timing.mismatch`) are together lower."""
    contrast_weight: float
    """0: the contrast is not measured, `mismatch_fit` is the bound."""
    evidence: WordEvidence
    """What the fits of single words say (`extractors.timing.mismatch`)."""

    def sayings(self, written: Sequence[str]) -> list[Saying]:
        """Return how each written word is said; needs no sound."""

    def place(
        self, written: Sequence[str], samples: NDArray[np.float32], orders: bool = False, noise: bool = False
    ) -> Placement | None:
        """Return where the words are in 16 kHz sound [N]; None if the sound cannot hold them.

        With ``orders`` they are compared with the same words in other orders, if the aligner can. With ``noise``
        what no word explains may be noise that covers words; where others may be said, it may as well be speech.
        """

    def rough(self, written: Sequence[str], samples: NDArray[np.float32], eager: bool = False) -> dict[int, Interval]:
        """Return which of the words are spoken in the sound, by index, and roughly where; others may follow later.

        With ``eager``, a word that may be spoken is taken for spoken.
        """
