"""How well the words of a long recording are placed: shuffled clips, silence, noise, strangers.

Between the clips stand one to four seconds of silence, or of noise; every tenth clip is not in the transcript, and
after every tenth the transcript has a sentence that nobody says. With ``--between`` every fourth gap is 4 to 11
seconds of one kind of sound instead. Reads the folder named by DMD_GRID.
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import plain_transcript
from tests.benchmarks.boundary_errors import summary
from tests.benchmarks.grid import FOLDER, RATE_HZ, GridClip, grid_clips
from tests.benchmarks.music import MUSIC

NOBODY_SAYS = (
    "the old man walked slowly through the quiet garden",
    "it was never going to work like that anyway",
    "my sister bought a new yellow bicycle",
)
ABSENT = (-1.0, -1.0)
BETWEEN = ("silence", "noise", *MUSIC)
FAR_MS = 1000.0


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=7, help="of the order, the gaps and the noise")
    parser.add_argument("--between", choices=BETWEEN, help="what every fourth gap consists of")
    parser.add_argument("--level", type=float, default=0.05, help="its root mean square; GRID speech has 0.15")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    clips = grid_clips(options.folder)
    samples, words, truth, said_in = _recording(
        clips, options.minutes * 60.0, options.seed, options.between, options.level
    )
    timer = WordTimer(WordTimingConfig())
    timer.time(clips[0].transcript, clips[0].samples, RATE_HZ)  # loads the models
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.process_time()
    found = timer.time(plain_transcript(" ".join(words)), samples, RATE_HZ)
    cpu_s = time.process_time() - begun
    there = np.array([start >= 0.0 for start, _ in truth])
    times_s = np.array([(word.start_s, word.end_s) for word in found.words])
    placed = np.array([word.rung != "proportional" for word in found.words])
    errors = np.abs(times_s - np.array(truth))[there & placed] * 1000.0
    trust = np.array([word.confidence for word in found.words])
    far = np.abs(times_s - np.array(truth)).max(axis=1) * 1000.0 > FAR_MS
    return {
        "minutes": samples.size / RATE_HZ / 60.0,
        "words": len(words),
        "words_spoken": int(there.sum()),
        "spoken_but_not_placed": int((there & ~placed).sum()),
        **summary(errors),
        "words_1s_off": int((there & far).sum()),
        "of_them_confident": int((there & far & (trust >= 0.5)).sum()),
        "flags": list(found.flags),
        **_against_alone(timer, clips, np.abs(times_s - np.array(truth)).mean(axis=1) * 1000.0, placed, said_in),
        "mean_ms_where_confident": float(np.abs(times_s - np.array(truth))[there & (trust >= 0.5)].mean() * 1000.0),
        "confident_of_spoken": float((trust[there] >= 0.5).mean()),
        "confident_of_absent": float((trust[~there] >= 0.5).mean()),
        "cpu_s_per_audio_s": cpu_s / (samples.size / RATE_HZ),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rss_mb_before": before_mb,
    }


def _recording(
    clips: list[GridClip], seconds: float, seed: int, between: str | None = None, level: float = 0.0
) -> tuple[NDArray[np.float32], list[str], list[tuple[float, float]], list[int]]:
    """Return the sound, the transcript, and the true times and the clip of each of its words (-1: said by nobody)."""
    rng = np.random.default_rng(seed)
    pieces, words, truth, said_in, at, number = [], [], [], [], 0, 0
    while at < seconds * RATE_HZ:
        for index in rng.permutation(len(clips)):
            clip = clips[int(index)]
            if number % 10 != 6:
                words += clip.words
                said_in += [int(index)] * len(clip.words)
                truth += [(start + at / RATE_HZ, end + at / RATE_HZ) for start, end in clip.truth_s.tolist()]
            if number % 10 == 3:
                unsaid = NOBODY_SAYS[number // 10 % len(NOBODY_SAYS)].split()
                words += unsaid
                truth += [ABSENT] * len(unsaid)
                said_in += [-1] * len(unsaid)
            gap = rng.normal(0.0, 0.02 if number % 4 == 1 else 0.0005, int(rng.uniform(1.0, 4.0) * RATE_HZ))
            if between and number % 4 == 1:
                gap = level * _sound(between, rng.uniform(4.0, 11.0), rng)
            pieces += [clip.samples, gap.astype(np.float32)]
            at += clip.samples.size + gap.size
            number += 1
            if at >= seconds * RATE_HZ:
                break
    return np.concatenate(pieces), words, truth, said_in


def _sound(kind: str, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return sound with an effective level of 1; silence has none."""
    if kind in MUSIC:
        return MUSIC[kind](seconds, rng)
    size = round(seconds * RATE_HZ)
    return rng.normal(0.0, 1.0, size) if kind == "noise" else np.zeros(size)


def _against_alone(
    timer: WordTimer,
    clips: list[GridClip],
    errors_ms: NDArray[np.float64],
    placed: NDArray[np.bool_],
    said_in: list[int],
) -> dict[str, float]:
    """Return how much larger the mean error is than in the clips alone; the interval draws whole clips."""
    here, alone = [], []
    for index, clip in enumerate(clips):
        rows = (np.array(said_in) == index) & placed
        if not rows.any():
            continue
        found = timer.time(clip.transcript, clip.samples, RATE_HZ).words
        apart = np.abs(np.array([(word.start_s, word.end_s) for word in found]) - clip.truth_s)
        here.append((errors_ms[rows].sum(), rows.sum()))
        alone.append((apart.mean() * 1000.0, 1.0))
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(here), size=(2000, len(here)))

    def mean(of: list[tuple[float, float]], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        sums = np.array(of)[rows].sum(axis=-2)
        return np.asarray(sums[..., 0] / sums[..., 1])

    every = np.arange(len(here))
    low, high = np.quantile(mean(here, drawn) - mean(alone, drawn), [0.025, 0.975])
    return {
        "alone_mean_ms": float(mean(alone, every)),
        "difference_ms": float(mean(here, every) - mean(alone, every)),
        "difference_low_ms": float(low),
        "difference_high_ms": float(high),
    }
