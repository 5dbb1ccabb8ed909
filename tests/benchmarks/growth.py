"""How cost grows: with clips, their length, the batch, the words a clip. CPU seconds, one table; `--plot` draws it.

- `clips`: a clip in `dmd extract` with one worker, words and starting up included: those of `DMD_GRID` (else the
  sample clips) in turn.
- `seconds`: a second of a recording, extracted in this process, models loaded: a sample clip and its words, looped.
- `batch`: a sample scored by DMD in a batch of so many, one thread.
- `words`: a sample scored in a batch of 64, in sequences of so many words.
"""

import argparse
import csv
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import torch

from dmd.config import preset
from dmd.system import DmdSystem
from extractors.extraction import Extractor
from pipeline.clip import Clip
from pipeline.sources import read_source
from pipeline.words import plain_transcript
from tests.benchmarks._numbers import at_least_one
from tests.benchmarks._published import arrays
from tests.benchmarks.extraction import DATA, clips_at_hand
from tests.benchmarks.flow import SAMPLE, _cpu_s
from tests.benchmarks.memory import _write

Costs = dict[int, float]
TITLES = {
    "clips": ("clips of a run", "CPU-s a clip"),
    "seconds": ("seconds of a recording", "CPU-s a second"),
    "batch": ("clips scored together", "CPU-s a clip"),
    "words": ("words a clip", "CPU-s a clip"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--clips", type=at_least_one, nargs="*", default=[17, 100, 1000])
    parser.add_argument("--seconds", type=at_least_one, nargs="*", default=[1, 10, 60, 600, 1800])
    parser.add_argument("--rate", type=at_least_one, default=5, help="pictures a second of the recordings")
    parser.add_argument("--batch", type=at_least_one, nargs="*", default=[1, 4, 16, 64, 256, 1024])
    parser.add_argument("--words", type=at_least_one, nargs="*", default=[10, 20, 30, 40, 50])
    parser.add_argument("--repeats", type=at_least_one, default=5, help="of what takes less than a second")
    parser.add_argument("--plot", type=Path, help="draw the four curves into this file (.svg, .png)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures: for each question, cost by size."""
    torch.set_num_threads(1)
    (sample,) = (clip for clip in read_source(DATA).clips if clip.clip_id == SAMPLE)
    with tempfile.TemporaryDirectory(prefix="dmd-growth-") as name:
        folder = Path(name)
        figures = {
            "batch": {size: _score_s(size, 50, options.repeats) for size in options.batch},
            "words": {count: _score_s(64, count, options.repeats) for count in options.words},
            "seconds": _by_length(folder, sample, options.seconds, options.rate),
            "clips": {count: _run_s(folder, clips_at_hand(), count) for count in options.clips},
        }
    if options.plot is not None:
        _draw(figures, options.plot)
    return {"rate_hz": options.rate, "torch": torch.__version__, **figures}


def _score_s(batch: int, words: int, repeats: int) -> float:
    """Return what a sample costs."""
    lengths = {"text_length": words, "audio_length": words, "face_length": words}
    system = DmdSystem(preset("mosi_aligned", **lengths))
    inputs = arrays(system.config, batch)[:3]
    return _median_s(lambda: system.score(*inputs), repeats) / batch


def _median_s(work: Callable[[], object], repeats: int) -> float:
    work()
    costs = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        costs.append(time.process_time() - began)
    return median(costs)


def _by_length(folder: Path, sample: Clip, lengths: list[int], rate: int) -> Costs:
    assert sample.path is not None and sample.transcript is not None
    text = " ".join(word.text for word in sample.transcript.words)
    extractor = Extractor()
    loop_s = extractor.extract(sample).duration_s
    costs = {}
    for length_s in lengths:
        path = folder / f"{length_s}.mkv"
        _write(path, (640, 360), max(length_s, loop_s), rate)
        turns = max(1, round(length_s / loop_s))
        end_s = float(length_s) if length_s < loop_s else None
        said = plain_transcript(" ".join([text] * turns) if end_s is None else text.split()[0])
        began = time.process_time()
        clip = extractor.extract(Clip(str(length_s), path, said, start_s=None if end_s is None else 0.0, end_s=end_s))
        costs[length_s] = (time.process_time() - began) / clip.duration_s
        path.unlink()
    return costs


def _run_s(folder: Path, clips: Sequence[Clip], count: int) -> float:
    """Return what a clip costs in a run of so many: these in turn, under names of their own."""
    environment = {**os.environ, "DMD_STATE": str(folder / "state"), "PREFECT_HOME": ""}
    del environment["PREFECT_HOME"]
    source = folder / f"clips-{count}.csv"
    for clip in clips:
        assert clip.path is not None
        shutil.copyfile(clip.path, folder / clip.path.name)
    with source.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "id", "text"])
        for number, clip in zip(range(count), cycle(clips), strict=False):
            assert clip.path is not None and clip.transcript is not None
            said = " ".join(word.text for word in clip.transcript.words)
            writer.writerow([clip.path.name, f"clip-{number}", said])
    return _cpu_s(["extract", str(source), "--out", str(folder / f"store-{count}")], environment) / count


def _draw(figures: Mapping[str, Costs], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    for axes, (name, (size, cost)) in zip(figure.subplots(2, 2).flat, TITLES.items(), strict=True):
        costs = figures[name]
        axes.plot([*costs], [*costs.values()], "o-", color="#2166ac")
        axes.set(xlabel=size, ylabel=cost, xscale="linear" if name == "words" else "log", ylim=(0, None))
        axes.grid(alpha=0.3)
    figure.savefig(path)
