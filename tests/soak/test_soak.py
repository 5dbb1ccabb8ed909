"""The soak: many real clips, some broken, a run killed again and again, and at the end the store of a quiet run.

`make soak`, or `DMD_SOAK_CLIPS=200 python -m pytest -m soak -s`. `DMD_GRID` names a folder of GRID clips to make the
clips from (default ../shared/clips/grid-more, else the sample clips). Figures are printed, and written to
bench-out/soak.json.
"""

import json
import os
import signal
import subprocess
import sys
import time
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
KILLS = 10
WORKERS = 2
OUT = Path(__file__).parents[2] / "bench-out" / "soak.json"


def begin(source: Path, store: Path, home: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("PREFECT_API_URL", None)
    with store.with_suffix(".log").open("a") as log:
        command = [sys.executable, "-m", "flows", "extract", str(source), "--out", str(store)]
        return subprocess.Popen([*command, "--workers", str(WORKERS)], stderr=log, text=True, env=environment)


def contents(store: Path) -> dict[str, bytes]:
    files = [file for file in store.rglob("*") if file.is_file() and file.name != ".lock"]
    return {str(file.relative_to(store)): file.read_bytes() for file in files}


def done(store: Path) -> int:
    return len(FeatureStore(store)) if (store / "store.json").exists() else 0


def victim(home: Path, kind: str) -> int | None:
    for pid in naming(home):
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
        "database_kb_per_clip": round(sum(f.stat().st_size for f in home.glob("prefect.db*")) / 1024 / clips, 1),
        "store_kb_per_clip": round(sum(map(len, contents(store).values())) / 1024 / clips, 1),
        "worker_memory_mb_over_time": watch.peaks_mb("worker"),
        "main_memory_mb_over_time": watch.peaks_mb("main"),
        "server_memory_mb_over_time": watch.peaks_mb("server"),
    }


def disturbed_run(source: Path, folder: Path, total: int) -> dict[str, object]:
    """Extract with kills at random moments of random processes, starting again whenever the run is gone."""
    home, store = folder / "prefect-disturbed", folder / "disturbed"
    rng = np.random.default_rng(11)
    moments = sorted(int(at) for at in rng.uniform(0.03, 0.95, KILLS) * total)
    kinds = ["main", "worker", "server", "main", "worker", "main", "worker", "main", "worker", "main"]
    starts, killed = 1, []
    run = begin(source, store, home)
    for moment, kind in zip(moments, kinds, strict=True):
        while done(store) < moment:
            time.sleep(0.2)
            if run.poll() is not None:
                run, starts = begin(source, store, home), starts + 1
        while (pid := victim(home, kind)) is None:
            time.sleep(0.2)
        time.sleep(float(rng.uniform(0, 1.0)))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed.append(kind)
    while (code := run.wait()) != SOME_FAILED:
        assert starts < 3 * KILLS, f"exit code {code}: {store.with_suffix('.log').read_text()[-2000:]}"
        run, starts = begin(source, store, home), starts + 1
    return {"kills": killed, "starts": starts}


def test_a_store_that_was_killed_again_and_again_is_that_of_a_quiet_run(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    broken = make_clips(source, CLIPS)
    quiet = quiet_run(source, tmp_path)
    print(json.dumps(quiet), flush=True)
    disturbed = disturbed_run(source, tmp_path, CLIPS - broken)
    figures = {"clips": CLIPS, "broken": broken, "made_of": len(sources()), "workers": WORKERS, **quiet, **disturbed}
    print(json.dumps(figures, indent=1))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1))
    assert len(disturbed["kills"]) >= KILLS - 2
    assert done(tmp_path / "quiet") == CLIPS - broken
    assert len(FeatureStore(tmp_path / "quiet").failures()) == broken
    assert contents(tmp_path / "disturbed") == contents(tmp_path / "quiet")
    for home in ("prefect-quiet", "prefect-disturbed"):
        assert none_naming(tmp_path / home, 150.0)
