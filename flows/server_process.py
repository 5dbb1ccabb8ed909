"""The process of Prefect's server: `python -m flows.server_process FOLDER`; see flows/server.py.

It detaches itself (its own session, nothing inherited but its log), and the command returns when it answers.
It ends when no process holds its lease, at once after a killed user, some minutes after one that left in order.
"""

import contextlib
import fcntl
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files import PRIVATE_FILE

if TYPE_CHECKING:
    import uvicorn

LINGER_VARIABLE = "DMD_SERVER_LINGER_S"
LINGER_S = 120.0
"""How long the server waits for the next command after an orderly end; `$DMD_SERVER_LINGER_S` replaces it."""
LOOK_S = 0.25
GOODBYE_S = 2.0
"""Time to write down the last events; open streams must not keep the process longer."""
EPHEMERAL = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""What Prefect sets for its own ephemeral server: no pages, no schedules."""


def main(folder: Path) -> int:
    """Detach; in the command's process return when the server answers, in the server's never."""
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        return 0 if os.read(read_end, 1) else 1
    os.close(read_end)
    os.setsid()
    if os.fork():  # no child of anybody's: nobody has to wait for it
        os._exit(0)
    os.umask(0o077)  # its database names clips and paths
    os.environ.update(EPHEMERAL)
    os.chdir("/")
    try:
        _serve(folder, write_end)
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


def _serve(folder: Path, ready: int) -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    server = uvicorn.Server(uvicorn.Config(create_app(), log_level="error", lifespan="on"))
    threading.Thread(target=_watch, args=(folder, server, address, ready), daemon=True).start()
    server.run(sockets=[listener])


def _watch(folder: Path, server: "uvicorn.Server", address: str, ready: int) -> None:
    """Announce the server when it answers; end it when it has no user left, or can no longer be watched."""
    from flows.server import ADDRESS, FAREWELL, LEASE, farewell_age_s

    try:
        linger_s = float(os.environ.get(LINGER_VARIABLE, LINGER_S))
        lease = os.open(folder / LEASE, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        announced = False
        while farewell_age_s(folder) < linger_s or not _taken(lease):
            if server.started and not announced:
                announced = True
                _announce(folder / ADDRESS, address, ready)
            time.sleep(LOOK_S)
        # From here a new user waits for this process to end, finds no address, and starts another server.
        for name in (ADDRESS, FAREWELL):
            (folder / name).unlink(missing_ok=True)
        server.should_exit = True
        time.sleep(GOODBYE_S)
    finally:
        os._exit(0)


def _announce(file: Path, address: str, ready: int) -> None:
    """Say where the server is; the command that waits to hear it may have been killed meanwhile."""
    file.write_text(address, "ascii")
    with contextlib.suppress(BrokenPipeError):
        os.write(ready, b"1")
    os.close(ready)


def _taken(lease: int) -> bool:
    """Take the lease for this process alone, if no user holds it."""
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
