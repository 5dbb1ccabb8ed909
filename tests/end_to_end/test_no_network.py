"""A run makes no connection beyond the loopback and asks no name server: shown by its system calls."""

import contextlib
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline.store import FeatureStore

CALLS = "connect,sendto,sendmsg,sendmmsg"
LOOPBACK = re.compile(r'inet_addr\("127\.|"::1"|"::ffff:127\.')
TALKATIVE = {
    "DO_NOT_TRACK": "0", "PREFECT_SERVER_ANALYTICS_ENABLED": "true", "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "0", "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "true",
    "HTTP_PROXY": "http://192.0.2.1:3128", "https_proxy": "http://192.0.2.1:3128",
}  # fmt: skip
"""What a user's environment may say to other programs."""
PATIENT = {"DMD_SERVER_LINGER_S": "0", "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600"}
"""Tracing makes the start of a server some times longer."""
CI = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TRAVIS", "TF_BUILD")
"""Prefect reports nothing from machines that build."""
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


def _read_all(terminal: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_a_run_connects_to_nothing_but_the_loopback_and_asks_no_name_server(tmp_path):
    root, log = Path(__file__).parents[2], tmp_path / "calls"
    (tmp_path / "clips").mkdir()
    shutil.copy(root / "data" / "Raw" / "anna" / "1.mp4", tmp_path / "clips" / "anna.mp4")
    (tmp_path / "clips" / "anna.txt").write_text("I absolutely love this film, it made me so happy!")
    environment = {**os.environ, "PYTHONPATH": str(root), "PREFECT_HOME": str(tmp_path / "prefect")}
    environment.pop("PREFECT_API_URL", None)
    terminal, inner = pty.openpty()  # Prefect reports what a person at a terminal does
    threading.Thread(target=_read_all, args=(terminal,), daemon=True).start()
    # Without the containment of the workers' own process, too, nothing may be tried that is not denied.
    found = subprocess.run(
        [STRACE, "-f", "--seccomp-bpf", "-qq", "-e", f"trace={CALLS}", "-o", log, sys.executable, "-m", "flows",
         "extract", tmp_path / "clips", "--out", tmp_path / "store"],
        stdin=inner, stdout=inner, stderr=subprocess.PIPE, text=True, timeout=900, check=False,
        env={key: value for key, value in {**environment, **PATIENT, **TALKATIVE}.items() if key not in CI},
    )  # fmt: skip
    if "ptrace" in found.stderr or not log.exists():
        pytest.skip(f"strace may not trace here: {found.stderr.splitlines()[:1]}")
    assert found.returncode == 0, found.stderr
    assert list(FeatureStore(tmp_path / "store")) == ["anna"]
    lines = log.read_text(errors="replace").splitlines()
    assert any(LOOPBACK.search(line) for line in lines), "the trace must have seen Prefect's server"
    assert [line for line in lines if leaving(line)] == []
    assert [line for line in lines if "htons(53)" in line and not re.search(r"= -1 (EACCES|EPERM)", line)] == []
