"""The environment of a run: quiet, offline, with Prefect's embedded server; set before any heavy import."""

import os
from pathlib import Path

from pipeline.errors import StoreError, UsageError
from pipeline.files import make_folder

QUIET_AND_OFFLINE = {
    # Hugging Face: what is on this machine or nothing; `dmd models fetch` is the only place that downloads.
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    # Prefect: no analytics (with them on, SQLite locks appeared), no version check, no cloud.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
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
    """Set the environment of this process and its children; what the user has set stays.

    Parameters
    ----------
    offline : bool
        False for the one command that downloads.
    """
    for name, value in QUIET_AND_OFFLINE.items():
        if not offline and name == "HF_HUB_OFFLINE":
            continue
        os.environ.setdefault(name, value)
    if "PREFECT_HOME" not in os.environ:
        # Prefect makes the last folder only, and its server fails to start without it.
        os.environ["PREFECT_HOME"] = str(_made(state_folder() / "prefect"))


def _made(folder: Path) -> Path:
    try:
        return make_folder(folder)
    except StoreError:
        raise UsageError(f"{folder}: cannot be made; set {STATE_VARIABLE} to a folder that is yours") from None
