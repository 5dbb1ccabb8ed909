"""Ctrl-C ends a command at once, its children and its temporary files with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.flows.processes import ended

CODE = """
import subprocess, sys, time
from pathlib import Path
from flows.interrupt import cleaned_up, end_at_once_on_interrupt
end_at_once_on_interrupt()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
with cleaned_up(Path(sys.argv[1]).unlink):
    print(child.pid, flush=True)
    while True:
        try:
            time.sleep(3600)
        except BaseException:
            pass
"""


def test_an_interrupt_ends_the_command_its_children_and_its_temporary_files(tmp_path):
    leftover = tmp_path / "features"
    leftover.touch()
    root = Path(__file__).parents[2]
    command = subprocess.Popen(
        [sys.executable, "-c", CODE, leftover],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert command.stdout is not None
    child = int(command.stdout.readline())
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert command.returncode == 130
    assert "what is finished is kept, the same command goes on" in said and "Traceback" not in said
    assert not leftover.exists()
    assert ended(child)
