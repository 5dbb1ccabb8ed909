"""How well words are placed in connected speech where the truth is exact: sentences of espeak-ng.

Its library tells the sample at which each word begins, so words run together as in speech, unlike `spliced_words`.
Six voices, four rates, an open vocabulary; each voice says each sentence at one of the rates. Sentences of which it
says two words as one are left out and counted. Beside it the error of words spread over the speech by their length.
"""

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import Transcript, plain_transcript
from tests.benchmarks._espeak_events import RATE_HZ, Sentence, spoken
from tests.benchmarks.boundary_errors import summary

VOICES = ("en-us", "en-029", "en-gb-scotland", "en-us+f3", "en-us+m3", "en-gb-x-rp+f4")
RATES = (130, 160, 190, 220)
"""Words a minute."""
SENTENCES = (
    "The camera lingers on her face far too long.",
    "Honestly, my grandmother tells better jokes.",
    "Zendaya carries every scene without breaking a sweat.",
    "Nobody warned us about that ridiculous ending!",
    "They spent twelve million dollars and forgot the script.",
    "I'd watch Oppenheimer twice before sitting through this again.",
    "What a gorgeous, heartbreaking, completely unexpected little film.",
    "Her accent wobbles, yet somehow nobody minds.",
    "We couldn't stop laughing when Joey Tribbiani showed up.",
    "Explosions, chases, more explosions; then finally credits.",
    "Children will adore those singing hedgehogs.",
    "His latest thriller drags badly after forty minutes.",
    "Please don't let anybody spoil the second half.",
    "Critics hated it, audiences cheered anyway.",
    "She shrugs, smiles, whispers goodbye, and leaves.",
    "Every joke lands exactly where you'd expect.",
    "Visually stunning but emotionally rather hollow.",
    "That soundtrack deserves three awards, maybe four.",
    "Jealous husbands, missing jewels, yachts; pure escapism.",
    "Our whole family argued about it during breakfast.",
)
LEAD_S = (0.2, 0.8)
PEAK, NOISE_DB = 0.4, -55.0
"""Digital silence is not what microphones give."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sentences", type=int, default=len(SENTENCES), help="the first so many, for each voice")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    timer = WordTimer(WordTimingConfig())
    found: list[tuple[str, int, NDArray[np.float64], NDArray[np.float64]]] = []
    merged = 0
    for voice_number, voice in enumerate(VOICES):
        for number, text in enumerate(SENTENCES[: options.sentences]):
            rate = RATES[(number + voice_number) % len(RATES)]
            sentence = spoken(text, voice, rate)
            if sentence is None:
                merged += 1
                continue
            samples, truth_s = _recorded(sentence, np.random.default_rng([number, voice_number]))
            transcript = plain_transcript(text)
            placed = timer.time(transcript, samples, RATE_HZ).words
            times_s = np.array([(word.start_s, word.end_s) for word in placed])
            found.append(
                (voice, rate, (times_s - truth_s) * 1000.0, (_spread(transcript, truth_s) - truth_s) * 1000.0)
            )
    if not found:
        raise FileNotFoundError("espeak-ng says no sentence with a sample for each of its words")
    every = np.concatenate([errors for *_, errors, _ in found])
    figures: dict[str, Any] = {
        "sentences": len(found),
        "left_out_words_said_as_one": merged,
        "words": len(every),
        **summary(every),
        "start_bias_ms": float(every[:, 0].mean()),
        "end_bias_ms": float(every[:, 1].mean()),
        "mean_ms_first_word_start": float(np.mean([abs(errors[0, 0]) for *_, errors, _ in found])),
        "mean_ms_spread_by_length": float(np.abs(np.concatenate([spread for *_, spread in found])).mean()),
    }
    for kind in VOICES:
        figures[f"mean_ms_voice_{kind}"] = _mean([errors for voice, _, errors, _ in found if voice == kind])
    for words_a_minute in RATES:
        figures[f"mean_ms_rate_{words_a_minute}"] = _mean([each[2] for each in found if each[1] == words_a_minute])
    return figures


def _recorded(sentence: Sentence, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Put silence before and behind the sentence, and a little noise over all of it."""
    lead = np.zeros(int(rng.uniform(*LEAD_S) * RATE_HZ))
    sound = np.concatenate([lead, sentence.samples, np.zeros(RATE_HZ // 2)])
    sound *= PEAK / np.abs(sound).max()
    sound += rng.normal(0.0, PEAK * 10 ** (NOISE_DB / 20), sound.size)
    return sound.astype(np.float32), sentence.truth_s + lead.size / RATE_HZ


def _spread(transcript: Transcript, truth_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the words' times if each lasted by its letters, between the true ends of the sentence."""
    letters = np.cumsum([0.0, *(len(word.text) for word in transcript.words)])
    edges = truth_s[0, 0] + letters / letters[-1] * (truth_s[-1, 1] - truth_s[0, 0])
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _mean(errors: list[NDArray[np.float64]]) -> float | None:
    return float(np.abs(np.concatenate(errors)).mean()) if errors else None
