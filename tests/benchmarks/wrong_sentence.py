"""One wrong sentence inside a right transcript: how often `transcript_mismatch` notices, and what it flags wrongly.

Two to eight clips in a row, half of them cut to their speech so that no pause tells where a sentence ends. One
sentence is replaced by another of its kind (GRID's all have one grammar and share words), or by one of 3 to 11 words
that nobody said, or such a one is inserted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import TimedWords
from tests.benchmarks.alignment import _mixed

RATE_HZ = 16_000
SENTENCES = (2, 8)
MARGIN_S = 0.1
"""Sound left around the speech of a clip that is cut to it."""
FOREIGN = (
    "she never answered",
    "the kettle boiled twice",
    "nobody told me that",
    "my brother sold his bicycle",
    "it rained all day long",
    "we missed the early train",
    "he painted every wall green himself",
    "the price of bread went up",
    "please close the window before leaving",
    "they moved to a smaller house",
    "I never liked cold soup at night",
    "the doctor asked about my mother first",
    "our neighbours keep three very noisy dogs",
    "you should have called me last Tuesday",
    "the old man walked slowly through the garden",
    "some people only listen when they must",
    "I think the meeting was a waste of time",
    "a small boat came back from the other island",
    "his sister teaches music at a school near here",
    "nothing in that letter was true as far as I know",
)
Flags = dict[str, list[bool]]
"""What was written -> whether it was flagged, a recording each."""
Heard = Callable[[str, NDArray[np.float32]], TimedWords]


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A clip: its words, its sound, from when to when it speaks."""

    words: tuple[str, ...]
    samples: NDArray[np.float32]
    """[shape=(N,)]"""
    start_s: float
    end_s: float

    def trimmed(self) -> NDArray[np.float32]:
        """Return the sound of the speech."""
        return self.samples[
            max(0, round((self.start_s - MARGIN_S) * RATE_HZ)) : round((self.end_s + MARGIN_S) * RATE_HZ)
        ]


def one_wrong_sentence(clips: Sequence[Said], timed: Heard, chains: int, noise: str | None, seed: int) -> Flags:
    """Return what was flagged of so many recordings: with their own words, and with each kind of wrong sentence.

    Parameters
    ----------
    clips : sequence of Said
        Of one voice.
    timed : callable
        Words and sound -> their times and flags.
    chains : int
        How many recordings.
    noise : {"white", "babble"} or None
        10 dB below the speech.
    seed : int
    """
    flagged: Flags = {}
    for number in range(chains):
        rng = np.random.default_rng([seed, number])
        samples, texts = _recording(clips, noise, rng)
        for kind, text in texts:
            flagged.setdefault(kind, []).append("transcript_mismatch" in timed(text, samples).flags)
    return flagged


def counted(found: Sequence[Flags]) -> dict[str, str]:
    """Return how many were flagged of how many, by what was written."""
    return {
        kind: f"{sum(sum(part[kind]) for part in found)} of {sum(len(part[kind]) for part in found)}"
        for kind in found[0]
    }


def _recording(
    clips: Sequence[Said], noise: str | None, rng: np.random.Generator
) -> tuple[NDArray[np.float32], list[tuple[str, str]]]:
    count = min(int(rng.integers(SENTENCES[0], SENTENCES[1] + 1)), len(clips))
    picked = [clips[index] for index in rng.choice(len(clips), count, replace=False)]
    tight = bool(rng.integers(2))
    samples = np.concatenate([clip.trimmed() if tight else clip.samples for clip in picked])
    if noise == "white":
        samples = _mixed(samples, rng.standard_normal(samples.size))
    elif noise == "babble":
        voices = rng.choice(len(clips), min(6, len(clips)), replace=False)
        samples = _mixed(samples, sum(np.resize(clips[voice].samples, samples.size) for voice in voices))
    at = int(rng.integers(count))
    others = [clip.words for clip in clips if clip.words != picked[at].words]
    same, foreign = others[int(rng.integers(len(others)))], FOREIGN[int(rng.integers(len(FOREIGN)))].split()
    own = [clip.words for clip in picked]
    return samples, list(_texts(own, at, same, foreign))


def _texts(
    own: Sequence[Sequence[str]], at: int, same: Sequence[str], foreign: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for kind, sentences in (
        ("own", own),
        ("replaced_by_another", [*own[:at], same, *own[at + 1 :]]),
        ("replaced_by_foreign", [*own[:at], foreign, *own[at + 1 :]]),
        ("foreign_inserted", [*own[:at], foreign, *own[at:]]),
    ):
        yield kind, " ".join(word for sentence in sentences for word in sentence)
