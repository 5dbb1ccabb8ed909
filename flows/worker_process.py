"""The subprocess side of a worker: alone with its clip, without a network, dead as soon as its owner is."""

import contextlib
import ctypes
import os
import signal
import warnings
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.containment import forbid_network

if TYPE_CHECKING:
    from flows.workers import WorkerSpec

DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
LIBRARIES = (
    "torch",
    "transformers",
    "transformers.models.bert.modeling_bert",
    "extractors.extraction",
    "mediapipe",
    "scipy.signal",
)
"""What most extractions need, seconds of loading, in the order of what it costs."""


def serve(pipe: Connection, owner: int, notes: int) -> None:
    """Run in the subprocess: learn what to do, then extract what comes through the pipe until its owner closes it.

    ``notes`` is the descriptor that chatter goes to.
    """
    _die_with(owner)
    _settle(notes)
    forbid_network()
    _load_ahead(pipe)
    try:
        spec: WorkerSpec = pipe.recv()
    except (EOFError, OSError):
        return
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


def _load_ahead(pipe: Connection) -> None:
    """Load libraries for as long as there is nothing to do; what is not loaded by then is loaded when first used."""
    for name in LIBRARIES:
        if pipe.poll():
            return
        import_module(name)


def _settle(notes: int) -> None:
    """Leave Ctrl-C to the owner, be the first to go when memory runs out, send chatter to the notes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
    warnings.filterwarnings("ignore")
    os.dup2(notes, 2)
    os.close(notes)
