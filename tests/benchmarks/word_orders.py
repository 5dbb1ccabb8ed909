"""Words only slightly out of order: how often `transcript_mismatch` notices, and what it flags of the right ones.

The clips of DMD_GRID clean and at 10 dB of white noise and of babble, and sentences of synthetic voices: the first
two words swapped, the last two, two in the middle, the first moved to the end, all rotated by three.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.words import plain_transcript
from tests.benchmarks.alignment import _babble, _white
from tests.benchmarks.grid import FOLDER, RATE_HZ, grid_clips
from tests.benchmarks.mismatch_flag import Sound, _voices

Order = Callable[[Sequence[str]], Sequence[str]]
ORDERS: dict[str, Order] = {
    "own": lambda words: words,
    "first_two_swapped": lambda words: (words[1], words[0], *words[2:]),
    "last_two_swapped": lambda words: (*words[:-2], words[-1], words[-2]),
    "two_in_the_middle_swapped": lambda words: _swapped(words, len(words) // 2),
    "first_to_the_end": lambda words: (*words[1:], words[0]),
    "rotated_by_three": lambda words: (*words[3:], *words[:3]),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--first", type=int, default=0, help="leave out so many clips at the beginning")
    parser.add_argument("--step", type=int, default=1, help="every so many of them")
    parser.add_argument("--without-voices", action="store_true", help="leave out synthetic voices (espeak-ng)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    timer = WordTimer(WordTimingConfig())
    flagged: dict[str, dict[str, list[bool]]] = {}
    gains: dict[str, list[float]] = {}
    for kind, said, samples in (*_grid(options), *(() if options.without_voices else _voices())):
        words = said.split()
        for name, order in ORDERS.items():
            if name != "own" and list(order(words)) == words:
                continue
            timed = timer.time(plain_transcript(" ".join(order(words))), samples, RATE_HZ)
            flagged.setdefault(kind, {}).setdefault(name, []).append("transcript_mismatch" in timed.flags)
            if name == "own":
                gains.setdefault(kind, []).append(float(timed.quality.get("alignment_order_gain", 0.0)))
    return {
        kind: {name: f"{sum(found)} of {len(found)}" for name, found in orders.items()}
        | {"largest_gain_of_right_ones": [round(gain) for gain in sorted(gains[kind])[-3:]]}
        for kind, orders in flagged.items()
    }


def _grid(options: argparse.Namespace) -> Iterator[Sound]:
    clips = grid_clips(options.folder)
    white, babble = _white(clips), _babble(clips)
    for index in range(options.first, len(clips), options.step):
        said = " ".join(clips[index].words)
        yield "grid", said, clips[index].samples
        yield "grid_white_10db", said, white(index)
        yield "grid_babble_10db", said, babble(index)


def _swapped(words: Sequence[str], at: int) -> Sequence[str]:
    return (*words[: at - 1], words[at], words[at - 1], *words[at + 1 :])
