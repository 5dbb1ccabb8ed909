"""Whether a transcript is another recording's: its words do not explain the sound, or no better in their own order.

How well words fit alone also tells how near a voice is to those the model knows, and how noisy the sound is. Where
the fit leaves a doubt, the same words are searched for once more in reverse: for words that were said that fits much
worse, for words that were not it makes no difference. Bounds and weight: `EnglishAligner`, measured in
`docs/measurements.md`.

A few foreign words in a long transcript are lost in its mean: there the words are also judged a window at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extractors.aligner import Aligner
from extractors.confidence import clip_fit
from pipeline.longsound import Samples

CONTRAST_RANGE = (-2.0, 8.0)
"""Nats a frame; what lies beyond says no more."""
WINDOW_WORDS, WINDOW_HOP = 9, 4
"""About the sentence that the bound of a clip was chosen on; half overlapping, so that none falls between two."""
LONG_WORDS = 12
"""Up to so many words, a foreign sentence shows in the fit of the whole."""
WINDOW_MARGIN, WINDOW_MARGIN_A_LOG = 2.0, 0.5
"""Nats a frame by which the worst window may be below the bound of a clip, and more by the log of their number: the
worst of many is low by chance. Worst windows of right words had -2.9 and more (GRID, clean and in two noises), -4.7
(synthetic voices); with a foreign sentence in babble -5.9 and less, in the clean -7.1."""


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive words."""

    first: int
    last: int
    fit: float
    """As of a clip of these words alone."""
    bound: float
    """Below it they are not what is said there."""

    @property
    def foreign(self) -> bool:
        """Whether other words are said there."""
        return self.fit < self.bound

    def figures(self) -> dict[str, float]:
        """Return what the provenance says of it; which words these are only where they are foreign."""
        where = {"alignment_worst_first": float(self.first), "alignment_worst_last": float(self.last)}
        return {"alignment_worst_fit": self.fit, **(where if self.foreign else {})}


def worst_window(
    fits: Sequence[float], lasting: Sequence[float], aligner: Aligner, bound: float | None
) -> Window | None:
    """Return the words of a long transcript that explain the sound worst; None of a short one.

    Parameters
    ----------
    fits : sequence of float
        Nats a frame, of each word alone.
    lasting : sequence of float
        How long each lasts.
    aligner : Aligner
    bound : float or None
        Of the clip, instead of the aligner's `flagged_fit`.
    """
    end = len(fits) - WINDOW_WORDS
    if len(fits) <= LONG_WORDS:
        return None
    begins = [*range(0, end, WINDOW_HOP), end]
    windows = [slice(begin, begin + WINDOW_WORDS) for begin in begins]
    worst = [clip_fit(fits[window], lasting[window]) for window in windows]
    lowest = int(np.argmin(worst))
    limit = (aligner.flagged_fit if bound is None else bound) - WINDOW_MARGIN
    limit -= WINDOW_MARGIN_A_LOG * float(np.log(len(windows)))
    return Window(begins[lowest], begins[lowest] + WINDOW_WORDS - 1, worst[lowest], limit)


def is_mismatch(
    fit: float, written: Sequence[str] | None, samples: Samples, aligner: Aligner, bound: float | None
) -> tuple[bool, float | None]:
    """Return whether the words are another recording's, and the contrast where it was measured.

    Parameters
    ----------
    fit : float
        Nats a frame, of the words in their order.
    written : sequence of str or None
        The words, if they were searched for in all of the sound at once; None: only the fit decides.
    samples : ndarray [shape=(N,)]
        16 kHz mono.
    aligner : Aligner
    bound : float or None
        Instead of the aligner's `flagged_fit`.
    """
    if written is None or aligner.contrast_weight == 0.0 or len(set(written)) < 3:
        return fit < (aligner.mismatch_fit if bound is None else bound), None
    limit = aligner.flagged_fit if bound is None else bound
    least, most = (aligner.contrast_weight * end for end in CONTRAST_RANGE)
    if not limit - most <= fit < limit - least:
        return fit < limit, None  # whatever the contrast is
    placement = aligner.place(list(reversed(written)), samples[:])
    if placement is None:
        return fit < limit, None
    contrast = float(np.clip(fit - placement.fit, *CONTRAST_RANGE))
    return fit + aligner.contrast_weight * contrast < limit, contrast
