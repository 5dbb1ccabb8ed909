"""How well words are placed where the truth is exact: words of espeak-ng spliced with known gaps.

Five voices, three rates, a seventh of the words in no dictionary. Gaps of 0.08 to 0.5 s after seven words of ten,
none after the others. A word ends where its sound falls under 1 % of its peak: a closure there is not its part, which
an aligner cannot know. Needs espeak-ng.
"""

import argparse
import shutil
from typing import Any

import numpy as np

from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import plain_transcript
from tests.benchmarks.boundary_errors import summary
from tests.extractors.synthetic_speech import RATE_HZ, RATES, VOICES, spliced

WORDS = (
    "movie really never brilliant terrible kitchen yellow funny paper people seven purple shoulder feather window "
    "happy strange machine coffee zebra church vision apple orange easy lovely music answer before dragon silver "
    "throat spring together script actor question hello nothing because please again soon film scene story character "
    "boring amazing horrible awesome director ending laughed cried honestly"
).split()
UNKNOWN = "tribbiani zendaya covid selfie brexit hakuna oppenheimer shrekkish blorptastic".split()
WORDS_EACH = 7


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--utterances", type=int, default=45)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    if shutil.which("espeak-ng") is None:
        raise FileNotFoundError("espeak-ng is not installed; no exact truth can be made")
    timer = WordTimer(WordTimingConfig())
    errors, after_gap, number_of = [], [], []
    for number in range(options.utterances):
        rng = np.random.default_rng([11, number])
        words = [*rng.permutation(WORDS)[: WORDS_EACH - 1], rng.choice(UNKNOWN)]
        speech = spliced(tuple(str(word) for word in rng.permutation(words)), number)
        found = timer.time(plain_transcript(" ".join(speech.words)), speech.samples, RATE_HZ).words
        errors.append((np.array([(word.start_s, word.end_s) for word in found]) - speech.truth_s) * 1000.0)
        apart = speech.truth_s[1:, 0] - speech.truth_s[:-1, 1] > 0.02
        after_gap.append(np.stack([np.append(True, apart), np.append(apart, True)], axis=1))
        number_of.append(np.full(len(found), number))
    every, gaps, numbers = np.concatenate(errors), np.concatenate(after_gap), np.concatenate(number_of)
    size = np.abs(every)
    figures: dict[str, Any] = {
        "utterances": options.utterances,
        "words": len(every),
        **summary(every),
        "start_bias_at_pauses_ms": float(every[:, 0][gaps[:, 0]].mean()),
        "end_bias_at_pauses_ms": float(every[:, 1][gaps[:, 1]].mean()),
    }
    for name, kinds in (("voice", VOICES), ("rate", RATES)):
        for at, kind in enumerate(kinds):
            own = numbers % len(kinds) == at
            figures[f"mean_ms_{name}_{kind}"] = float(size[own].mean()) if own.any() else None
    return figures
