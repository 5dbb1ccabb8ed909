"""A run makes no connection beyond the loopback and asks no name server: shown by its system calls."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store import FeatureStore

CALLS = "connect,sendto,sendmsg,sendmmsg"
LOOPBACK = re.compile(r'inet_addr\("127\.|"::1"|"::ffff:127\.')
PATIENT = {"DMD_SERVER_LINGER_S": "0", "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600"}
"""Tracing makes the start of a server some times longer."""
STRACE = shutil.which("strace")


def leaving(line: str) -> bool:
    """Whether a traced call would leave this machine; one that the kernel denied is contained."""
    if "sa_family=AF_INET" not in line or LOOPBACK.search(line):
        return False
    return not re.search(r"= -1 (EACCES|EPERM)\b", line)


def test_calls_are_judged_by_where_they_go():
    out = '12 connect(7, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.8.8")}, 16) = 0'
    assert leaving(out) and leaving(out.replace("= 0", "= -1 ENETUNREACH (Network is unreachable)"))
    assert not leaving(out.replace("8.8.8.8", "127.0.0.1"))
    assert not leaving(out.replace("= 0", "= -1 EACCES (Permission denied)"))
    assert leaving('1 connect(3, {sa_family=AF_INET6, inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 0')
    assert not leaving('1 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = -1 ENOENT (No such file)')


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_a_run_connects_to_nothing_but_the_loopback_and_asks_no_name_server(tmp_path):
    root, log = Path(__file__).parents[2], tmp_path / "calls"
    (tmp_path / "clips").mkdir()
    shutil.copy(root / "data" / "Raw" / "anna" / "1.mp4", tmp_path / "clips" / "anna.mp4")
    (tmp_path / "clips" / "anna.txt").write_text("I absolutely love this film, it made me so happy!")
    environment = {**os.environ, "PYTHONPATH": str(root), "PREFECT_HOME": str(tmp_path / "prefect")}
    environment.pop("PREFECT_API_URL", None)
    # Without the containment of the workers' own process, too, nothing may be tried that is not denied.
    found = subprocess.run(
        [STRACE, "-f", "--seccomp-bpf", "-qq", "-e", f"trace={CALLS}", "-o", log, sys.executable, "-m", "flows",
         "extract", tmp_path / "clips", "--out", tmp_path / "store"],
        capture_output=True, text=True, env={**environment, **PATIENT}, timeout=900, check=False,
    )  # fmt: skip
    if "ptrace" in found.stderr or not log.exists():
        pytest.skip(f"strace may not trace here: {found.stderr.splitlines()[:1]}")
    assert found.returncode == 0, found.stderr
    assert list(FeatureStore(tmp_path / "store")) == ["anna"]
    lines = log.read_text(errors="replace").splitlines()
    assert any(LOOPBACK.search(line) for line in lines), "the trace must have seen Prefect's server"
    assert [line for line in lines if leaving(line)] == []
    assert [line for line in lines if "htons(53)" in line and not re.search(r"= -1 (EACCES|EPERM)", line)] == []
