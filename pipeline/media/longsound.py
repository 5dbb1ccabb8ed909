"""LongSound: hours of samples that read like one array, decoded again where they are asked for instead of held."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MediaError

Float32 = NDArray[np.float32]

WINDOW_SAMPLES = 300 * 16_000
"""What was decoded last and is kept, 19 MB: word timing goes back by two minutes and less."""


class Samples(Protocol):
    """One line of mono samples that is read in stretches: an array [N], or a `LongSound`."""

    @property
    def size(self) -> int:
        """N."""

    @property
    def ndim(self) -> int:
        """1."""

    def __getitem__(self, stretch: slice, /) -> Float32:
        """Return the samples of a stretch."""


class LongSound:
    """The samples of a long clip; a stretch of them is an array, the whole of them never is.

    Reading goes on from where it last ended; what lies further back than the window is decoded from the beginning
    once more, because decoders and resamplers give the same bits only in the same order. Not for two threads.

    Parameters
    ----------
    size : int
        How many samples there are.
    decoded : callable
        Begins to decode: gives all samples in order, part by part.
    """

    ndim = 1

    def __init__(self, size: int, decoded: Callable[[], Iterator[Float32]]) -> None:
        self.size = size
        self._decoded = decoded
        self._parts: deque[tuple[int, Float32]] = deque()
        self._begin = self._end = 0
        self._pass: Iterator[Float32] = iter(())
        self.passes = 0
        """How often decoding began."""

    def __len__(self) -> int:
        """N."""
        return self.size

    def __getitem__(self, stretch: slice, /) -> Float32:
        """Return the samples of a stretch, [shape=(stop - start,)].

        Raises
        ------
        MediaError
            If the file is no longer what it was.
        ValueError
            If the stretch has a step.
        """
        start, stop, step = stretch.indices(self.size)
        if step != 1:
            raise ValueError(f"long sound is read in stretches without a step, got {stretch}")
        taken = np.empty(max(0, stop - start), np.float32)
        if not taken.size:
            return taken
        if start < self._begin or not self.passes:
            self._restart()
        for first, part in self._parts:
            _copy(part, first, taken, start)
        while self._end < stop:
            first, part = self._next()
            _copy(part, first, taken, start)
        if self._end >= self.size:
            deque(self._pass, maxlen=0)  # to where it is seen that the file has not changed, and is closed
        return taken

    def _restart(self) -> None:
        self._parts.clear()
        self._begin = self._end = 0
        self._pass = self._decoded()
        self.passes += 1

    def _next(self) -> tuple[int, Float32]:
        """Decode a part more, and let go of what the window does not hold."""
        part = next(self._pass, None)
        if part is None:
            raise MediaError(
                f"its sound ends after {self._end} of {self.size} samples; run again when it is complete"
            )
        first, self._end = self._end, self._end + part.size
        self._parts.append((first, part))
        while self._end - self._begin > WINDOW_SAMPLES and len(self._parts) > 1:
            dropped, old = self._parts.popleft()
            self._begin = dropped + old.size
        return first, part


def _copy(part: Float32, first: int, into: Float32, start: int) -> None:
    """Copy what a part, whose first sample is number ``first``, has of ``[start, start + len(into))``."""
    low, high = max(first, start), min(first + part.size, start + into.size)
    if low < high:
        into[low - start : high - start] = part[low - first : high - first]
