"""Whether a transcript is another recording's: its words do not explain the sound, or no better in their own order.

How well words fit alone also tells how near a voice is to those the model knows, and how noisy the sound is. Where
the fit leaves a doubt, the same words are searched for once more in reverse: for words that were said that fits much
worse, for words that were not it makes no difference. Bounds and weight: `EnglishAligner`, measured in
`docs/measurements.md`.

A wrong sentence among right ones is lost in that mean. There every word gives evidence of its own, for or against
its being another's, and the passage with the largest sum decides. That the sum exceeds ``b`` somewhere among ``n``
right words has a probability like ``n exp(-b)`` (Karlin and Altschul, PNAS 1990), so the bound grows with the log of
their number, and holds for any length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extractors.alignment.aligner import Aligner
from pipeline.media.longsound import Samples

CONTRAST_RANGE = (-2.0, 8.0)
"""Nats a frame; what lies beyond says no more."""
MOST_DOUBT = 3.0
"""Nats of one word: one alone is never enough, however badly it fits."""
LEAST_DOUBT, FEWEST = 1.6, 30
"""Nats by which the evidence of another's passage exceeds the log of the number of words, or of so many if they are
fewer: a short clip is judged by its whole. Chosen with `VOICE_SHARE` on 246 recordings of GRID clips in a row that no
test uses and of synthetic voices, and on 120 sentences of those voices alone: of right ones it flags none of the 248
clean and 5 of the 118 in noise."""
ORDER_GAIN, ORDER_GAIN_A_FOLD, SENTENCE_WORDS = 70.0, 15.0, 6
"""Nats by which the words of a sentence in another order must explain the sound better, and so much more for each
e-fold of words beyond it. Of 501 right clips of GRID, clean and in two noises, none gains more than 66; of 162
recordings of two to eight of them in a row four gain 69 to 88, the others less than 60."""
VOICE_PERCENTILE, VOICE_SHARE = 75.0, 0.3
"""In noise, and with a voice unlike those the model knows, right words fit less well: so much of what the upper
quartile of the words lacks is forgiven to each. A quarter of the words must be right for that to be known."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive words."""

    first: int
    last: int
    fit: float
    """Mean of its words, nats a frame."""
    doubt: float
    """Nats by which it is more like words that nobody says than like words that somebody does, less the log of the
    number of words it was chosen from."""

    @property
    def foreign(self) -> bool:
        """Whether other words are said there."""
        return self.doubt > LEAST_DOUBT

    def figures(self) -> dict[str, float]:
        """Return what the provenance says of it; which words these are only where they are foreign."""
        where = {"alignment_worst_first": float(self.first), "alignment_worst_last": float(self.last)}
        found = {"alignment_worst_fit": self.fit, "alignment_worst_doubt": self.doubt}
        return {**found, **(where if self.foreign else {})}


def worst_passage(fits: Sequence[float], aligner: Aligner, bound: float | None) -> Passage | None:
    """Return the consecutive words that are most likely not what is said there; None if there is no word.

    Parameters
    ----------
    fits : sequence of float
        Nats a frame, of each word alone.
    aligner : Aligner
    bound : float or None
        Of the clip, instead of the aligner's `flagged_fit`: moves the evidence of each word by as much.
    """
    if not fits:
        return None
    evidence = aligner.evidence
    lacking = min(float(np.percentile(fits, VOICE_PERCENTILE)) - evidence.usual, 0.0)
    centre = evidence.centre + VOICE_SHARE * lacking + (0.0 if bound is None else bound - aligner.flagged_fit)
    doubts = np.clip(evidence.weight * (centre - np.asarray(fits)), -MOST_DOUBT, MOST_DOUBT)
    # the largest sum of a run: sums up to each word, less the smallest of those before it
    sums = np.concatenate([[0.0], np.cumsum(doubts)])
    lowest = np.minimum.accumulate(sums[:-1])
    last = int(np.argmax(sums[1:] - lowest))
    first = int(np.argmin(sums[: last + 1]))
    doubt = float(sums[last + 1] - sums[first] - np.log(max(len(fits), FEWEST)))
    return Passage(first, last, float(np.mean(fits[first : last + 1])), doubt)


def out_of_order(gain: float, words: int) -> bool:
    """Whether words are said in another order than they are written.

    Parameters
    ----------
    gain : float
        Nats by which another order of some of them explains the sound better, the largest of all their utterances.
    words : int
        How many there are: the more, the larger a gain is by chance.
    """
    return gain > ORDER_GAIN + ORDER_GAIN_A_FOLD * float(np.log(max(words / SENTENCE_WORDS, 1.0)))


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
