"""The soak: many real clips, some broken, a run killed again and again, and at the end the store of a quiet run.

`make soak`; a short one: `DMD_SOAK_CLIPS=60 DMD_SOAK_KILLS=3 python -m pytest -m soak -s`. `DMD_GRID` names a folder
of GRID clips to make the clips from (default ../shared/clips/grid-more, else the sample clips). Figures are printed,
and written to bench-out/soak.json. With `DMD_SOAK_FOLDER` the clips, and the quiet run with its figures, are kept
there, and a soak that was interrupted goes on with the disturbed run.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flows.outcome import SOME_FAILED
from pipeline.store import FeatureStore
from tests.flows.processes import naming, none_naming
from tests.soak.clips import make_clips, sources
from tests.soak.watching import Watch, kind_of

pytestmark = [pytest.mark.soak, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]
CLIPS = int(os.environ.get("DMD_SOAK_CLIPS", "1000"))
KINDS = ["main"] * 5 + ["worker"] * 4 + ["server"]
KILLS = int(os.environ.get("DMD_SOAK_KILLS", str(len(KINDS))))
"""At most 10."""
WORKERS = int(os.environ.get("DMD_SOAK_WORKERS", "4"))
OUT = Path(__file__).parents[2] / "bench-out" / "soak.json"


def begin(source: Path, store: Path, home: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("PREFECT_API_URL", None)
    with store.with_suffix(".log").open("a") as log:
        command = [sys.executable, "-m", "flows", "extract", str(source), "--out", str(store)]
        return subprocess.Popen([*command, "--workers", str(WORKERS)], stderr=log, text=True, env=environment)


def contents(store: Path) -> dict[str, bytes]:
    files = [file for file in store.rglob("*") if file.is_file()]
    return {str(file.relative_to(store)): file.read_bytes() for file in files}


def done(store: Path) -> int:
    return len(FeatureStore(store)) if (store / "store.json").exists() else 0


def victim(home: Path, kind: str) -> int | None:
    for pid in naming(home):
        with contextlib.suppress(OSError):  # it ended meanwhile
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if kind_of(command) == kind and "resource_tracker" not in command:
                return pid
    return None


def quiet_run(source: Path, folder: Path) -> dict[str, object]:
    """Extract without a disturbance; return the figures."""
    home, store = folder / "prefect-quiet", folder / "quiet"
    with Watch(home) as watch:
        began = time.monotonic()
        run = begin(source, store, home)
        assert run.wait() == SOME_FAILED, (folder / "quiet.log").read_text()[-2000:]
        wall_s = time.monotonic() - began
    clips, cpu_s = done(store), watch.total_cpu_s("worker")
    prefect_cpu_s = watch.total_cpu_s("main") + watch.total_cpu_s("server")
    return {
        "wall_s": round(wall_s),
        "clips_per_wall_s": round(clips / wall_s, 3),
        "worker_cpu_s_per_clip": round(cpu_s / clips, 3),
        "prefect_and_main_cpu_s_per_clip": round(prefect_cpu_s / clips, 4),
        "media_s": round(sum(FeatureStore(store).load(key).duration_s for key in FeatureStore(store))),
        "database_mb": round(sum(f.stat().st_size for f in home.glob("prefect.db*")) / 2**20, 2),
        "database_kb_per_clip": round(sum(f.stat().st_size for f in home.glob("prefect.db*")) / 1024 / clips, 1),
        "store_kb_per_clip": round(sum(map(len, contents(store).values())) / 1024 / clips, 1),
        "worker_memory_mb_over_time": watch.peaks_mb("worker"),
        "main_memory_mb_over_time": watch.peaks_mb("main"),
        "server_memory_mb_over_time": watch.peaks_mb("server"),
    }


class Disturbed:
    """A run that is started again whenever it is gone, and the kills of its processes."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.source, self.home, self.store = source, folder / "prefect-disturbed", folder / "disturbed"
        for left in (self.home, self.store):
            shutil.rmtree(left, ignore_errors=True)
        self.starts, self.killed = 1, []
        self.run = begin(source, self.store, self.home)

    def revive(self) -> None:
        assert self.starts < 3 * KILLS, self.store.with_suffix(".log").read_text()[-2000:]
        self.run, self.starts = begin(self.source, self.store, self.home), self.starts + 1

    def wait_for(self, true: Callable[[], bool]) -> None:
        while not true():
            time.sleep(0.2)
            if self.run.poll() is not None:
                self.revive()

    def kill(self, kind: str, pause_s: float) -> None:
        """Kill a process of a kind, a moment after one is there."""
        wanted = len(self.killed) + 1
        while len(self.killed) < wanted:
            self.wait_for(lambda: victim(self.home, kind) is not None)
            time.sleep(pause_s)
            with contextlib.suppress(ProcessLookupError, TypeError):  # it ended by itself meanwhile
                os.kill(victim(self.home, kind), signal.SIGKILL)
                self.killed.append(kind)

    def finish(self) -> None:
        while self.run.wait() != SOME_FAILED:
            self.revive()


def disturbed_run(source: Path, folder: Path, total: int) -> dict[str, object]:
    """Extract with kills of random processes at random moments; return what was killed and the number of starts."""
    rng = np.random.default_rng(11)
    moments = sorted(int(at) for at in rng.uniform(0.03, 0.95, KILLS) * total)
    run, began = Disturbed(source, folder), time.monotonic()
    for moment, kind in zip(moments, rng.permutation(KINDS)[:KILLS], strict=True):
        run.wait_for(lambda moment=moment: done(run.store) >= moment)
        run.kill(str(kind), float(rng.uniform(0, 1.0)))
    run.finish()
    return {"kills": run.killed, "starts": run.starts, "disturbed_wall_s": round(time.monotonic() - began)}


@pytest.fixture
def folder(tmp_path):
    given = os.environ.get("DMD_SOAK_FOLDER")
    if given:
        Path(given).mkdir(parents=True, exist_ok=True)
    return Path(given) if given else tmp_path


def quiet_figures(source: Path, folder: Path) -> dict[str, object]:
    """Return the figures of the quiet run, made now or kept of an earlier soak in this folder."""
    kept, made = folder / "quiet.json", folder / "source.json"
    if not made.exists():
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        made.write_text(json.dumps({"clips": CLIPS, "broken": make_clips(source, CLIPS)}))
    if not kept.exists():
        for left in ("quiet", "prefect-quiet"):
            shutil.rmtree(folder / left, ignore_errors=True)
        kept.write_text(json.dumps({**json.loads(made.read_text()), **quiet_run(source, folder)}))
    return json.loads(kept.read_text())


def test_a_store_that_was_killed_again_and_again_is_that_of_a_quiet_run(folder):
    source = folder / "source"
    quiet = quiet_figures(source, folder)
    print(json.dumps(quiet), flush=True)
    assert quiet["clips"] == CLIPS, "DMD_SOAK_FOLDER holds a soak of another size"
    good = CLIPS - quiet["broken"]
    disturbed = disturbed_run(source, folder, good)
    assert len(disturbed["kills"]) == KILLS
    assert done(folder / "quiet") == good
    assert len(FeatureStore(folder / "quiet").failures()) == quiet["broken"]
    assert contents(folder / "disturbed") == contents(folder / "quiet")
    for home in ("prefect-quiet", "prefect-disturbed"):
        assert none_naming(folder / home, 150.0)
    figures = {**quiet, "made_of": len(sources()), "workers": WORKERS, **disturbed, "equal": True}
    print(json.dumps(figures, indent=1))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1))
