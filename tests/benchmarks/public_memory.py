"""Peak memory of reading and training on a file in the layout and of the size of CMU-MOSEI's feature pickles.

The file has random values and is made here: aligned 4.7 GB, unaligned 13.7 GB (`--share` of the samples makes a
smaller one). Conversion and training each run in a process of their own and report their peaks: all memory that
was resident, and of it what is not a mapped file, which the system cannot take back.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

COUNTS = {"train": 16326, "valid": 1871, "test": 4659}
WIDTHS = {"text": 768, "audio": 74, "vision": 35}
LENGTHS = {"aligned": (50, 50, 50), "unaligned": (50, 500, 500)}
KINDS = {"text": np.float32, "audio": np.float64, "vision": np.float64}
BLOCK = 64
"""Samples of random values; the others repeat them."""
STAGE = """
import json, sys, threading, time
from pathlib import Path
def status(name):
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[name].split()[0]) / 1024
own = [0.0]
def watch():
    while True:
        own[0] = max(own[0], status("RssAnon"))
        time.sleep(0.05)
threading.Thread(target=watch, daemon=True).start()
from pipeline.formats.mmsa import read_mmsa
stage, path, steps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
began = time.process_time()
data = read_mmsa(path)
if stage == "train":
    from dmd.training import train_run
    from dmd.training_config import TrainingConfig
    class Enough(Exception):
        pass
    done = [0]
    def progress(_):
        done[0] += 1
        if done[0] == steps:
            raise Enough
    try:
        train_run(data, path.parent / "run", TrainingConfig(seeds=1, baselines=False, tensorboard=False), progress)
    except Enough:
        pass
print(json.dumps({"peak_mb": round(status("VmHWM")), "own_mb": round(max(own[0], status("RssAnon"))),
                  "cpu_s": round(time.process_time() - began, 1)}))
"""


@dataclass(frozen=True, slots=True)
class _Large:
    """An array that exists only while it is written."""

    samples: int
    length: int
    name: str


class _Writer(pickle.Pickler):
    """Writes arrays one at a time, so that making the file needs the memory of its largest array."""

    def reducer_override(self, made: object) -> Any:
        """Return how an array is written."""
        if not isinstance(made, _Large):
            return NotImplemented
        rng = np.random.default_rng(len(made.name))
        block = rng.normal(size=(BLOCK, made.length, WIDTHS[made.name])).astype(KINDS[made.name])
        return np.resize(block, (made.samples, *block.shape[1:])).__reduce_ex__(5)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--layouts", nargs="+", choices=LENGTHS, default=["aligned"], help="which files to make")
    parser.add_argument("--share", type=float, default=1.0, help="of CMU-MOSEI's 22,856 samples")
    parser.add_argument("--steps", type=int, default=10, help="training steps of 16 samples")
    parser.add_argument("--work", type=Path, required=True, help="folder with room for twice the file; emptied after")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures by layout."""
    found: dict[str, Any] = {}
    for layout in options.layouts:
        with tempfile.TemporaryDirectory(prefix="dmd-public-", dir=options.work) as folder:
            path = Path(folder) / f"{layout}.pkl"
            _write(path, layout, options.share)
            found[layout] = {
                "file_gb": round(path.stat().st_size / 1e9, 2),
                "convert": _stage("convert", path, 0),
                "train": _stage("train", path, options.steps),
                "steps": options.steps,
            }
    return found


def _write(path: Path, layout: str, share: float) -> None:
    content: dict[str, Any] = {}
    for split, whole in COUNTS.items():
        count = max(BLOCK, int(whole * share))
        labels = np.random.default_rng(count).uniform(-3, 3, count).astype(np.float32)
        content[split] = {
            "id": [f"{split}{at // 4}$_${at}" for at in range(count)],
            "raw_text": ["so it was"] * count,
            "annotations": ["Positive" if label > 0 else "Negative" for label in labels],
            "regression_labels": labels,
            **{name: _Large(count, length, name) for name, length in zip(WIDTHS, LENGTHS[layout], strict=True)},
        }
    with path.open("wb") as stream:
        writer = _Writer(stream, protocol=5)
        writer.fast = True  # a memo would keep every array
        writer.dump(content)


def _stage(name: str, path: Path, steps: int) -> dict[str, float]:
    command = [sys.executable, "-c", STAGE, name, str(path), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(path.name, name, found, file=sys.stderr, flush=True)
    return found
