"""How well one speaker's words are placed where cues are late or early: turns of a few words, without pauses.

Clips of DMD_GRID, and sentences of two synthetic voices, follow each other; two speakers take turns of two to six
words, most of them in the middle of a sentence. The edges of every cue are off by so much, each to either side; so a
cue holds words of the next speaker, or lacks some of its own. Errors are those of one speaker's words.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.clips.speakers import said_by
from pipeline.words import Cue, Transcript, TranscriptWord
from tests.benchmarks.grid import FOLDER, RATE_HZ, grid_clips
from tests.benchmarks.wrong_sentence import MARGIN_S

OFF_S = (0.0, 0.3, 0.6)
TURN_WORDS = (2, 6)
CLIPS = 4
FAR_MS = 200.0
SHORTEST_S = 0.2
"""Of a cue, and between the starts of two: files are in order of time."""
Truth = NDArray[np.float64]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--recordings", type=int, default=12, help="so many of each kind")
    parser.add_argument("--without-voices", action="store_true", help="leave out synthetic voices (espeak-ng)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    timer = WordTimer(WordTimingConfig())
    clips = grid_clips(options.folder)
    kinds = {"grid": [[(clip.words, clip.samples, clip.truth_s) for clip in clips]]}
    if not options.without_voices:
        kinds["voices"] = [_spoken(voice) for voice in (0, 3)]
    figures: dict[str, Any] = {}
    for kind, people in kinds.items():
        for off_s in OFF_S:
            errors, flagged = [], []
            for number in range(options.recordings):
                rng = np.random.default_rng([9, number])
                words, samples, truth_s = _recording(people, rng)
                transcript, own = _turns(words, truth_s, off_s, samples.size / RATE_HZ, rng)
                found = timer.time(said_by(transcript, "A"), samples, RATE_HZ)
                times_s = np.array([(word.start_s, word.end_s) for word in found.words])
                errors.append(np.abs(times_s - truth_s[own]) * 1000.0)
                flagged.append("transcript_mismatch" in found.flags)
            every = np.concatenate(errors)
            figures[f"{kind}_{off_s:.1f}_s_off"] = {
                "words": len(every),
                "mean_ms": float(every.mean()),
                "beyond_200_ms": float((every.max(axis=1) > FAR_MS).mean()),
                "flagged": f"{sum(flagged)} of {len(flagged)}",
            }
    return figures


Sentence = tuple[tuple[str, ...], NDArray[np.float32], Truth]


def _spoken(voice: int) -> list[Sentence]:
    """Return sentences of a synthetic voice with the truth about their words."""
    from tests.benchmarks._espeak_events import spoken
    from tests.benchmarks.connected_words import RATES, SENTENCES, VOICES, _recorded

    found = []
    for number, text in enumerate(SENTENCES):
        sentence = spoken(text, VOICES[voice], RATES[(number + voice) % len(RATES)])
        if sentence is not None:
            found.append((tuple(text.split()), *_recorded(sentence, np.random.default_rng([number, voice]))))
    return found


def _recording(
    people: Sequence[Sequence[Sentence]], rng: np.random.Generator
) -> tuple[list[str], NDArray[np.float32], Truth]:
    """Put clips in a row, cut to their speech; half of the time a pause of up to a second is left between two."""
    words: list[str] = []
    pieces: list[NDArray[np.float32]] = []
    truth, at = [], 0
    for place in range(CLIPS):
        clips = people[place % len(people)]
        said, samples, truth_s = clips[int(rng.integers(len(clips)))]
        first = max(0, round((truth_s[0, 0] - MARGIN_S) * RATE_HZ))
        last = round((truth_s[-1, 1] + MARGIN_S + rng.integers(2) * rng.uniform(0.0, 1.0)) * RATE_HZ)
        piece = samples[first:last]
        words += said
        truth.append(truth_s + (at - first) / RATE_HZ)
        pieces.append(piece)
        at += piece.size
    return words, np.concatenate(pieces), np.concatenate(truth)


def _turns(
    words: Sequence[str], truth_s: Truth, off_s: float, duration_s: float, rng: np.random.Generator
) -> tuple[Transcript, list[int]]:
    """Return what two people say in turns, and which words are the first one's."""
    cues: list[Cue] = []
    own: list[int] = []
    first = 0
    while first < len(words):
        end = min(len(words), first + int(rng.integers(TURN_WORDS[0], TURN_WORDS[1] + 1)))
        start_s = float(truth_s[first, 0] + off_s * rng.choice([-1, 1]))
        start_s = min(max(start_s, cues[-1].start_s + SHORTEST_S if cues else 0.0), duration_s - SHORTEST_S)
        end_s = min(max(float(truth_s[end - 1, 1] + off_s * rng.choice([-1, 1])), start_s + SHORTEST_S), duration_s)
        speaker = "AB"[len(cues) % 2]
        cues.append(Cue(start_s, end_s, first, end, speaker))
        own += range(first, end) if speaker == "A" else ()
        first = end
    return Transcript(tuple(TranscriptWord(word) for word in words), "en", tuple(cues)), own
