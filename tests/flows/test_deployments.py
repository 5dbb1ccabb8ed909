"""The flows as deployments of a server of one's own: offline, scheduled, with parameters that are checked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.store import FeatureStore
from tests.flows.conftest import prefect_server
from tests.flows.processes import naming

__all__ = ["prefect_server"]


@pytest.fixture
def source(tmp_path):
    (tmp_path / "clips.csv").write_text("path,id,text\n,a,hello there\n")
    return tmp_path / "clips.csv"


def test_a_schedule_extracts_what_it_is_told_and_says_what_it_lacks(prefect_server, source, tmp_path):
    from prefect.client.orchestration import get_client

    from flows.deployments import deployments

    found = deployments("0 3 * * *", str(source), str(tmp_path / "store"))
    assert [f"{one.flow_name}/{one.name}" for one in found] == ["extract/dmd", "train/dmd", "score/dmd"]
    found[0].apply()
    with get_client(sync_client=True) as client:
        kept = client.read_deployment_by_name("extract/dmd")
    assert kept.parameters == {"source": str(source), "out": str(tmp_path / "store")}
    assert kept.schedules[0].schedule.cron == "0 3 * * *"
    for given, said in [(("0 3 * * *",), "--source"), (("often", str(source), str(tmp_path / "s")), "no schedule")]:
        with pytest.raises(UsageError, match=said):
            deployments(*given)


@pytest.mark.parametrize(
    "wrong",
    [{"workers": 0}, {"workers": "many"}, {"engine": "ray"}, {"timeout_s": -1}, {"device": "tpu"}],
)
def test_wrong_parameters_are_refused_when_a_run_is_created(prefect_server, source, tmp_path, wrong):
    from prefect.deployments import run_deployment
    from prefect.exceptions import PrefectHTTPStatusError

    from flows.deployments import deployments

    deployments()[0].apply()
    given = {"source": str(source), "out": str(tmp_path / "store")}
    with pytest.raises(PrefectHTTPStatusError):
        run_deployment("extract/dmd", parameters={**given, **wrong}, timeout=0)
    created = run_deployment("extract/dmd", parameters=given, timeout=0)
    assert created.state.is_scheduled()


def test_serving_needs_a_server_of_ones_own():
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.deployments import serve

    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(UsageError, match="prefect server start"),
    ):
        serve(None, None, None, 1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_served_flow_is_run_by_a_local_server(source, tmp_path):
    root = Path(__file__).parents[2]
    address = "http://127.0.0.1:8765/api"
    environment = {**os.environ, "PYTHONPATH": str(root), "PREFECT_HOME": str(tmp_path / "prefect"),
                   "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}  # fmt: skip
    environment.pop("PREFECT_API_URL", None)
    prefect = [sys.executable, "-m", "prefect"]
    started = []
    started.append(
        subprocess.Popen([*prefect, "server", "start", "--port", "8765", "--no-ui"], env=environment, **QUIET)
    )
    used = {**environment, "PREFECT_API_URL": address}
    try:
        wait(lambda: answers(address))
        started.append(subprocess.Popen([sys.executable, "-m", "flows", "serve"], env=used, **QUIET))
        run = [
            *prefect,
            "deployment",
            "run",
            "extract/dmd",
            "-p",
            f"source={source}",
            "-p",
            f"out={tmp_path / 'store'}",
        ]
        wait(lambda: subprocess.run(run, env=used, **QUIET, check=False).returncode == 0)
        wait(lambda: (tmp_path / "store" / "store.json").exists() and len(FeatureStore(tmp_path / "store")) == 1)
    finally:
        for pid in naming(tmp_path):
            os.kill(pid, signal.SIGKILL)
        for process in started:
            process.wait(30)


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def answers(address):
    from flows.server import _answers

    return _answers(address)


def wait(true, within_s=240.0):
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(1.0)
