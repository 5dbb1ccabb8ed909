"""Model files: where they are, whether they are what they claim to be, and how to get them.

Nothing here downloads except `fetch`, which only ``dmd models fetch`` calls. Everything else looks in two
places: the package itself (the embedded face landmarker) and the user's model folder.
"""

import hashlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from extractors.known_models import KNOWN_MODELS, ModelFile
from pipeline.errors import ModelMissingError, UsageError

State = Literal["verified", "missing", "damaged"]
"""`damaged`: a file is there, but it is not the known one (sha256)."""

_TIMEOUT_S = 60.0
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A known model and what this machine has of it."""

    model: ModelFile
    path: Path
    """Where it is, or would be."""
    state: State
    remedy: str
    """The command that mends it; empty if nothing is wrong."""


def model_folder() -> Path:
    """Return the user's model folder: $DMD_MODELS, else dmd-video/models under the XDG data home."""
    chosen = os.environ.get("DMD_MODELS")
    if chosen:
        return Path(chosen).expanduser()
    data_home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data_home).expanduser() / "dmd-video" / "models"


def known_model(name: str) -> ModelFile:
    """Return the model of that name.

    Raises
    ------
    UsageError
        No such name; the message lists those there are.
    """
    for model in KNOWN_MODELS:
        if model.name == name:
            return model
    raise UsageError(f"no model is named '{name}'; known: {', '.join(model.name for model in KNOWN_MODELS)}")


def list_models() -> tuple[ModelStatus, ...]:
    """Return every known model with its state on this machine; files are hashed."""
    return tuple(_status(model) for model in KNOWN_MODELS)


def model_path(name: str) -> Path:
    """Return where the named model is, verified.

    Raises
    ------
    UsageError
        No such name.
    ModelMissingError
        Not installed, or not the known file; the message says how to get it.
    """
    status = _status(known_model(name))
    if status.state == "missing":
        raise ModelMissingError(f"model '{name}' is not installed at {status.path}: {status.remedy}")
    if status.state == "damaged":
        raise ModelMissingError(f"model '{name}' at {status.path} is not the known file (sha256): {status.remedy}")
    return status.path


def verify(path: Path, sha256: str) -> None:
    """Check that a file is the one that has this sha256.

    Raises
    ------
    ModelMissingError
        The file is not there, cannot be read, or has another sha256.
    """
    try:
        found = file_sha256(path)
    except OSError as error:
        raise ModelMissingError(f"model file {path} cannot be read: {error.strerror or error}") from None
    if found != sha256:
        raise ModelMissingError(f"model file {path} has sha256 {found}, expected {sha256}; fetch it again")


def file_sha256(path: Path) -> str:
    """Return the hex sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(name: str, *, url: str | None = None, report: Callable[[str], None] = lambda line: None) -> Path:
    """Download a model into the user's model folder, verified and whole or not at all.

    Parameters
    ----------
    name : str
        A known model.
    url : str, optional
        Another place to load the file from (a mirror, ``file://``); the sha256 must be the same.
    report : callable
        Told in one line what is going on.

    Returns
    -------
    Path
        The file, or the snapshot's folder. One that is already there and verified is left alone.

    Raises
    ------
    UsageError
        No such name.
    ModelMissingError
        The server cannot be reached, the disk is full, or what came is not the known file.
    """
    model = known_model(name)
    status = _status(model)
    if status.state == "verified" or model.origin == "embedded":
        report(f"{name} is already at {status.path}")
        return model_path(name)
    status.path.parent.mkdir(parents=True, exist_ok=True)
    report(f"fetching {name} ({model.size_bytes / 1e6:.0f} MB, {model.licence}) from {url or model.source}")
    if model.origin == "hub":
        return _fetch_snapshot(model, status.path)
    return _fetch_file(model, url or model.source, status.path)


def _status(model: ModelFile) -> ModelStatus:
    path = _embedded_folder() / model.filename if model.origin == "embedded" else model_folder() / model.filename
    remedy = "reinstall the package" if model.origin == "embedded" else f"run `dmd models fetch {model.name}`"
    if model.sha256 is None:
        whole = (path / "config.json").is_file()
        return ModelStatus(model, path, "verified" if whole else "missing", "" if whole else remedy)
    if not path.is_file():
        return ModelStatus(model, path, "missing", remedy)
    if file_sha256(path) != model.sha256:
        return ModelStatus(model, path, "damaged", remedy)
    return ModelStatus(model, path, "verified", "")


@cache
def _embedded_folder() -> Path:
    """Package data; the package is always installed as files, never as a zip."""
    return Path(str(resources.files("extractors"))) / "models"


def _fetch_file(model: ModelFile, url: str, path: Path) -> Path:
    assert model.sha256 is not None
    handle, partial = tempfile.mkstemp(prefix=f".{model.filename}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            shutil.copyfileobj(answer, file, _CHUNK_BYTES)
            file.flush()
            os.fsync(file.fileno())
        verify(Path(partial), model.sha256)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelMissingError(f"model '{model.name}' could not be fetched from {url}: {reason}") from None
    except ModelMissingError as error:
        raise ModelMissingError(f"what {url} sent is not model '{model.name}': {error}") from None
    finally:
        Path(partial).unlink(missing_ok=True)
    return path


def _fetch_snapshot(model: ModelFile, path: Path) -> Path:
    """Fetch a hub repository's weights, vocabulary and configuration into a plain folder."""
    from huggingface_hub import list_repo_files, snapshot_download

    partial = Path(tempfile.mkdtemp(prefix=f".{model.filename}.", dir=path.parent))
    try:
        # transformers reads older weights without running code in them (weights_only)
        safe = any(name.endswith(".safetensors") for name in list_repo_files(model.source))
        weights = "*.safetensors" if safe else "pytorch_model.bin"
        wanted = ["*.json", "*.txt", "*.model", weights, "LICENSE*"]
        snapshot_download(model.source, local_dir=partial, allow_patterns=wanted, ignore_patterns=["*/*"])
        shutil.rmtree(path, ignore_errors=True)
        partial.replace(path)
    except Exception as error:  # the hub's client raises errors of several libraries
        raise ModelMissingError(f"model '{model.name}' could not be fetched from the hub: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return path
