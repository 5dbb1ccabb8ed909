"""Words whose times a file gives: flagged when they are right, late, another clip's, or lie over silence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import WordTimer
from pipeline.words import Transcript, TranscriptWord
from tests.benchmarks.grid import RATE_HZ, GridClip

LATE_S = (0.1, 0.2, 0.3, 0.5, 1.0)


def given_times(timer: WordTimer, clips: Sequence[GridClip]) -> dict[str, str]:
    """Return how many of the clips are flagged `transcript_mismatch`, by what their files would say."""
    flagged: dict[str, int] = {}
    for index, clip in enumerate(clips):
        latest_s = clip.duration_s - 0.01
        cases = {f"{late_s} s late": (clip.words, np.minimum(clip.truth_s + late_s, latest_s)) for late_s in LATE_S}
        cases |= {"right": (clip.words, clip.truth_s), "other words": (_others(clips, index), clip.truth_s)}
        for name, (words, times_s) in cases.items():
            flagged[name] = flagged.get(name, 0) + _flagged(timer, words, times_s, clip.samples)
        silent = _flagged(timer, clip.words, clip.truth_s, np.zeros_like(clip.samples))
        flagged["over silence"] = flagged.get("over silence", 0) + silent
    return {name: f"{count} of {len(clips)}" for name, count in flagged.items()}


def _others(clips: Sequence[GridClip], index: int) -> tuple[str, ...]:
    """Return the words of the next clip that says others, as many."""
    own = clips[index].words
    for step in range(1, len(clips)):
        words = clips[(index + step) % len(clips)].words
        if words != own and len(words) == len(own):
            return words
    return tuple(reversed(own))


def _flagged(
    timer: WordTimer, words: Sequence[str], times_s: NDArray[np.float64], samples: NDArray[np.float32]
) -> bool:
    given = (TranscriptWord(word, float(a), float(b)) for word, (a, b) in zip(words, times_s, strict=True))
    return "transcript_mismatch" in timer.time(Transcript(tuple(given)), samples, RATE_HZ).flags
