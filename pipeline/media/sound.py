"""Sound: decoded blocks of any rate and layout become one line of 16 kHz mono samples on the file's clock."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import soxr
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.media.longsound import LongSound, Samples
from pipeline.media.presentation import BlockPlace, Repairs, SampleClock

Float32 = NDArray[np.float32]

RATE_HZ = 16000
BLOCK_SAMPLES = 16384
"""Source samples that are mixed and resampled at once; small codec frames cost more calls than work."""
FULL_SCALE = 0.999
"""A sample at or above this share of full scale counts as clipped (lossy codecs move it by a little)."""
HELD_S = 600.0
"""Longer sound is not held but decoded again where it is asked for: the memory of a worker must not grow with it."""
PART_SAMPLES = RATE_HZ
"""Streamed samples are given in parts of at least a second: some codecs give a hundred blocks a second."""
HOLE_SAMPLES = 30 * RATE_HZ
"""And of at most so many: a damaged timestamp makes a hole of hours."""
EDGE_S = 0.1
"""Sound around a segment that is taken in too, so that the resampler's filter sees real neighbours."""
LIMIT = 8.0
"""Float samples beyond this many times full scale are damage; decoders overshoot by less than 2."""

MIX_WEIGHTS = {"FC": 1.0, "FL": 0.7071, "FR": 0.7071, "LFE": 0.0, "LFE2": 0.0}
"""Weight of a channel in the downmix before the weights are scaled to a sum of 1 (after ITU-R BS.775-3):
the centre, which carries speech, in full, left and right at -3 dB, subwoofers not at all."""
OTHER_WEIGHT = 0.5
"""Surround and height channels, -6 dB."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """The sound of one clip; sample ``i`` is heard at ``start_pts_s + i / rate_hz``."""

    samples: Samples
    """[shape=(N,)] mono, full scale is 1.0; decoders may overshoot it. Holes in the stream are 0.0. An array, or for
    more than `HELD_S` a `LongSound`, which is read in stretches."""
    start_pts_s: float
    """Time of sample 0 in the file's clock: time 0 of the clip."""
    source_rate_hz: int
    source_channels: int
    clipped_fraction: float
    """Share of the source's samples, over all channels, that stand at full scale."""
    rate_hz: int = RATE_HZ

    @property
    def duration_s(self) -> float:
        """N / rate_hz."""
        return self.samples.size / self.rate_hz

    def __repr__(self) -> str:
        return (
            f"Audio(N={self.samples.size}, rate_hz={self.rate_hz}, start_pts_s={self.start_pts_s:.3f}, "
            f"source {self.source_rate_hz} Hz x {self.source_channels})"
        )


def mix_weights(channels: Sequence[str]) -> Float32:
    """Return the weight of each channel in the mono downmix, summing to 1.

    Mono and stereo: the plain mean. Layouts with named channels: `MIX_WEIGHTS`. Unnamed channels count alike.
    """
    weights = np.array([MIX_WEIGHTS.get(name, OTHER_WEIGHT) for name in channels], dtype=np.float32)
    if weights.sum() == 0:
        weights[:] = 1.0
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def unit_scale(block: NDArray[np.generic]) -> Float32:
    """Return samples of any PCM type as float32 with full scale 1.0."""
    if block.dtype.kind == "u":
        return (block.astype(np.float32) - 128.0) / 128.0
    if block.dtype.kind == "i":
        return block.astype(np.float32) / np.float32(2.0 ** (8 * block.dtype.itemsize - 1))
    return block.astype(np.float32)


@dataclass(slots=True)
class Tally:
    """Counts over the source's samples, all channels."""

    samples: int = 0
    clipped: int = 0
    damaged: int = 0
    """Not finite, or beyond `LIMIT`; set to 0."""
    channel_energy: float = 0.0
    mix_energy: float = 0.0

    @property
    def cancels(self) -> bool:
        """True if the mix is 20 dB below the channels: they carry the same sound with opposite signs."""
        return self.channel_energy > 0 and self.mix_energy < 0.01 * self.channel_energy


@dataclass(slots=True)
class _Run:
    """Blocks that follow each other without a hole, at one rate."""

    start_s: float
    rate_hz: int
    layout: tuple[str, ...]
    resampler: soxr.ResampleStream | None
    written: int = 0
    """Samples at 16 kHz that the run has given so far."""
    pending: list[NDArray[np.generic]] = field(default_factory=list)
    """[shape=(C, n)] each, as decoded."""


class SoundLine:
    """Makes one line of samples of decoded blocks: holds it, or gives it away part by part.

    Parameters
    ----------
    declared_s : float or None
        Duration the container declares.
    start_s, end_s : float or None
        Stretch of the file's clock to keep; None keeps from the first sample, to the last one.
    max_duration_s : float
        Longest line.
    again : callable, optional
        Decodes the same sound from its beginning; with it, a line of more than `HELD_S` is not held.
    """

    def __init__(
        self,
        declared_s: float | None,
        start_s: float | None,
        end_s: float | None,
        max_duration_s: float,
        again: Callable[[], Iterator[Float32]] | None = None,
    ) -> None:
        self.tally = Tally()
        self._clock = SampleClock(declared_s)
        self._origin_s = start_s
        self._end_s = end_s
        self._max_samples = round(max_duration_s * RATE_HZ)
        self._again = again
        self._line: Float32 | None = np.zeros(0, np.float32)
        self._streamed: list[Float32] | None = None
        self._length = 0
        self._run: _Run | None = None
        self._source: tuple[int, int] | None = None

    @property
    def repairs(self) -> Repairs:
        """What had to be repaired in the timestamps."""
        return self._clock.repairs

    def add(self, block: NDArray[np.generic], layout: tuple[str, ...], rate_hz: int, pts_s: float | None) -> float:
        """Take the next block.

        Parameters
        ----------
        block : ndarray [shape=(C, n)], samples as decoded
        layout : C channel names
        rate_hz : int
        pts_s : float or None
            Its timestamp in the file's clock.

        Returns
        -------
        float
            Where the block begins, in the file's clock.
        """
        place = self._clock.place(pts_s, block.shape[1], rate_hz)
        if self._origin_s is None:
            self._origin_s = place.start_s
        if self._outside(place.start_s, place.start_s + (block.shape[1] - place.skip) / rate_hz):
            self._finish_run()
            return place.start_s
        if self._source is None:
            self._source = (rate_hz, len(layout))
        if self._run is None or not place.follows or layout != self._run.layout:
            self._finish_run()
            self._run = self._new_run(place, layout, rate_hz)
        self._run.pending.append(block[:, place.skip :])
        if sum(part.shape[1] for part in self._run.pending) >= BLOCK_SAMPLES:
            self._flush(last=False)
        return place.start_s

    def stream(self) -> None:
        """Hold nothing from here on: what comes is there for `taken`."""
        self._line, self._streamed = None, []

    def taken(self, *, last: bool = False) -> Iterator[Float32]:
        """Yield the samples that came since, if they are enough for a part; at the end all of them."""
        parts = self._streamed or []
        if not parts or not (last or sum(part.size for part in parts) >= PART_SAMPLES):
            return
        self._streamed = []
        if max(part.size for part in parts) <= HOLE_SAMPLES:
            parts = [np.concatenate(parts)]
        for part in parts:
            yield from (part[start : start + HOLE_SAMPLES] for start in range(0, part.size, HOLE_SAMPLES))

    def _outside(self, start_s: float, end_s: float) -> bool:
        origin_s = start_s if self._origin_s is None else self._origin_s
        return end_s < origin_s - EDGE_S or (self._end_s is not None and start_s >= self._end_s + EDGE_S)

    def finish(self) -> Audio | None:
        """Return the line, or None if there is no sample in the stretch that was asked for."""
        self._finish_run()
        length = self._length
        if self._end_s is not None and self._origin_s is not None:
            length = min(length, round((self._end_s - self._origin_s) * RATE_HZ))
        if length <= 0 or self._origin_s is None or self._source is None:
            return None
        clipped = self.tally.clipped / max(1, self.tally.samples)
        return Audio(self._samples(length), self._origin_s, *self._source, clipped)

    def _samples(self, length: int) -> Samples:
        if self._line is not None:
            self._line.resize(length, refcheck=False)
            return self._line
        assert self._again is not None, "nobody asks for the line of sound that was streamed"
        return LongSound(length, self._again)

    def _new_run(self, place: BlockPlace, layout: tuple[str, ...], rate_hz: int) -> _Run:
        # HQ: pass band to 0.91 of the lower Nyquist frequency, linear phase, its delay compensated
        resampler = None if rate_hz == RATE_HZ else soxr.ResampleStream(rate_hz, RATE_HZ, 1, "float32", "HQ")
        return _Run(place.start_s, rate_hz, layout, resampler)

    def _finish_run(self) -> None:
        if self._run is not None:
            self._flush(last=True)
            self._run = None

    def _flush(self, last: bool) -> None:
        run = self._run
        if run is None:
            return
        mono = self._mix(np.concatenate(run.pending, axis=1), run.layout) if run.pending else np.zeros(0, np.float32)
        run.pending.clear()
        samples = mono if run.resampler is None else run.resampler.resample_chunk(mono, last=last)
        self._write(run, np.asarray(samples, np.float32))

    def _mix(self, block: NDArray[np.generic], layout: tuple[str, ...]) -> Float32:
        sound = unit_scale(block)
        bad = ~(np.abs(sound) <= LIMIT)
        if bad.any():
            self.tally.damaged += int(bad.sum())
            sound[bad] = 0.0
        mono = np.asarray(mix_weights(layout) @ sound, dtype=np.float32)
        self.tally.samples += sound.size
        self.tally.clipped += int(np.count_nonzero(np.abs(sound) >= FULL_SCALE))
        self.tally.channel_energy += float(np.vdot(sound, sound)) / len(layout)
        self.tally.mix_energy += float(np.vdot(mono, mono))
        return mono

    def _write(self, run: _Run, samples: Float32) -> None:
        """Put the next samples of a run where its start time and what it gave before say."""
        origin_s = run.start_s if self._origin_s is None else self._origin_s
        first = round((run.start_s - origin_s) * RATE_HZ) + run.written
        run.written += len(samples)
        # two runs may meet within one sample of each other, by rounding
        cut = max(0, self._length - first)
        samples, first = samples[cut:], first + cut
        if not len(samples):
            return
        end = first + len(samples)
        if end > self._max_samples:
            raise MediaError(
                f"its sound is longer than {self._max_samples / RATE_HZ:g} s, the most that a clip may have; "
                "cut it with start_s and end_s, or raise max_duration_s"
            )
        if self._streamed is not None:
            hole = np.broadcast_to(np.float32(0.0), (first - self._length,))  # takes no memory
            self._streamed += [hole, samples]
        elif self._again is not None and end > HELD_S * RATE_HZ:
            self._line = None
        elif self._line is not None:
            self._hold(self._line, samples, first)
        self._length = end

    def _hold(self, line: Float32, samples: Float32, first: int) -> None:
        end = first + len(samples)
        if end > len(line):
            grown = max(end, min(2 * len(line), self._max_samples), 30 * RATE_HZ)
            line.resize(grown, refcheck=False)  # realloc: new samples are 0, old ones are not copied twice
        line[first:end] = samples
