"""Words without an aligner: spread over the stretches in which somebody speaks, by how long each takes to say."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.media.speech import SpeechEnvelope
from pipeline.timegrid import Interval

LETTER_S = 0.06
"""How long a letter takes where no pronunciation is known: about 15 letters a second."""
_UNSPOKEN_S = 1e-3


def spread_over_speech(lasting_s: Sequence[float], speech: SpeechEnvelope, duration_s: float) -> list[Interval]:
    """Return a stretch of time for each word, proportional to how long it lasts, laid over the active frames.

    Without any active frame the words are spread over the whole audio.

    Parameters
    ----------
    lasting_s : sequence of float
        How long each word takes to say; 0 for one that is not spoken.
    speech : SpeechEnvelope
        Speech activity [T] of the audio.
    duration_s : float
        Length of the audio.
    """
    weights = np.maximum(np.asarray(lasting_s, np.float64), _UNSPOKEN_S)
    share = np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum()
    active = np.flatnonzero(speech.active)
    if active.size == 0:
        edges = share * duration_s
        return [Interval(float(start), float(end)) for start, end in pairwise(edges)]
    frame_s = duration_s / speech.active.size
    # Place p of the spoken time lies in active frame floor(p): a word that ends with a stretch ends there, and
    # the next one starts with the next stretch.
    at = share * active.size
    first = np.minimum(np.floor(at[:-1] + 1e-9).astype(int), active.size - 1)
    last = np.clip(np.ceil(at[1:] - 1e-9).astype(int) - 1, first, active.size - 1)
    starts = (active[first] + np.clip(at[:-1] - first, 0.0, 1.0)) * frame_s
    ends = (active[last] + np.clip(at[1:] - last, 0.0, 1.0)) * frame_s
    return [Interval(float(start), float(max(start, end))) for start, end in zip(starts, ends, strict=True)]
