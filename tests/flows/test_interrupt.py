"""Ctrl-C ends a command at once, its children and its temporary files with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.processes import ended

CODE = """
import subprocess, sys, time
from pathlib import Path
from flows.interrupt import end_at_once_on_interrupt
from pipeline.cleanup import cleaned_up
from pipeline.store import FeatureStore
end_at_once_on_interrupt()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
store = FeatureStore(sys.argv[2], create=True)
with cleaned_up(Path(sys.argv[1]).unlink), store.locked():
    print(child.pid, flush=True)
    while True:
        try:
            time.sleep(3600)
        except BaseException:
            pass
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_the_command_its_children_its_temporary_files_and_its_turn(tmp_path, sent, code):
    leftover = tmp_path / "features"
    leftover.touch()
    root = Path(__file__).parents[2]
    command = subprocess.Popen(
        [sys.executable, "-c", CODE, leftover, tmp_path / "store"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert command.stdout is not None
    child = int(command.stdout.readline())
    assert (tmp_path / "store" / ".lock").read_bytes()
    command.send_signal(sent)
    _, said = command.communicate(timeout=30)
    assert command.returncode == code
    assert "what is finished is kept, the same command goes on" in said and "Traceback" not in said
    assert not leftover.exists()
    assert (tmp_path / "store" / ".lock").read_bytes() == b"", "a run that ended looks like one that runs"
    assert ended(child)
