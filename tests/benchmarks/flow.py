"""What the flows cost beside the work: time to a first score, Prefect's share a clip, clips a second.

- `first_result_s`: wall seconds of `dmd score` on one sample clip, while Prefect's server is still
  there from the command before; `first_result_cold_s`: without one; `first_result_cpu_s`: CPU seconds of the command
  and its worker, which do not depend on what else the machine does; `stages`: what they go into.
- `prefect_overhead_s_per_clip`: CPU seconds that a clip costs more in a flow with a worker process than in a loop.
  Measured on clips of text alone, from the difference between many and few, so that starting up is not counted; the
  server's own share is not in it.
- `clips_per_s`: the clips of `DMD_GRID` (else the sample clips) through `dmd extract` with two workers, start-up
  included.
"""

import argparse
import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from extractors.extraction import Extractor
from pipeline.clip import Clip
from pipeline.sources import read_source
from pipeline.store import FeatureStore
from pipeline.words import plain_transcript
from tests.benchmarks._numbers import at_least_one
from tests.benchmarks.extraction import DATA, clips_at_hand

SENTENCE = "what a wonderful film it was and how much we enjoyed every minute of it"
SAMPLE = "anna$_$1"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--few", type=at_least_one, default=20, help="clips of the smaller run")
    parser.add_argument("--many", type=at_least_one, default=220, help="clips of the larger run")
    parser.add_argument("--repeats", type=at_least_one, default=3, help="times the first result is measured")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "DMD_STATE": str(folder / "state"), "PREFECT_HOME": ""}
        del environment["PREFECT_HOME"]
        first = _table(folder / "one.csv", [clip for clip in read_source(DATA).clips if clip.clip_id == SAMPLE])
        score = ["score", str(first), "--out", str(folder / "scores.csv")]
        cold_s = _wall_s(score, environment)
        warm_s, warm_cpu_s = [], []
        for _ in range(options.repeats):
            began = time.perf_counter()
            warm_cpu_s.append(_cpu_s(score, environment))
            warm_s.append(time.perf_counter() - began)
        clips = clips_at_hand()
        source = _table(folder / "clips.csv", clips)
        extract = ["extract", str(source), "--out", str(folder / "store"), "--workers", "2"]
        extract_s = _wall_s(extract, environment)
        overhead_s = _overhead_s(folder, environment, options.few, options.many)
    return {
        "first_result_s": median(warm_s),
        "first_result_cold_s": cold_s,
        "first_result_cpu_s": median(warm_cpu_s),
        "stages": _start_up(),
        "prefect_overhead_s_per_clip": overhead_s,
        "clips_per_s": len(clips) / extract_s,
        "clips": len(clips),
        "workers": 2,
    }


def _start_up() -> dict[str, float]:
    """Return the CPU seconds of what a first result waits for, each in a process that has loaded what it needs."""
    extract = f"""
from extractors.extraction import Extractor
from pathlib import Path
from pipeline.sources import read_source
import mediapipe, scipy.signal, transformers.models.bert.modeling_bert
clip = next(c for c in read_source(Path({str(DATA)!r})).clips if c.clip_id == {SAMPLE!r})
extractor = Extractor()
"""
    prepared = "from flows.settings import prepare; prepare(); import flows.requests"
    parts = {
        "command_prefect": (prepared, "import flows.scoring"),
        "command_torch": ("", "import torch"),
        "command_model": ("import torch", "from dmd.runs.checkpoint import load_run; "
                          "from dmd.runs.starter import starter_run; import dmd.scoring; "
                          "load_run(starter_run(), 'cpu').systems"),
        "worker_torch": ("", "import torch"),
        "worker_transformers": ("import torch", "import transformers.models.bert.modeling_bert"),
        "worker_mediapipe": ("import torch", "import mediapipe"),
        "worker_scipy": ("import torch", "import scipy.signal"),
        "worker_first_clip": (extract, "extractor.extract(clip)"),
        "worker_second_clip": (extract + "extractor.extract(clip)", "extractor.extract(clip)"),
    }  # fmt: skip
    return {name: _part_s(before, work) for name, (before, work) in parts.items()}


def _part_s(before: str, work: str) -> float:
    """Return what a piece of code costs a fresh process after another piece of code."""
    code = f"import time\n{before}\nbegan = time.process_time()\n{work}\nprint(time.process_time() - began)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(found.stdout.split()[-1])


def _overhead_s(folder: Path, environment: dict[str, str], few: int, many: int) -> float:
    costs = {}
    for count in (few, many):
        table = _table(folder / f"{count}.csv", _spoken(count))
        arguments = ["extract", str(table), "--out", str(folder / f"store-{count}")]
        costs[count] = _cpu_s(arguments, environment) - _loop_s(table, folder / f"plain-{count}")
    return (costs[many] - costs[few]) / (many - few)


def _loop_s(table: Path, out: Path) -> float:
    """Return the CPU seconds of the same clips in a plain loop, models loaded."""
    extractor, store = Extractor(), FeatureStore(out, create=True)
    clips = read_source(table).clips
    extractor.extract(clips[0])
    began = time.process_time()
    for clip in clips:
        store.write(extractor.extract(clip))
    return time.process_time() - began


def _spoken(count: int) -> list[Clip]:
    return [Clip(str(number), None, plain_transcript(f"{SENTENCE} {number}")) for number in range(count)]


def _table(path: Path, clips: Sequence[Clip]) -> Path:
    """Write a manifest, and beside it the clips: a manifest names nothing outside its folder."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "id", "text"])
        for number, clip in enumerate(clips):
            said = " ".join(word.text for word in clip.transcript.words) if clip.transcript else ""
            name = f"{path.stem}-{number}{clip.path.suffix}" if clip.path else ""
            if clip.path:
                shutil.copyfile(clip.path, path.parent / name)
            writer.writerow([name, f"clip-{number}", said])
    return path


def _wall_s(arguments: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    _command(arguments, environment)
    return time.perf_counter() - began


def _cpu_s(arguments: list[str], environment: dict[str, str]) -> float:
    """Return the CPU seconds of a command and the workers that it waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _command(arguments, environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _command(arguments: list[str], environment: dict[str, str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "flows", *arguments, "--quiet"], env=environment, capture_output=True, text=True
    )
    if found.returncode:
        raise RuntimeError(f"dmd {' '.join(arguments)} ended with {found.returncode}: {found.stderr[-500:]}")
