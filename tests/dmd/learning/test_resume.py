"""A training that was stopped, killed or is done."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dmd.learning.history import read_history
from dmd.runs.checkpoint import load_run
from dmd.training import train_run
from pipeline.dataset import Dataset
from pipeline.errors import StoreError, UsageError
from tests.dmd.quick import QUICK, Stopped, quick, stop_at, weights


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 7])
def test_stopped_anywhere_and_begun_again_it_ends_with_the_same_weights(
    data: Dataset, whole: Path, tmp_path: Path, count: int
) -> None:
    config = quick(seeds=2, checkpoint_s=0)
    with pytest.raises(Stopped):
        train_run(data, tmp_path / "run", config, stop_at(count))
    with pytest.raises(StoreError, match="a training was begun here"):
        load_run(tmp_path / "run")
    assert train_run(data, tmp_path / "run", config).trained
    for seed in (1, 2):
        assert weights(tmp_path / "run", seed) == weights(whole, seed)
    assert (tmp_path / "run" / "history.csv").read_text() == (whole / "history.csv").read_text()
    names = {path.name for path in (tmp_path / "run" / "seed-1").iterdir()}
    assert names == {"model.safetensors", "history.csv", "seed.json"}


def test_the_learning_rate_is_taken_up_where_it_was(data: Dataset, tmp_path: Path) -> None:
    config = quick(epochs=14, patience=0, learning_rate=0.3, checkpoint_s=0, early_stop=14)
    train_run(data, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train_run(data, tmp_path / "run", config, stop_at(19))
    train_run(data, tmp_path / "run", config)
    histories = [(tmp_path / name / "history.csv").read_text() for name in ("whole", "run")]
    assert histories[0] == histories[1]
    rates = [row["learning_rate"] for row in read_history(tmp_path / "run" / "history.csv")]
    assert len(set(rates)) > 2


KILLED = """
import sys
from pathlib import Path
from tests.dmd.synthetic import Recipe, make_dataset
from tests.dmd.quick import quick
from dmd.training import train_run
def progress(event):
    print(event.epoch, event.step, flush=True)
train_run(make_dataset(Recipe(clips=32)), Path(sys.argv[1]), quick(seeds=2, checkpoint_s=0), progress)
"""


def test_killed_it_goes_on_and_ends_with_the_same_weights(data: Dataset, whole: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "run")]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ})
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    train_run(data, tmp_path / "run", quick(seeds=2, checkpoint_s=0))
    for seed in (1, 2):
        assert weights(tmp_path / "run", seed) == weights(whole, seed)


def test_done_is_done_and_more_seeds_are_added(data: Dataset, whole: Path) -> None:
    stamp = (whole / "seed-1" / "model.safetensors").stat().st_mtime_ns
    assert not train_run(data, whole, quick(seeds=2)).trained
    summary = train_run(data, whole, quick(seeds=3))
    assert summary.trained and [seed.seed for seed in summary.seeds] == [1, 2, 3]
    assert (whole / "seed-1" / "model.safetensors").stat().st_mtime_ns == stamp
    train_run(data, whole, quick(seeds=2))


def test_another_training_in_the_folder_is_refused(data: Dataset, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"differs in epochs, learning_rate"):
        train_run(data, whole, quick(seeds=2, epochs=3, learning_rate=1e-3))
    other = data.with_splits(["train", *[clip.split for clip in data.clips][1:]])
    clips = (replace(other.clips[0], video_id="new", content=None), *other.clips[1:])
    with pytest.raises(UsageError, match=r"differs in the data"):
        train_run(replace(other, clips=clips), whole, quick(seeds=2))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no training"):
        train_run(data, tmp_path, QUICK)
