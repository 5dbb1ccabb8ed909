"""Quarantine: clips that crashed, outlasted or overfilled their workers are not tried again by every run.

`STORE/quarantine.json` holds, for each, what was tried (the file's content, the settings, the deadline) and the
reason; the entry counts as long as trying again would be the same thing again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.clip import Clip
from pipeline.errors import StoreError
from pipeline.files import content_sha256, write_whole
from pipeline.untrusted.jsontext import read_json

FILE = "quarantine.json"
TIMEOUT, CRASH, MEMORY = "timeout", "crash", "memory"
GIVEN_UP = (TIMEOUT, CRASH, MEMORY)
"""Stages of failures that cost a worker: each is tried once more in a fresh one, then given up."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A clip that was given up, and what was tried."""

    tried: str
    """Hash of content, segment, words and settings."""
    deadline_s: float
    stage: str
    """One of `GIVEN_UP`."""
    error: str


class Quarantine:
    """The clips of one store that were given up.

    Parameters
    ----------
    store : Path
    settings : str
        What, beside a clip, decides how its extraction goes.

    Raises
    ------
    StoreError
        The file is damaged.
    """

    def __init__(self, store: Path, settings: str) -> None:
        self._file = store / FILE
        self._settings = settings
        self._held = read_quarantine(store)

    def reason(self, clip: Clip, deadline_s: float) -> GivenUp | None:
        """Return why not to try this clip again with this deadline; None if it is worth trying."""
        held = self._held.get(clip.clip_id)
        if held is None or held.tried != self._tried(clip):
            return None
        return None if held.stage == TIMEOUT and deadline_s > held.deadline_s else held

    def give_up(self, clip: Clip, deadline_s: float, stage: str, error: str) -> None:
        """Note a clip, at once on disk: a run that is killed later must not try it again."""
        self._held[clip.clip_id] = GivenUp(self._tried(clip), deadline_s, stage, error)
        write_quarantine(self._file.parent, self._held)

    def release(self, clip_id: str) -> None:
        """Forget a clip that was done after all."""
        if self._held.pop(clip_id, None) is not None:
            write_quarantine(self._file.parent, self._held)

    def _tried(self, clip: Clip) -> str:
        try:
            content = content_sha256(clip.path) if clip.path is not None else None
        except OSError:
            content = None
        said = None if clip.transcript is None else [word.text for word in clip.transcript.words]
        key = [self._settings, content, clip.start_s, clip.end_s, clip.language, said]
        return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def read_quarantine(store: Path) -> dict[str, GivenUp]:
    """Return the clips of a store that were given up, by id.

    Raises
    ------
    StoreError
        The file is damaged.
    """
    file = store / FILE
    if not file.is_file():
        return {}
    try:
        return {clip_id: GivenUp(**held) for clip_id, held in read_json(file).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise StoreError(f"{file}: is damaged; delete it, and crashed clips are tried once more") from None


def write_quarantine(store: Path, held: Mapping[str, GivenUp]) -> None:
    """Replace the quarantine of a store; without a clip there is no file."""
    if not held:
        (store / FILE).unlink(missing_ok=True)
        return
    content = {clip_id: asdict(given_up) for clip_id, given_up in held.items()}
    write_whole(store / FILE, json.dumps(content, indent=1, sort_keys=True).encode("ascii"))
