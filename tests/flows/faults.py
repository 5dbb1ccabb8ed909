"""Work that goes wrong on purpose, in a worker's own process: what its clip's text says."""

import ctypes
import os
import resource
import signal
import socket
import time
from pathlib import Path

from extractors.extraction import Device, ExtractionConfig
from flows.outcome import Outcome
from flows.work import Work
from pipeline.clip import Clip
from pipeline.store import FeatureStore
from pipeline.words import plain_transcript
from tests.pipeline.making import aligned_clip


class FaultyWork(Work):
    """Does as the first word of the transcript says; anything else stores a made-up clip."""

    def __init__(
        self, store: Path, config: ExtractionConfig, device: Device = "auto", turn: str | None = None
    ) -> None:
        self.store = self._store = FeatureStore(store, turn=turn)

    def do(self, clip: Clip) -> Outcome:
        order = clip.transcript.words[0].text if clip.transcript else ""
        if order == "segfault":
            with (self.store.path / "crashes").open("a") as notes:
                notes.write("x")
            ctypes.string_at(0)
        if order == "abort":
            os.write(2, b"F0000 check failed: depth > 0\n")
            os.abort()
        if order == "exit":
            os._exit(3)
        if order == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            time.sleep(3600)
        if order == "once" and not (self.store.path / "tried").exists():
            (self.store.path / "tried").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "orphan" and not (self.store.path / "orphaned").exists():
            (self.store.path / "orphaned").touch()
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)  # until the kernel kills it, too
        if order == "killed":
            os.kill(os.getpid(), signal.SIGKILL)  # what the kernel does to the largest process without memory
        if order == "greedy":
            return Bounded(self.store.path, ExtractionConfig()).do(clip)
        if order == "expendable":
            return Outcome(clip.clip_id, Path("/proc/self/oom_score_adj").read_text().strip(), "computed")
        if order == "large":
            return Large(self.store.path, ExtractionConfig()).do(clip)
        if order == "full":
            return Outcome(clip.clip_id, "", "failed", "write", "disk full; free some space")
        if order == "dial":
            try:
                socket.socket(socket.AF_INET)
            except OSError as error:
                return Outcome(clip.clip_id, "", "failed", "extract", type(error).__name__)
        if order == "threads":
            from threadpoolctl import threadpool_info

            found = [library["num_threads"] for library in threadpool_info()]
            return Outcome(clip.clip_id, str(max(found)), "computed")
        if order == "pid":
            return Outcome(clip.clip_id, str(os.getpid()), "computed")
        self.store.write(aligned_clip(clip.clip_id))
        return Outcome(clip.clip_id, "", "computed", duration_s=1.0)


class Counting(FaultyWork):
    """Notes every try in the store's folder."""

    def do(self, clip: Clip) -> Outcome:
        with (self.store.path / f"tries-{clip.clip_id}").open("a") as notes:
            notes.write("x")
        return super().do(clip)


class Unstartable(FaultyWork):
    """Cannot be made."""

    def __init__(
        self, store: Path, config: ExtractionConfig, device: Device = "auto", turn: str | None = None
    ) -> None:
        raise ImportError("no such library")


class Bounded(FaultyWork):
    """Asks for more memory than it may have."""

    def do(self, clip: Clip) -> Outcome:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        return Work.do(self, clip)

    def _do(self, clip: Clip) -> Outcome:
        return Outcome(str(bytearray(8 << 30)), "", "computed")


class Large(FaultyWork):
    """Stores a clip of some hundred kilobytes."""

    def do(self, clip: Clip) -> Outcome:
        return Work.do(self, clip)

    def _do(self, clip: Clip) -> Outcome:
        self.store.write(aligned_clip(clip.clip_id, rows=3000))
        return Outcome(clip.clip_id, "", "computed")


def clip(order: str, name: str | None = None) -> Clip:
    return Clip(name or order, None, plain_transcript(order))
