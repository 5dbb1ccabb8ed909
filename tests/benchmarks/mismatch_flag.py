"""What `transcript_mismatch` gets wrong by default: false alarms and misses on every kind of sound that has a truth.

The clips of DMD_GRID clean and at 10 dB of white noise and of babble; sentences of synthetic voices that ran together
(every second one: the bound was chosen on the others); the sample clips. Each with its own words, with another
transcript of its kind, with its own words permuted. Then recordings of several of them in a row, with one wrong
sentence (`wrong_sentence`), and words with times of their own (`given_times`).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.wordtiming import TimedWords, WordTimer, WordTimingConfig
from pipeline.sources import read_source
from pipeline.streams import MediaReader
from pipeline.words import plain_transcript
from tests.benchmarks.alignment import _babble, _white
from tests.benchmarks.connected_words import RATES, SENTENCES, VOICES, _recorded
from tests.benchmarks.given_times import given_times
from tests.benchmarks.grid import FOLDER, RATE_HZ, grid_clips
from tests.benchmarks.wrong_sentence import Said, counted, one_wrong_sentence

SAMPLES = Path(__file__).parents[2] / "data"
OTHERS = 2
"""Other transcripts tried on each sound."""
Sound = tuple[str, str, NDArray[np.float32]]
"""Set, words that are said, samples."""
GRID_SETS = {"grid": None, "grid_white_10db": "white", "grid_babble_10db": "babble"}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--clips", type=int, default=17, help="at most this many of them")
    parser.add_argument("--chains", type=int, default=24, help="recordings of several clips with one wrong sentence")
    parser.add_argument("--without-voices", action="store_true", help="leave out synthetic voices (espeak-ng)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    timer = WordTimer(WordTimingConfig())
    sounds = [*_grid(options), *_samples(), *(() if options.without_voices else _voices())]
    rng = np.random.default_rng(8)
    flagged: dict[str, dict[str, list[bool]]] = {}
    names: list[str] = []
    for kind, said, samples in sounds:
        own = flagged.setdefault(kind, {"own": [], "other": [], "permuted": []})
        others = sorted({text for where, text, _ in sounds if where == kind} - {said})
        own["own"].append(_flagged(timer, said, samples))
        names += [f"{kind}: {said}"] if own["own"][-1] else []
        for other in rng.choice(others, min(OTHERS, len(others)), replace=False):
            own["other"].append(_flagged(timer, str(other), samples))
        own["permuted"].append(_flagged(timer, " ".join(rng.permutation(said.split())), samples))
    figures: dict[str, Any] = {
        kind: {
            "clips": len(found["own"]),
            "false_alarms": float(np.mean(found["own"])),
            "missed_other": 1.0 - float(np.mean(found["other"])),
            "missed_permuted": 1.0 - float(np.mean(found["permuted"])),
        }
        for kind, found in flagged.items()
    }
    given = given_times(timer, grid_clips(options.folder)[: options.clips])
    return figures | {
        "flagged_by_mistake": names,
        "one_wrong_sentence": _in_a_row(timer, options),
        "given_times": given,
    }


def _in_a_row(timer: WordTimer, options: argparse.Namespace) -> dict[str, Any]:
    def timed(text: str, samples: NDArray[np.float32]) -> TimedWords:
        return timer.time(plain_transcript(text), samples, RATE_HZ)

    clips = [
        Said(clip.words, clip.samples, float(clip.truth_s[0, 0]), float(clip.truth_s[-1, 1]))
        for clip in grid_clips(options.folder)
    ]
    found = {
        kind: counted([one_wrong_sentence(clips, timed, options.chains, noise, seed=5)])
        for kind, noise in GRID_SETS.items()
    }
    if not options.without_voices:
        each = -(-options.chains // len(VOICES))
        spoken = [
            one_wrong_sentence(_sentences(voice), timed, each, None, seed=voice) for voice in range(len(VOICES))
        ]
        found["voices"] = counted(spoken)
    return found


def _flagged(timer: WordTimer, text: str, samples: NDArray[np.float32]) -> bool:
    return "transcript_mismatch" in timer.time(plain_transcript(text), samples, RATE_HZ).flags


def _grid(options: argparse.Namespace) -> Iterator[Sound]:
    clips = grid_clips(options.folder)
    white, babble = _white(clips), _babble(clips)
    for index, clip in enumerate(clips[: options.clips]):
        said = " ".join(clip.words)
        yield "grid", said, clip.samples
        yield "grid_white_10db", said, white(index)
        yield "grid_babble_10db", said, babble(index)


def _samples() -> Iterator[Sound]:
    for clip in read_source(SAMPLES).clips:
        if clip.path is None or clip.transcript is None or clip.video_id == "broken":
            continue
        with MediaReader(clip.path) as reader:
            audio = reader.audio()
        if audio is not None:
            yield "samples", clip.transcript.text, audio.samples


def _voices() -> Iterator[Sound]:
    for voice in range(len(VOICES)):
        yield from (("voices", " ".join(said.words), said.samples) for said in _sentences(voice))


def _sentences(voice: int) -> list[Said]:
    """Return every second sentence of a voice: the bound was chosen on the others."""
    from tests.benchmarks._espeak_events import spoken

    found = []
    for number, text in enumerate(SENTENCES):
        sentence = spoken(text, VOICES[voice], RATES[(number + voice) % len(RATES)])
        if sentence is not None and (number + voice) % 2:
            samples, truth_s = _recorded(sentence, np.random.default_rng([number, voice]))
            found.append(Said(tuple(text.split()), samples, float(truth_s[0, 0]), float(truth_s[-1, 1])))
    return found
