"""Work: what a worker does with one clip, and how it says what went wrong."""

import errno
import os
from pathlib import Path

from extractors.extraction import Device, ExtractionConfig, Extractor
from flows.outcome import Outcome, Status
from pipeline.aligned import ClipInfo
from pipeline.clip import Clip
from pipeline.errors import DamagedClipError, MediaError, PipelineError, StoreError, TranscriptError
from pipeline.files import content_sha256
from pipeline.store import FeatureStore
from pipeline.stores.clipfile import ClipHeader
from pipeline.stores.quarantine import MEMORY


class Work:
    """Extracts clips into a store, keeping those that are there already."""

    def __init__(
        self, store: Path, config: ExtractionConfig, device: Device = "auto", turn: str | None = None
    ) -> None:
        self._store = FeatureStore(store, turn=turn)
        self._extractor = Extractor(config, device, scratch=store)

    def do(self, clip: Clip) -> Outcome:
        """Bring one clip of the store up to date; never raises, a bad clip is an outcome."""
        try:
            return self._do(clip)
        except PipelineError as error:
            return self._failed(clip, _stage(error), str(error))
        except Exception as error:  # a fault of ours or of a library must cost one clip, not the run
            if _out_of_memory(error):
                return self._failed(clip, MEMORY, "needs more memory than there is")
            return self._failed(clip, "extract", f"unexpected {type(error).__name__}: {error}; please report it")

    def _do(self, clip: Clip) -> Outcome:
        path = str(clip.path or "")
        before = _state(clip.path)
        content = content_sha256(clip.path) if clip.path else None
        header = self._header(clip)
        if header and header.provenance.get("fingerprint") == self._extractor.fingerprint(clip, content):
            info = ClipInfo(clip.label, clip.split, clip.speaker, clip.video_id, clip.language)
            try:
                updated = self._store.write_info(clip.clip_id, info)
            except DamagedClipError:  # its header is whole, its arrays are not: made anew below
                pass
            else:
                status: Status = "updated" if updated else "kept"
                return Outcome(clip.clip_id, path, status, duration_s=header.duration_s, flags=header.flags)
        aligned = self._extractor.extract(clip, content)
        if _state(clip.path) != before:
            raise MediaError(f"{path}: changed while it was read; run the same command again when it is complete")
        self._store.write(aligned)
        return Outcome(clip.clip_id, path, "computed", duration_s=aligned.duration_s, flags=aligned.flags)

    def _header(self, clip: Clip) -> ClipHeader | None:
        """Return what is stored of a clip; None if nothing is, or nothing that can be read."""
        if clip.clip_id not in self._store:
            return None
        try:
            return self._store.header(clip.clip_id)
        except DamagedClipError:
            return None

    def _failed(self, clip: Clip, stage: str, message: str) -> Outcome:
        """Report a failure; what an earlier run stored of the clip is no longer true and goes.

        What cannot be written ends the run, and is kept by Prefect: it names the store, never a clip.
        """
        path, line = str(clip.path or ""), " ".join(message.split())
        if stage == "write":
            return Outcome(clip.clip_id, path, "failed", stage, line)
        if clip.clip_id in self._store:
            self._store.remove(clip.clip_id)
        named = line if clip.clip_id in line else f"clip {clip.clip_id!r}: {line}"
        return Outcome(clip.clip_id, path, "failed", stage, named)


def _out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: Python, the kernel, torch and OpenCV each say it in their own way."""
    said = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or any(words in said for words in ("can't allocate memory", "not enough memory", "insufficient memory"))
        or "bad_alloc" in said
    )


def _state(path: Path | None) -> tuple[int, int] | None:
    """Return size and modification time of a file; refuse what is no regular file, opening nothing."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({os.strerror(error.errno or 0)}); check the path") from None
    if not path.is_file():
        raise MediaError(f"{path}: is no regular file; leave it out")
    return found.st_size, found.st_mtime_ns


def _stage(error: PipelineError) -> str:
    if isinstance(error, StoreError):
        return "write"
    return "read" if isinstance(error, (MediaError, TranscriptError)) else "extract"
