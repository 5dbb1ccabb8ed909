"""Whether a transcript is another recording's: its words do not explain the sound, or no better in their own order.

How well words fit alone also tells how near a voice is to those the model knows, and how noisy the sound is. Where
the fit leaves a doubt, the same words are searched for once more in reverse: for words that were said that fits much
worse, for words that were not it makes no difference. Bounds and weight: `EnglishAligner`, measured in
`docs/measurements.md`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.aligner import Aligner

CONTRAST_RANGE = (-2.0, 8.0)
"""Nats a frame; what lies beyond says no more."""


def is_mismatch(
    fit: float, written: Sequence[str] | None, samples: NDArray[np.float32], aligner: Aligner, bound: float | None
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
    placement = aligner.place(list(reversed(written)), samples)
    if placement is None:
        return fit < limit, None
    contrast = float(np.clip(fit - placement.fit, *CONTRAST_RANGE))
    return fit + aligner.contrast_weight * contrast < limit, contrast
