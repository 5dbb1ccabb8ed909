"""Presentation times: what a stream's timestamps say, repaired where they are missing or run backwards."""

from dataclasses import dataclass

JUMP_S = 30.0
"""A step forward beyond this, past the end that the container declares, is a broken timestamp."""
RESET_S = 1.0
"""Sound that steps back by more than this belongs to a clock that started anew, not to an overlap."""
TOLERANCE_S = 0.02
"""Sound follows on as long as its timestamp is within this of where the samples before it end.

Containers round to milliseconds (Matroska, FLV) and audio clocks drift; a lost AAC packet (1024 samples,
21 ms at 48 kHz) must show as a hole.
"""


@dataclass(slots=True)
class Repairs:
    """What had to be repaired in the times of one stream."""

    missing: int = 0
    """Timestamps that were not there."""
    backward: int = 0
    """Timestamps that did not follow the one before."""
    jumps: int = 0
    """Timestamps absurdly far ahead."""
    holes: int = 0
    """Holes in the sound, filled with silence."""
    hole_s: float = 0.0
    overlaps: int = 0
    """Blocks of sound whose beginning was cut because the block before covers it."""

    @property
    def timestamps(self) -> int:
        """How many timestamps were replaced."""
        return self.missing + self.backward + self.jumps


class TimestampChoice:
    """Chooses between the presentation and the decoding timestamp of the frames that a decoder gives.

    Frames come in order of presentation, so their presentation timestamps should increase. Containers without
    any (AVI) get them made up, wrongly where frames refer to later ones; then the decoding timestamps increase
    instead. The kind that stepped back less often so far is believed, presentation first (after FFmpeg's
    `best_effort_timestamp`).
    """

    def __init__(self) -> None:
        self._pts = _Believed()
        self._dts = _Believed()

    def choose(self, pts: int | None, dts: int | None) -> int | None:
        """Return the timestamp to use, in ticks; None if there is neither."""
        self._pts.note(pts)
        self._dts.note(dts)
        if pts is None or (dts is not None and self._pts.faults > self._dts.faults):
            return dts
        return pts


@dataclass(slots=True)
class _Believed:
    """How often a kind of timestamp failed to increase."""

    faults: int = 0
    _last: int | None = None

    def note(self, ticks: int | None) -> None:
        if ticks is None:
            return
        self.faults += self._last is not None and ticks <= self._last
        self._last = ticks


class FrameClock:
    """Times of video frames, strictly increasing.

    A timestamp is taken as it is if it lies after the one before. Otherwise the frame follows by one
    nominal step, or by half a step where the timestamp is less than a step back (a duplicate), so that
    one bad value does not push all later ones aside.

    Parameters
    ----------
    step_s : float > 0
        Nominal time between two frames.
    declared_s : float or None
        Duration the container declares.
    """

    def __init__(self, step_s: float, declared_s: float | None) -> None:
        self.repairs = Repairs()
        self._step_s = step_s
        self._declared_s = declared_s
        self._first_s: float | None = None
        self._last_s = 0.0

    def place(self, pts_s: float | None) -> float:
        """Return the time of the next frame, in the file's clock."""
        if self._first_s is None:
            self.repairs.missing += pts_s is None
            self._first_s = self._last_s = pts_s or 0.0
            return self._last_s
        self._last_s = self._follow(pts_s)
        return self._last_s

    def _follow(self, pts_s: float | None) -> float:
        if pts_s is None:
            self.repairs.missing += 1
            return self._last_s + self._step_s
        if _jumps(pts_s, self._last_s, self._first_s, self._declared_s):
            self.repairs.jumps += 1
            return self._last_s + self._step_s
        if pts_s <= self._last_s:
            self.repairs.backward += 1
            return self._last_s + (self._step_s if self._last_s - pts_s >= self._step_s else self._step_s / 2)
        return pts_s


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where a block of samples belongs."""

    start_s: float
    """Time of its first sample that is kept, in the file's clock."""
    skip: int
    """Samples to cut from its beginning."""
    follows: bool
    """True if it follows the block before without a hole or an overlap."""


class SampleClock:
    """Times of blocks of sound; blocks that follow each other are counted in samples, not in timestamps."""

    def __init__(self, declared_s: float | None) -> None:
        self.repairs = Repairs()
        self._declared_s = declared_s
        self._first_s: float | None = None
        self._anchor_s = 0.0
        self._samples = 0
        self._rate_hz = 0

    def place(self, pts_s: float | None, samples: int, rate_hz: int) -> BlockPlace:
        """Return the place of the next block of ``samples`` at ``rate_hz``."""
        if self._first_s is None:
            self.repairs.missing += pts_s is None
            self._first_s = pts_s or 0.0
            self._start_run(self._first_s, samples, rate_hz)
            return BlockPlace(self._first_s, 0, False)
        expected_s = self._anchor_s + self._samples / self._rate_hz
        place = self._follow(expected_s, pts_s, samples, rate_hz)
        if place.follows and rate_hz == self._rate_hz:
            self._samples += samples
            return place
        self._start_run(place.start_s, samples - place.skip, rate_hz)
        return BlockPlace(place.start_s, place.skip, False)

    def _start_run(self, start_s: float, samples: int, rate_hz: int) -> None:
        self._anchor_s, self._samples, self._rate_hz = start_s, samples, rate_hz

    def _follow(self, expected_s: float, pts_s: float | None, samples: int, rate_hz: int) -> BlockPlace:
        if pts_s is None:  # usual: only the first of several frames in a packet has one (AMR)
            return BlockPlace(expected_s, 0, True)
        ahead_s = pts_s - expected_s
        if abs(ahead_s) <= TOLERANCE_S:
            return BlockPlace(expected_s, 0, True)
        if _jumps(pts_s, expected_s, self._first_s, self._declared_s):
            self.repairs.jumps += 1
            return BlockPlace(expected_s, 0, True)
        if ahead_s > 0:
            self.repairs.holes += 1
            self.repairs.hole_s += ahead_s
            return BlockPlace(pts_s, 0, False)
        if ahead_s < -RESET_S:
            self.repairs.backward += 1
            return BlockPlace(expected_s, 0, True)
        self.repairs.overlaps += 1
        return BlockPlace(expected_s, min(samples, round(-ahead_s * rate_hz)), False)


def _jumps(pts_s: float, last_s: float, first_s: float | None, declared_s: float | None) -> bool:
    end_s = last_s if declared_s is None or first_s is None else first_s + declared_s
    return pts_s - last_s > JUMP_S and pts_s > end_s + JUMP_S
