"""What it costs to place the words of short clips, by kind of voice: CPU-s a second of audio, models loaded.

The clips of DMD_GRID, clean and at 10 dB of white noise and of babble; the sample clips; each synthetic voice of
`connected_words`; and any clips with transcripts (`--source`, as `dmd extract` takes them).
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.one_core import one_core
from extractors.wordtiming import WordTimer, WordTimingConfig
from pipeline.sources import read_source
from pipeline.streams import MediaReader
from pipeline.words import Transcript, plain_transcript
from tests.benchmarks.alignment import _babble, _white
from tests.benchmarks.connected_words import RATES, SENTENCES, VOICES, _recorded
from tests.benchmarks.grid import FOLDER, RATE_HZ, grid_clips

SAMPLES = Path(__file__).parents[2] / "data"
Sound = tuple[str, Transcript, NDArray[np.float32]]
"""Kind of voice, words, samples at 16 kHz."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="clips with truth, instead of DMD_GRID")
    parser.add_argument("--source", type=Path, help="clips with transcripts of your own")
    parser.add_argument("--repeats", type=int, default=3, help="the cheapest of so many counts")
    parser.add_argument("--without-voices", action="store_true", help="leave out synthetic voices (espeak-ng)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    timer = WordTimer(WordTimingConfig())
    sounds = [*_grid(options.folder), *_clips(SAMPLES, "samples")]
    sounds += [] if options.without_voices else _voices()
    sounds += _clips(options.source, "source") if options.source else []
    shares: dict[str, list[float]] = {}
    with one_core():
        timer.time(sounds[0][1], sounds[0][2], RATE_HZ)  # loads the models and the compiled search
        for kind, transcript, samples in sounds:
            spent_s = min(_spent_s(timer, transcript, samples) for _ in range(options.repeats))
            shares.setdefault(kind, []).append(spent_s / (samples.size / RATE_HZ))
    return {
        kind: {"clips": len(each), "median": median(each), "mean": sum(each) / len(each), "most": max(each)}
        for kind, each in shares.items()
    }


def _spent_s(timer: WordTimer, transcript: Transcript, samples: NDArray[np.float32]) -> float:
    begun = time.process_time()
    timer.time(transcript, samples, RATE_HZ)
    return time.process_time() - begun


def _grid(folder: Path) -> Iterator[Sound]:
    clips = grid_clips(folder)
    white, babble = _white(clips), _babble(clips)
    for index, clip in enumerate(clips):
        yield "grid", clip.transcript, clip.samples
        yield "grid_white_10db", clip.transcript, white(index)
        yield "grid_babble_10db", clip.transcript, babble(index)


def _clips(source: Path, kind: str) -> Iterator[Sound]:
    for clip in read_source(source).clips:
        if clip.path is None or clip.transcript is None or clip.video_id == "broken":
            continue
        with MediaReader(clip.path) as reader:
            audio = reader.audio()
        if audio is not None:
            yield kind, clip.transcript, audio.samples


def _voices() -> Iterator[Sound]:
    from tests.benchmarks._espeak_events import spoken

    for voice_number, voice in enumerate(VOICES):
        for number, text in enumerate(SENTENCES):
            sentence = spoken(text, voice, RATES[(number + voice_number) % len(RATES)])
            if sentence is not None:
                samples, _ = _recorded(sentence, np.random.default_rng([number, voice_number]))
                yield f"voice {voice}", plain_transcript(text), samples
