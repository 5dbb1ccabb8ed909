"""Two Dask workers, a folder of their own each, one store: one is killed in mid-run, nothing is lost."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.store import FeatureStore
from tests.flows.processes import naming

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]
CLIPS = ("anna/1", "anna/2", "anna/3", "bruno/1", "bruno/2", "chloe/1", "chloe/2", "dmitri/1")


@pytest.fixture
def source(tmp_path, request):
    data = Path(__file__).parents[2] / "data" / "Raw"
    (tmp_path / "source").mkdir()
    for name in CLIPS:
        shutil.copy(data / f"{name}.mp4", tmp_path / "source" / f"{name.replace('/', '-')}.mp4")
    return tmp_path / "source"


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, as on three machines that share a file system."""
    root = str(Path(__file__).parents[2])
    base = {**os.environ, "PYTHONPATH": root, "DASK_DISTRIBUTED__WORKER__DAEMON": "false"}
    contact = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    processes = [
        subprocess.Popen([*command, "--no-dashboard", "--scheduler-file", contact], env=base, **QUIET),
    ]
    for name in ("one", "two"):
        scratch = tmp_path / f"scratch-{name}"
        scratch.mkdir()
        command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(contact)]
        command += ["--nthreads", "1", "--no-dashboard", "--local-directory", str(scratch), "--name", name]
        processes.append(subprocess.Popen(command, env={**base, "TMPDIR": str(scratch)}, **QUIET))
    yield contact, processes
    for pid in (process.pid for process in processes):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM)
    for process in processes:
        process.wait(30)
    for pid in naming(tmp_path):
        os.kill(pid, signal.SIGKILL)


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def dmd(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", "flows", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )


def contents(store: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (store / "clips").rglob("*.safetensors")}


def address_of(contact: Path) -> str:
    while not contact.exists():
        time.sleep(0.1)
    return next(part for part in contact.read_text().split('"') if part.startswith("tcp://"))


def wait_for_a_clip(store: Path, run: subprocess.Popen[str]) -> None:
    while not ((store / "store.json").exists() and len(FeatureStore(store))):
        time.sleep(0.05)
        assert run.poll() is None, run.communicate()


def test_a_dask_worker_that_is_killed_in_mid_run_costs_nothing(cluster, source, tmp_path):
    contact, (_, _, second) = cluster
    home = {"PREFECT_HOME": str(tmp_path / "prefect")}
    run = dmd("extract", source, "--out", tmp_path / "dask", "--engine", "dask", "--workers", 2,
              DMD_DASK_SCHEDULER=address_of(contact), **home)  # fmt: skip
    wait_for_a_clip(tmp_path / "dask", run)
    second.send_signal(signal.SIGKILL)  # its nanny; then all else that has its scratch folder, the worker too
    for pid in naming(tmp_path / "scratch-two"):
        os.kill(pid, signal.SIGKILL)
    said = run.communicate(timeout=300)[1]
    assert run.returncode == 0, said
    assert len(FeatureStore(tmp_path / "dask")) == len(CLIPS)
    local = dmd("extract", source, "--out", tmp_path / "local", "--workers", 2, **home)
    said = local.communicate(timeout=300)[1]
    assert local.returncode == 0, said
    assert contents(tmp_path / "dask") == contents(tmp_path / "local")


def test_a_run_takes_the_store_from_the_workers_of_one_that_was_killed_and_a_third_one_is_refused(
    cluster, source, tmp_path
):
    contact, _ = cluster
    home = {"PREFECT_HOME": str(tmp_path / "prefect"), "DMD_DASK_SCHEDULER": address_of(contact)}
    command = ("extract", source, "--out", tmp_path / "dask", "--engine", "dask", "--workers", 2)
    first = dmd(*command, **home)
    wait_for_a_clip(tmp_path / "dask", first)
    first.kill()  # its batches go on in the workers of the cluster
    first.communicate()
    second = dmd(*command, **home)
    turn = (tmp_path / "dask" / ".lock").read_text()
    while (tmp_path / "dask" / ".lock").read_text() == turn:
        time.sleep(0.05)
        assert second.poll() is None, second.communicate()
    third = dmd(*command, **home)
    said = third.communicate(timeout=300)[1]
    assert third.returncode == 1 and "another run is writing to this store" in said
    said = second.communicate(timeout=300)[1]
    assert second.returncode == 0, said
    local = dmd("extract", source, "--out", tmp_path / "local", "--workers", 2, **home)
    said = local.communicate(timeout=300)[1]
    assert local.returncode == 0, said
    assert contents(tmp_path / "dask") == contents(tmp_path / "local")
    assert not [*(tmp_path / "dask").rglob(".partial-*")]
