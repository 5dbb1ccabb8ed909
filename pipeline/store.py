"""FeatureStore: one folder, one file a clip, each written whole or not at all.

    STORE/store.json                     format and configuration of the last run
    STORE/clips/3f/NAME-<hash>.safetensors   one AlignedClip each (see pipeline/stores/clipfile.py)
    STORE/failures.csv                   clips of the last run that failed: clip_id,path,stage,error
    STORE/quarantine.json                clips that are not tried again (see pipeline/stores/quarantine.py)
    STORE/.lock                          held by the run that writes (the kernel lets it go with its process); says
                                         whose turn it is; empty when a run ended, failed or was interrupted, while a
                                         killed one's turn stays until the next: workers of a cluster may still go on
    STORE/.writers                       held, together, by all who are writing a file

Nothing in it tells when it was written: two runs over the same clips make the same bytes.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.aligned import AlignedClip, ClipInfo
from pipeline.cleanup import cleaned_up
from pipeline.errors import DamagedClipError, StoreError
from pipeline.files import PARTIAL_PREFIX, make_folder, open_own, write_whole
from pipeline.stores.clipfile import ClipHeader, packed, read_clip, read_header
from pipeline.stores.failures import Failure, read_failures, write_failures
from pipeline.untrusted.jsontext import read_json

FORMAT = 1
TAKE_OVER_S = 60.0
"""How long a run waits for workers of an earlier one to end the file that they are writing."""


class FeatureStore:
    """A folder of aligned clips; iterating yields ids in order, `load` gives a clip.

    Parameters
    ----------
    path : Path or str
    create : bool
        Make the store if there is none; otherwise a missing store is an error.
    turn : str, optional
        What `locked` gave the run that this one writes for. A worker of a cluster may outlive its run; once another
        run has taken the store, such a worker can write nothing more.

    Raises
    ------
    StoreError
        No store at that path, or one of another format.
    """

    def __init__(self, path: Path | str, *, create: bool = False, turn: str | None = None) -> None:
        self.path = Path(path)
        self._turn = turn
        self._clips = self.path / "clips"
        settings = self.path / "store.json"
        if settings.is_file():
            self._check_format(settings)
            self._refuse_links()
        elif create:
            if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
                raise StoreError(f"{self.path}: is there already and is no feature store; choose another --out")
            make_folder(self.path)
            make_folder(self._clips)
            self.write_settings({})
            write_whole(self.path / ".writers", b"")  # from the beginning: stores of the same clips are equal
        else:
            raise StoreError(
                f"{self.path}: no feature store here; make one with `dmd extract SOURCE --out {self.path}`"
            )

    def _check_format(self, settings: Path) -> None:
        try:
            found = read_json(settings)["format"]
        except (ValueError, KeyError, TypeError, OSError):
            raise StoreError(
                f"{settings}: is not readable as a store's settings; extract into a new folder"
            ) from None
        if found != FORMAT:
            raise StoreError(f"{self.path}: store format {found}, this version reads {FORMAT}; extract it again")

    def _refuse_links(self) -> None:
        """Refuse a store whose folders are elsewhere: what is written or deleted in it must lie in it."""
        for folder in (self._clips, *(self._clips.iterdir() if self._clips.is_dir() else ())):
            if folder.is_symlink():
                raise StoreError(f"{folder}: is a link, which a store has none of; put what it leads to in its place")

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the last extraction recorded of itself: configuration, versions, model hashes."""
        content: dict[str, Any] = read_json(self.path / "store.json")
        return content

    def write_settings(self, settings: Mapping[str, Any]) -> None:
        """Record the configuration of the extraction that fills this store."""
        content = json.dumps({"format": FORMAT, **settings}, indent=1, sort_keys=True, ensure_ascii=False)
        write_whole(self.path / "store.json", content.encode())

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(header.clip_id for header in self.headers()))

    def __len__(self) -> int:
        return sum(1 for _ in self._files())

    def __contains__(self, clip_id: object) -> bool:
        return isinstance(clip_id, str) and self.file(clip_id).is_file()

    def load(self, clip_id: str) -> AlignedClip:
        """Read one clip.

        Raises
        ------
        StoreError
            The store has no such clip, or its file is damaged.
        """
        return read_clip(self._present(clip_id))

    def clips(self) -> Iterator[AlignedClip]:
        """Read all clips in the order of their ids."""
        return (self.load(clip_id) for clip_id in self)

    def header(self, clip_id: str) -> ClipHeader:
        """Read what is known of a clip without its arrays."""
        return read_header(self._present(clip_id))

    def headers(self) -> Iterator[ClipHeader]:
        """Read the headers of all clips that can be read, in no particular order; `damaged` names the others."""
        for file in self._files():
            with suppress(DamagedClipError):
                yield read_header(file)

    def damaged(self) -> list[DamagedClipError]:
        """Return what is wrong with each file that is no clip; the next extraction makes those anew."""
        found = []
        for file in sorted(self._files()):
            try:
                read_header(file)
            except DamagedClipError as error:
                found.append(error)
        return found

    def write(self, clip: AlignedClip) -> Path:
        """Write a clip whole, replacing the one of the same id."""
        return self.write_bytes(clip.clip_id, packed(clip))

    def write_bytes(self, clip_id: str, content: bytes | Iterable[bytes | memoryview]) -> Path:
        """Write the packed bytes of a clip, as `write` does."""
        file = self.file(clip_id)
        try:
            with self._in_turn():
                make_folder(file.parent)
                write_whole(file, content)
        except StoreError as error:
            # Named by its folder: what ends a run is kept by Prefect, where no clip should stand.
            raise StoreError(str(error).replace(str(file), str(self.path))) from None
        return file

    def write_info(self, clip_id: str, info: ClipInfo) -> bool:
        """Bring label, split and the rest of a clip up to date; return True if that changed the file."""
        if self.header(clip_id).info == info:
            return False
        self.write(replace(self.load(clip_id), info=info))
        return True

    def remove(self, clip_id: str) -> None:
        """Delete a clip."""
        with self._in_turn():
            self._present(clip_id).unlink()

    def file(self, clip_id: str) -> Path:
        """Return where a clip of this id lies: readable, and safe whatever the id holds."""
        digest = hashlib.sha256(clip_id.encode("utf-8", "surrogatepass")).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9_-]+", "_", clip_id)[-40:].strip("_") or "clip"
        return self._clips / digest[:2] / f"{readable}-{digest[2:18]}.safetensors"

    def failures(self) -> list[Failure]:
        """Return the clips of the last run that failed."""
        return read_failures(self.path / "failures.csv")

    def write_failures(self, failures: Sequence[Failure]) -> None:
        """Replace failures.csv; without failures the file holds its header only."""
        write_failures(self.path / "failures.csv", failures)

    @contextmanager
    def locked(self) -> Iterator[str]:
        """Hold the store for writing; the lock dies with the process, however it ends.

        Yields
        ------
        str
            The turn: what those who write for this run, elsewhere, open the store with.

        Raises
        ------
        StoreError
            Another run is writing to this store, or it cannot be written.
        """
        descriptor = open_own(self.path / ".lock")
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(f"{self.path}: another run is writing to this store; wait for it to end") from None
            try:
                with cleaned_up(lambda: _empty(descriptor)):
                    yield self._taken_over(descriptor)
            finally:
                _empty(descriptor)
        finally:
            os.close(descriptor)

    def _taken_over(self, lock: int) -> str:
        """Begin a turn when nobody is in the middle of a file; whoever writes for an earlier run is refused then."""
        turn = secrets.token_hex(16)
        end = time.monotonic() + TAKE_OVER_S
        writers = open_own(self.path / ".writers")
        try:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(writers, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() > end:
                    raise StoreError(f"{self.path}: a worker of an earlier run is still writing; wait for it to end")
                time.sleep(0.05)
            os.ftruncate(lock, 0)
            os.pwrite(lock, turn.encode(), 0)
            for partial in self.path.rglob(f"{PARTIAL_PREFIX}*"):
                partial.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be written ({error.strerror}); free some space") from None
        finally:
            os.close(writers)
        return turn

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let a file be written as long as the run that it is for has the store."""
        if self._turn is None:
            yield
            return
        writers = open_own(self.path / ".writers")
        try:
            fcntl.flock(writers, fcntl.LOCK_SH)
            if (self.path / ".lock").read_text("ascii") != self._turn:
                raise StoreError(
                    f"{self.path}: another run has taken this store, or this one has ended; what is still done for "
                    "it is not kept"
                )
            yield
        finally:
            os.close(writers)

    def _present(self, clip_id: str) -> Path:
        file = self.file(clip_id)
        if not file.is_file():
            raise StoreError(f"{self.path}: holds no clip {clip_id!r}; `dmd extract` lists those that failed and why")
        return file

    def _files(self) -> Iterator[Path]:
        return (file for file in self._clips.glob("*/*.safetensors") if not file.name.startswith(PARTIAL_PREFIX))


def _empty(lock: int) -> None:
    with suppress(OSError):  # it is nobody's turn, and the store is what any run would have made it
        os.ftruncate(lock, 0)
