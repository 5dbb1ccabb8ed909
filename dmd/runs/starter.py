"""The model to start with: ships with the package, reads the words alone; its card stands beside its weights."""

from dataclasses import dataclass
from pathlib import Path

from dmd.runs.folder import MODEL, NORMALISER, RUN, seed_folder
from pipeline.errors import ModelMissingError
from pipeline.files import content_sha256

STARTER_NAME = "starter-text"
STARTER = Path(__file__).parents[1] / "models" / STARTER_NAME
"""A RUN folder."""
CARD = STARTER / "README.md"
WEIGHTS = STARTER / seed_folder(1) / MODEL
WEIGHTS_SHA256 = "6e1511b12a2a6a160de2a2401169272dcacb8c6b95429dd169ef1f72a95414fa"
REMEDY = "pip install --force-reinstall --no-deps dmd-video"


@dataclass(frozen=True, slots=True)
class StarterStatus:
    """What this installation has of the starter model."""

    path: Path
    state: str
    """`verified`, `missing` or `damaged`."""
    remedy: str
    """The command that mends it; empty if nothing is wrong."""


def starter_status() -> StarterStatus:
    """Look at the files of the starter model; the weights are hashed."""
    if not all(file.is_file() for file in (STARTER / RUN, STARTER / NORMALISER, WEIGHTS)):
        return StarterStatus(STARTER, "missing", REMEDY)
    whole = content_sha256(WEIGHTS) == WEIGHTS_SHA256
    return StarterStatus(STARTER, "verified" if whole else "damaged", "" if whole else REMEDY)


def starter_run() -> Path:
    """Return the RUN folder of the starter model.

    Raises
    ------
    ModelMissingError
        The installation lacks it, or it is not the one that belongs to this version.
    """
    status = starter_status()
    if status.remedy:
        raise ModelMissingError(f"the starter model at {status.path} is {status.state}; run `{status.remedy}`")
    return status.path
