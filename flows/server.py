"""Prefect's server of this machine: found if one is running, started if not, gone soon after its last user.

Prefect's own ephemeral server is a child that holds its parent's terminal and pipes and survives a SIGKILL of the
parent. Ours (`flows/server_process.py`) holds nothing of anybody and watches its users through a lock that the
kernel releases when a process ends, however it ends:

    $PREFECT_HOME/dmd-server/lease      locked (shared) by every process that uses the server
    $PREFECT_HOME/dmd-server/farewell   when a user last left in order; absent while there is one
    $PREFECT_HOME/dmd-server/address    where the server listens
    $PREFECT_HOME/dmd-server/log        what it printed

After an orderly end the server stays a while (`LINGER_S`), so that the next command starts at once; after a killed
one it ends within a second.
"""

import atexit
import contextlib
import fcntl
import importlib
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from prefect import Flow
from prefect.context import FlowRunContext, TaskRunContext
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, get_current_settings, temporary_settings

from pipeline.errors import PipelineError, ServerLostError
from pipeline.files import PRIVATE_FILE, make_folder

P = ParamSpec("P")
R = TypeVar("R")
FOLDER = "dmd-server"
LEASE, FAREWELL, ADDRESS, LOG, TURN = "lease", "farewell", "address", "log", "turn"
ANSWER_S = 10.0
"""A server on this machine that has not answered by then is none."""
RESUME = "what is finished is kept: run the same command again"
_in_use: dict[Path, tuple[int, str]] = {}
"""Folder of a server -> the lease that this process holds on it, and its address."""
_lock = threading.Lock()


class ServerError(PipelineError):
    """Prefect's server does not start."""


@contextlib.contextmanager
def server() -> Iterator[None]:
    """Let Prefect inside use the server of this machine, or the one that the user has configured.

    Raises
    ------
    ServerError
        There is none and it does not start.
    """
    inside = FlowRunContext.get() is not None or TaskRunContext.get() is not None
    if inside or get_current_settings().api.url:
        yield
        return
    with temporary_settings({PREFECT_API_URL: _address(Path(PREFECT_HOME.value()) / FOLDER)}):
        yield


class ServedFlow(Flow[P, R]):
    """A flow of a module that brings its server along when it is called from outside of any flow."""

    def __reduce__(self) -> tuple[Callable[[str, str], Any], tuple[str, str]]:
        """Travel to a Dask worker by name: pickled by value, the function would take its globals along."""
        return _named, (self.fn.__module__, self.fn.__qualname__)

    if not TYPE_CHECKING:  # the overloads of the base class stay the signature

        def __call__(self, *args: Any, **options: Any) -> Any:
            """Run the flow."""
            from httpx import TransportError

            with server():
                try:
                    return super().__call__(*args, **options)
                except TransportError as error:
                    raise ServerLostError(f"Prefect's server does not answer ({error}); {RESUME}") from None


def served_flow(**options: Any) -> Callable[[Callable[P, R]], ServedFlow[P, R]]:
    """Declare a flow as `prefect.flow` does, with its server."""
    return lambda function: ServedFlow(function, **options)


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _address(folder: Path) -> str:
    """Return the address of a server that runs and will run as long as this process does."""
    with _lock:
        if folder in _in_use:
            return _in_use[folder][1]
        make_folder(folder)
        with _locked(folder / TURN):  # two commands at once start one server
            lease = os.open(folder / LEASE, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
            # Waits for a server that is just ending: it holds the lease alone and takes its address away.
            fcntl.flock(lease, fcntl.LOCK_SH)
            (folder / FAREWELL).unlink(missing_ok=True)
            address = _running(folder) or _start(folder)
        if not _in_use:
            atexit.register(_leave)
        _in_use[folder] = lease, address
        return address


def _leave() -> None:
    """Say that this process ends in order; the lease ends with it."""
    for folder in _in_use:
        with contextlib.suppress(OSError):
            (folder / FAREWELL).touch(PRIVATE_FILE)


def _running(folder: Path) -> str | None:
    try:
        address = (folder / ADDRESS).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return address if _answers(address) else None


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/health", timeout=ANSWER_S) as reply:
            return bool(reply.status == 200)
    except (OSError, ValueError):
        return False


def _start(folder: Path) -> str:
    """Start a server that belongs to nobody, and wait until it answers."""
    limit_s = float(os.environ.get("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120"))
    (folder / ADDRESS).unlink(missing_ok=True)
    command = [sys.executable, "-m", "flows.server_process", str(folder)]
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise _not_started(folder, f"not ready after {limit_s:.0f} s") from None
    finally:
        os.close(log)
    address = _running(folder) if done.returncode == 0 else None
    if address is None:
        raise _not_started(folder, f"exit code {done.returncode}")
    return address


def _not_started(folder: Path, reason: str) -> ServerError:
    return ServerError(f"Prefect's server does not start ({reason}); see {folder / LOG}, then run the command again")


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def farewell_age_s(folder: Path) -> float:
    """Return how long ago the last user left in order; infinite if none did since the last one came."""
    try:
        return max(0.0, time.time() - (folder / FAREWELL).stat().st_mtime)
    except OSError:
        return float("inf")
