"""The environment of a run: quiet, offline, with Prefect's embedded server; set before any heavy import."""

import importlib.util
import os
from pathlib import Path

from pipeline.errors import StoreError, UsageError
from pipeline.files import make_folder

OFFLINE = {
    # Hugging Face: what is on this machine or nothing; `dmd models fetch` is the only place that downloads.
    "HF_HUB_OFFLINE": "1",
}
UNTOLD = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Prefect: no analytics (with them on, SQLite locks appeared), no version check, no cloud.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}
"""What would tell somebody about a run: off, whatever the environment says, which is meant for other programs."""
QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    # The server is on this machine: one that does not answer in some seconds has ended.
    "PREFECT_CLIENT_MAX_RETRIES": "3",
    # The default of 20 s is too short for the first start, which creates the database.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # Native start-up chatter of MediaPipe and TensorFlow Lite, where they listen.
    "GLOG_minloglevel": "2",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
"""What the user may have set otherwise."""
LOOPBACK = ("127.0.0.1", "localhost")
PROXIES = ("all_proxy", "http_proxy", "https_proxy")
STATE_VARIABLE = "DMD_STATE"
"""Names the folder for Prefect's database and other state of runs."""


def state_folder() -> Path:
    """Return where state of runs lives: `$DMD_STATE`, else `$XDG_STATE_HOME/dmd-video`, else under the home."""
    given = os.environ.get(STATE_VARIABLE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "dmd-video"


def prepare(*, offline: bool = True) -> None:
    """Set the environment of this process and its children; of what is merely quiet, what the user has set stays.

    Parameters
    ----------
    offline : bool
        False for the one command that downloads.
    """
    os.environ.update(UNTOLD)
    if offline:
        os.environ.update(OFFLINE)
        _keep_loopback_from_proxies()
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if "PREFECT_HOME" not in os.environ:
        # Prefect makes the last folder only, and its server fails to start without it.
        os.environ["PREFECT_HOME"] = str(_made(state_folder() / "prefect"))


def _keep_loopback_from_proxies() -> None:
    """Have this machine's own server asked directly: a proxy is another machine, and cannot reach it."""
    for name in ("NO_PROXY", "no_proxy"):
        given = [part for part in os.environ.get(name, "").split(",") if part.strip()]
        if given != ["*"]:
            os.environ[name] = ",".join([*given, *(host for host in LOOPBACK if host not in given)])
    if importlib.util.find_spec("socksio") is None:  # Prefect's client cannot even be made then
        for name in [name for name in os.environ if name.lower() in PROXIES]:
            if os.environ[name].startswith("socks"):
                del os.environ[name]


def _made(folder: Path) -> Path:
    try:
        return make_folder(folder)
    except StoreError:
        raise UsageError(f"{folder}: cannot be made; set {STATE_VARIABLE} to a folder that is yours") from None
