"""Prefect's server: one for all commands, gone after the last of them, whatever ends it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.processes import naming, none_naming

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

FLOW = """
import os, sys, time
from flows.settings import prepare
prepare()
from flows.server import served_flow
from prefect.settings import PREFECT_API_URL

@served_flow(name="look", persist_result=False)
def look(seconds: float) -> str:
    print(PREFECT_API_URL.value(), flush=True)
    time.sleep(seconds)

if __name__ == "__main__":
    look(seconds=float(sys.argv[1]))
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "look.py").write_text(FLOW)
    yield tmp_path / "prefect"
    for pid in naming(tmp_path):
        os.kill(pid, signal.SIGKILL)


def start(home: Path, seconds: float) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": str(root)}
    environment.pop("PREFECT_API_URL", None)
    return subprocess.Popen(
        [sys.executable, home.parent / "look.py", str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_second_command_finds_the_server_and_a_killed_one_leaves_no_process_and_no_open_pipe(home):
    first = start(home, 0.0)
    assert first.communicate(timeout=240)[0].startswith("http://127.0.0.1:"), first.stderr
    assert first.returncode == 0
    (server,) = naming(home)

    second = start(home, 600.0)
    assert second.stdout is not None
    address = second.stdout.readline().strip()
    assert address == (home / "dmd-server" / "address").read_text()
    assert server in naming(home), "the second command must not start another server"
    assert (home / "prefect.db").stat().st_mode & 0o077 == 0

    second.send_signal(signal.SIGKILL)
    second.communicate(timeout=30)  # returns when the last holder of the pipes is gone
    assert none_naming(home)
    assert not (home / "dmd-server" / "address").exists()


@pytest.mark.slow
def test_a_command_that_is_killed_while_its_server_starts_leaves_no_server(home):
    first = start(home, 600.0)
    while not any(b"flows.server_process" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in naming(home)):
        assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=240)
    assert none_naming(home, 120.0)


def test_a_server_announces_itself_though_nobody_waits_any_more(tmp_path):
    from flows.server_process import _announce

    read_end, write_end = os.pipe()
    os.close(read_end)
    _announce(tmp_path / "address", "http://127.0.0.1:9/api", write_end)
    assert (tmp_path / "address").read_text() == "http://127.0.0.1:9/api"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write_end)


def test_a_server_that_does_not_start_is_one_line_that_names_its_log(tmp_path, monkeypatch):
    from flows import server

    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(server.ServerError, match=r"does not start \(exit code 1\).*log"):
        server._start(tmp_path)


def test_no_server_is_started_where_one_is_configured(monkeypatch, tmp_path):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows import server

    monkeypatch.setattr(server, "_address", lambda folder: pytest.fail("started a server"))
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), server.server():
        assert PREFECT_API_URL.value() == "http://127.0.0.1:9/api"


def test_an_address_that_nobody_answers_is_not_used(tmp_path):
    from flows import server

    (tmp_path / server.ADDRESS).write_text("http://127.0.0.1:9/api")
    assert server._running(tmp_path) is None
    (tmp_path / server.ADDRESS).write_text(json.dumps({"not": "an address"}))
    assert server._running(tmp_path) is None
