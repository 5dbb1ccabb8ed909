"""What a run costs while it goes on: memory and CPU of its processes, by what they are (Linux)."""

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.flows.processes import naming

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(slots=True)
class Watch:
    """Samples all processes that have a mark in their environment until it is stopped."""

    mark: Path
    every_s: float = 2.0
    cpu_s: dict[int, tuple[str, float]] = field(default_factory=dict)
    """Process -> what it is, and its CPU seconds when last seen."""
    memory_mb: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    """Seconds since the start, and the largest process of each kind."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    _thread: threading.Thread = field(default_factory=threading.Thread)

    def total_cpu_s(self, kind: str) -> float:
        return sum(seconds for what, seconds in self.cpu_s.values() if what == kind)

    def peaks_mb(self, kind: str, parts: int = 10) -> list[int]:
        """Return the largest memory of a kind of process in each of some equal parts of the run."""
        if not self.memory_mb:
            return []
        whole_s = self.memory_mb[-1][0] + 1e-9
        peaks = [0.0] * parts
        for at_s, largest in self.memory_mb:
            part = int(at_s / whole_s * parts) if at_s < whole_s else parts - 1
            peaks[part] = max(peaks[part], largest.get(kind, 0.0))
        return [round(peak) for peak in peaks]

    def _run(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(self.every_s):
            largest: dict[str, float] = {}
            for pid in naming(self.mark):
                seen = _look(pid)
                if seen is not None:
                    kind, cpu_s, mb = seen
                    self.cpu_s[pid] = kind, cpu_s
                    largest[kind] = max(largest.get(kind, 0.0), mb)
            self.memory_mb.append((time.monotonic() - began, largest))


def kind_of(command: str) -> str:
    """Return what a process of a run is, by its command line."""
    if "flows.server_process" in command:
        return "server"
    if "spawn_main" in command:
        return "worker"
    return "main" if "-m flows" in command else "other"


def _look(pid: int) -> tuple[str, float, float] | None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return kind_of(command), (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE_MB
