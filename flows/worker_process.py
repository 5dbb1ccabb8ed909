"""The subprocess side of a worker: alone with its clip, without a network, dead as soon as its owner is."""

import contextlib
import ctypes
import os
import signal
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.containment import forbid_network

if TYPE_CHECKING:
    from flows.workers import WorkerSpec

DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve(pipe: Connection, spec: "WorkerSpec", owner: int, notes: int) -> None:
    """Run in the subprocess: extract what comes through the pipe until its owner closes it.

    ``notes`` is the descriptor that chatter goes to.
    """
    _die_with(owner)
    _settle(notes)
    forbid_network()
    work = spec.work(spec.store, spec.config, spec.device, spec.turn)
    pipe.send("ready")
    while True:
        try:
            clip = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(work.do(clip))


def _die_with(owner: int) -> None:
    """Ask the kernel to kill this process when its owner dies, also in the middle of native code (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != owner:
        os._exit(1)


def _settle(notes: int) -> None:
    """Leave Ctrl-C to the owner, be the first to go when memory runs out, send chatter to the notes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
    warnings.filterwarnings("ignore")
    os.dup2(notes, 2)
    os.close(notes)
