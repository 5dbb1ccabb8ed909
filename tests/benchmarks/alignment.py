"""How well words are placed: clips with known word times, clean, in noise, and with the wrong words.

Reads the folder named by DMD_GRID. Errors are those of starts and ends of all words, pooled.
"""

import argparse
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import TimedWords, WordTimer, WordTimingConfig
from pipeline.words import Transcript, plain_transcript
from tests.benchmarks.boundary_errors import summary
from tests.benchmarks.grid import FOLDER, RATE_HZ, GridClip, grid_clips

SNR_DB = 10.0
BABBLE_VOICES = 6
FOREIGN = "the old man walked slowly through the quiet garden"
"""A sentence that nobody said, spliced into the transcript."""
FAILED_FIT = -100.0
"""Fit of a transcript that the sound cannot hold: below every other."""
DRAWN, DRAWS_SEED, AIM_MS = 20, 5, 45.0
MOST_OTHERS = 40
"""Other transcripts tried on each clip; all of them in folders of up to 41 clips."""

Noisy = Callable[[int], NDArray[np.float32]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--clean-only", action="store_true", help="leave out noise and mismatches")
    parser.add_argument("--draws", type=int, default=0, help="instead: noise for so many random draws of 20 clips")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    clips = grid_clips(options.folder)
    timer = WordTimer(WordTimingConfig())
    timer.time(clips[0].transcript, clips[0].samples, RATE_HZ)  # loads the models
    if options.draws:
        return _draws(timer, clips, options.draws)
    begun = time.process_time()
    timed = [_timed(timer, clip.transcript, clip.samples) for clip in clips]
    cpu_s = time.process_time() - begun
    figures = {**_errors(clips, timed), "cpu_s_per_audio_s": cpu_s / sum(clip.duration_s for clip in clips)}
    if options.clean_only:
        return figures
    figures |= _mismatches(timer, clips, timed)
    for name, errors in _in_noise(timer, clips).items():
        figures[f"{name}_mean_ms_10db"] = errors["mean_ms"]
        figures[f"{name}_within_100ms_10db"] = errors["within_100ms"]
        figures[f"{name}_failures_10db"] = errors["failures"]
    return figures


def _in_noise(timer: WordTimer, clips: list[GridClip]) -> dict[str, dict[str, Any]]:
    """Errors in each kind of noise; the babble is made of the clips themselves."""
    return {
        name: _errors(clips, [_timed(timer, clip.transcript, noisy(index)) for index, clip in enumerate(clips)])
        for name, noisy in (("white", _white(clips)), ("babble", _babble(clips)))
    }


def _draws(timer: WordTimer, clips: list[GridClip], count: int) -> dict[str, Any]:
    """Mean errors of random draws: the noise, and above all whose voices are in the babble, changes with the draw."""
    rng = np.random.default_rng(DRAWS_SEED)
    drawn = [sorted(rng.choice(len(clips), min(DRAWN, len(clips)), replace=False)) for _ in range(count)]
    found = [_in_noise(timer, [clips[index] for index in draw]) for draw in drawn]
    figures: dict[str, Any] = {"draws": count, "clips_each": min(DRAWN, len(clips))}
    for name in found[0]:
        means = [each[name]["mean_ms"] for each in found]
        figures[f"{name}_mean_ms"] = float(np.mean(means))
        figures[f"{name}_mean_ms_of_each"] = [round(mean, 1) for mean in means]
        figures[f"{name}_draws_above_45_ms"] = sum(mean > AIM_MS for mean in means)
        figures[f"{name}_failures"] = sum(each[name]["failures"] for each in found)
    return figures


def _timed(timer: WordTimer, transcript: Transcript, samples: NDArray[np.float32]) -> TimedWords:
    return timer.time(transcript, samples, RATE_HZ)


def _failed(timed: TimedWords) -> bool:
    """A clip fails when its words were not found in the sound but spread over it."""
    return any(word.rung == "proportional" for word in timed.words)


def _errors(clips: Iterable[GridClip], timed: Iterable[TimedWords]) -> dict[str, Any]:
    rows, first, failures = [], [], 0
    for clip, found in zip(clips, timed, strict=True):
        if _failed(found) or len(found.words) != len(clip.words):
            failures += 1
            continue
        times_s = np.array([(word.start_s, word.end_s) for word in found.words])
        rows.append(np.abs(times_s - clip.truth_s) * 1000.0)
        first.append(rows[-1][0, 0])
    errors = np.concatenate(rows) if rows else np.full((1, 2), np.nan)
    return {
        "clips": len(rows) + failures,
        "words": sum(len(row) for row in rows),
        "failures": failures,
        **summary(errors),
        "first_word_start_mean_ms": float(np.mean(first)) if first else float("nan"),
    }


def _mismatches(timer: WordTimer, clips: list[GridClip], matched: list[TimedWords]) -> dict[str, Any]:
    """Every clip with every other clip's words, with its own words permuted, with a foreign sentence in them."""
    rng = np.random.default_rng(4)
    wrong: dict[str, list[TimedWords]] = {"other": [], "permuted": [], "spliced": []}
    for clip in clips:
        others = sorted({other.words for other in clips} - {clip.words})
        for words in (
            others
            if len(others) <= MOST_OTHERS
            else [others[i] for i in rng.choice(len(others), MOST_OTHERS, replace=False)]
        ):
            wrong["other"].append(_timed(timer, plain_transcript(" ".join(words)), clip.samples))
        permuted = clip.words
        while permuted == clip.words and len(set(clip.words)) > 1:
            permuted = tuple(str(word) for word in rng.permutation(clip.words))
        wrong["permuted"].append(_timed(timer, plain_transcript(" ".join(permuted)), clip.samples))
        at = int(rng.integers(0, len(clip.words) + 1))
        spliced = " ".join((*clip.words[:at], FOREIGN, *clip.words[at:]))
        wrong["spliced"].append(_timed(timer, plain_transcript(spliced), clip.samples))
    right = _fits(matched)
    every = np.concatenate([_fits(timed) for timed in wrong.values()])
    figures = {"mismatch_auc": _area(right, every)}
    figures |= {f"mismatch_auc_{kind}": _area(right, _fits(timed)) for kind, timed in wrong.items()}
    figures["mismatch_miss_at_1_percent_false_alarms"] = float((every >= np.quantile(right, 0.01)).mean())
    figures["mismatches"] = every.size
    figures["flagged_of_matched"] = _share_flagged(matched)
    figures["flagged_of_mismatched"] = _share_flagged([each for timed in wrong.values() for each in timed])
    return figures


def _fits(timed: Iterable[TimedWords]) -> NDArray[np.float64]:
    return np.array([float(each.quality.get("alignment_fit", FAILED_FIT)) for each in timed])


def _share_flagged(timed: list[TimedWords]) -> float:
    return sum("transcript_mismatch" in each.flags for each in timed) / len(timed)


def _area(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """Area under the ROC curve: how often a right transcript fits better than a wrong one."""
    above = (right[:, None] > wrong[None, :]).mean() + 0.5 * (right[:, None] == wrong[None, :]).mean()
    return float(above)


def _white(clips: list[GridClip]) -> Noisy:
    def noisy(index: int) -> NDArray[np.float32]:
        noise = np.random.default_rng([10, index]).standard_normal(clips[index].samples.size)
        return _mixed(clips[index].samples, noise)

    return noisy


def _babble(clips: list[GridClip]) -> Noisy:
    def noisy(index: int) -> NDArray[np.float32]:
        rng = np.random.default_rng([20, index])
        others = [other for other in range(len(clips)) if other != index]
        voices = rng.choice(others, min(BABBLE_VOICES, len(others)), replace=False)
        size = clips[index].samples.size
        return _mixed(clips[index].samples, sum(np.resize(clips[voice].samples, size) for voice in voices))

    return noisy


def _mixed(speech: NDArray[np.float32], noise: Any) -> NDArray[np.float32]:
    """Speech with noise 10 dB below its mean power, as 16 bit sound would hold it."""
    noise = np.asarray(noise, np.float64)
    gain = np.sqrt(np.mean(speech.astype(np.float64) ** 2) / np.mean(noise**2) / 10 ** (SNR_DB / 10))
    return np.clip(speech + gain * noise, -1.0, 1.0).astype(np.float32)
