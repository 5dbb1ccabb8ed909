"""Streams: one pass over a media file gives timed frames as they come, and the sound at the end.

Both streams keep the file's own clock, so their start times may differ. Memory holds one picture at a time and the
sound of the clip, up to ten minutes of it (16 kHz mono float32: 64 kB a second); the sound of longer ones is decoded
again where it is asked for.
"""

import math
import os
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from pydantic import BaseModel, ConfigDict, Field

from pipeline.errors import MediaError
from pipeline.media.decoding import Decoder, PacketSource
from pipeline.media.file import check_regular_file, open_media
from pipeline.media.info import RATES_HZ, MediaInfo, choose_audio, choose_video, media_info
from pipeline.media.picture import Frame, PictureMaker
from pipeline.media.presentation import FrameClock
from pipeline.media.problems import (
    clock_problems,
    decoding_problems,
    sound_problems,
    truncation_problem,
    unknown_size_problem,
    why_nothing,
)
from pipeline.media.seeking import seek_before, segment_on_file_clock
from pipeline.media.sound import EDGE_S, Audio, Float32, SoundLine

__all__ = ["Audio", "Frame", "MediaConfig", "MediaInfo", "MediaReader"]

NOMINAL_RATE_HZ = 25.0
"""Frame rate of a stream that states none and has no timestamps either."""
PAST_END_S = 30.0
"""How far behind the end of a segment packets may still be looked at for a stream that lags."""
CLOCK_DIGITS = 6
"""Times are compared to the microsecond: `start_s` of one segment is `end_s` of the one before."""


class MediaConfig(BaseModel):
    """How media files are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_side_px: int = Field(640, ge=16)
    """Pictures are reduced to this longest side while they are converted."""
    max_pixels: int = Field(8192 * 8192, ge=1)
    """Pictures of more pixels are not decoded: 64 Mpx are a 200 MB frame."""
    max_duration_s: float = Field(4 * 3600.0, gt=0)
    """Longest sound of a clip, 4 hours; longer files are cut with start_s and end_s."""


class MediaReader:
    """One clip of one media file: iterate `frames`, then ask for `audio`; a context manager.

    Parameters
    ----------
    path : Path
    start_s, end_s : float or None
        The clip is ``[start_s, end_s)``, counted from the file's own time 0: its first audio sample's presentation
        time, or its first frame's if it has no sound. None is the beginning, or the end, of the file.
    config : MediaConfig

    Raises
    ------
    MediaError
        If the file cannot be opened, or holds no stream that can be decoded.
    """

    def __init__(
        self,
        path: Path,
        start_s: float | None = None,
        end_s: float | None = None,
        config: MediaConfig | None = None,
    ) -> None:
        self._path = path
        self._config = MediaConfig() if config is None else config
        self._status = check_regular_file(path)
        self._from_s, self._to_s = segment_on_file_clock(path, start_s, end_s, self._config.max_pixels)
        self._stack = ExitStack()
        self._container = self._open()
        self._seek()
        declared_s, video = self.info.duration_s, self.info.video
        again = partial(_sound_again, path, start_s, end_s, self._config, self._status)
        self._sound = SoundLine(declared_s, self._from_s, self._to_s, self._config.max_duration_s, again)
        rate_hz = (video.rate_hz if video else None) or NOMINAL_RATE_HZ
        self._clock = FrameClock(1.0 / rate_hz, declared_s)
        self._pictures = PictureMaker(self._config.max_side_px)
        self._pass: Generator[Frame] | None = None
        self._skip_pictures = False
        self._first_frame_s: float | None = None
        self._span_s = (math.inf, -math.inf)
        self._passed_end: set[int] = set()
        self._audio: Audio | None = None
        self._ended = self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; frames that were yielded stay good."""
        if self._pass is not None:
            # an open pass and this reader hold each other, and codecs would live until the garbage collector comes
            self._pass.close()
        self._closed = True
        self._stack.close()

    def frames(self) -> Iterator[Frame]:
        """Return the one pass over the file; sound is decoded on the way.

        Yields
        ------
        Frame
            In order of presentation, times strictly increasing.

        Raises
        ------
        MediaError
            At the end of the pass: if neither a frame nor a sample could be decoded, or if the file
            changed while it was read.
        """
        if self._closed:
            raise ValueError(f"{os.fspath(self._path)!r}: is closed; read it inside its `with` block")
        if self._pass is None:
            self._pass = self._read()
        return self._pass

    def audio(self) -> Audio | None:
        """Return the sound, None if there is none; what `frames` has not read is read now, without pictures."""
        if not self._ended:
            self._skip_pictures = True
            for _ in self.frames():
                pass
        return self._audio

    def refuse_unless(self, status: os.stat_result) -> None:
        """Refuse a file that is not, or no longer, in some state.

        Raises
        ------
        MediaError
            So.
        """
        if (status.st_size, status.st_mtime_ns) != (self._status.st_size, self._status.st_mtime_ns):
            raise MediaError(f"{os.fspath(self._path)!r}: changed while it was read; run again when it is complete")

    def sound(self) -> Iterator[Float32]:
        """Yield the sound part by part instead of holding it: the one pass over the file, without pictures.

        Raises
        ------
        MediaError
            As `frames`.
        """
        self._skip_pictures = True
        self._sound.stream()
        with closing(self._packets()) as packets:
            for pictures in packets:
                deque(pictures, maxlen=0)
                yield from self._sound.taken()
        yield from self._sound.taken(last=True)

    @property
    def time_zero_s(self) -> float | None:
        """The clip's time 0 in the file's clock, known at the end of the pass.

        The start of the segment; else the first audio sample's time; else the first frame's.
        """
        if self._from_s is not None:
            return self._from_s
        return self._first_frame_s if self._audio is None else self._audio.start_pts_s

    @property
    def problems(self) -> tuple[str, ...]:
        """What was found wrong so far and was repaired or left out, one line each."""
        decoders = list(self._decoders.values())
        clocks = {"video": self._clock.repairs, "audio": self._sound.repairs}
        lines = [*decoding_problems(decoders, self._source.errors), *clock_problems(clocks)]
        lines += sound_problems(self._sound.tally)
        video = self.info.video
        if video is not None and not video.width and self._first_frame_s is None:
            lines.append(unknown_size_problem(self._config.max_pixels))
        if self._from_s is None and self._to_s is None and self._ended:
            lines += truncation_problem(self.info.duration_s, self._span_s[1] - self._span_s[0])
        return (*self._refused, *lines)

    def _open(self) -> InputContainer:
        """Open the file (again) at its beginning and choose its streams."""
        self._stack.close()
        container = self._stack.enter_context(open_media(self._path, self._config.max_pixels))
        video, no_video = choose_video(container, self._config.max_pixels)
        audio, no_audio = choose_audio(container)
        self._refused = (*no_video, *no_audio)
        self.info = media_info(self._path, container, video, audio)
        self._aspect = None if video is None else video.sample_aspect_ratio
        streams = [stream for stream in (video, audio) if stream is not None]
        self._decoders = {stream.index: Decoder(stream, self._config.max_pixels) for stream in streams}
        self._source = PacketSource(container, streams)
        if not streams:
            self._stack.close()
            raise MediaError(why_nothing(self._path, self._refused, [], segment=False))
        return container

    def _seek(self) -> None:
        """Move to before the segment, where the format allows an exact seek; else reading begins at the start."""
        if self._from_s is None:
            return
        streams = [decoder.stream for decoder in self._decoders.values()]
        if not seek_before(self._container, streams, self._from_s):
            self._container = self._open()

    def _read(self) -> Generator[Frame]:
        with closing(self._packets()) as packets:
            for pictures in packets:
                yield from pictures

    def _packets(self) -> Generator[Iterator[Frame]]:
        """Take packet after packet; yield the pictures of each, which are made, and its sound heard, one by one."""
        for packet in self._source:
            decoder = self._decoders[packet.stream.index]  # packet.stream_index is 0 in the packet that flushes
            yield self._take(decoder, [] if self._skips(decoder, packet) else decoder.decode(packet))
            if len(self._passed_end) == len(self._decoders):
                break
        else:
            for decoder in self._decoders.values():
                yield self._take(decoder, decoder.drain())
        self._finish()

    def _take(self, decoder: Decoder, decoded: list[VideoFrame | AudioFrame]) -> Iterator[Frame]:
        for item in decoded:
            if isinstance(item, AudioFrame):
                self._hear(decoder, item)
            elif frame := self._see(decoder, item):
                yield frame

    def _hear(self, decoder: Decoder, block: AudioFrame) -> None:
        if not block.samples or not RATES_HZ[0] <= block.sample_rate <= RATES_HZ[1]:
            return
        layout = tuple(channel.name for channel in block.layout.channels)
        samples = block.to_ndarray()
        if not block.format.is_planar:
            samples = samples.reshape(-1, len(layout)).T
        try:
            start_s = self._sound.add(samples, layout, block.sample_rate, decoder.time_s(block))
        except MediaError as error:
            raise MediaError(f"{os.fspath(self._path)!r}: {error}") from None
        self._note(decoder, start_s, start_s + block.samples / block.sample_rate)

    def _see(self, decoder: Decoder, frame: VideoFrame) -> Frame | None:
        time_s = self._clock.place(decoder.time_s(frame))
        self._note(decoder, time_s, time_s)
        early = self._from_s is not None and round(time_s - self._from_s, CLOCK_DIGITS) < 0
        late = self._to_s is not None and round(time_s - self._to_s, CLOCK_DIGITS) >= 0
        if early or late:
            return None
        if self._first_frame_s is None:
            self._first_frame_s = time_s
        return self._pictures.picture(frame, time_s, self._aspect)

    def _note(self, decoder: Decoder, start_s: float, end_s: float) -> None:
        self._span_s = (min(self._span_s[0], start_s), max(self._span_s[1], end_s))
        margin_s = EDGE_S if decoder.kind == "audio" else 0.0
        if self._to_s is not None and start_s >= self._to_s + margin_s:
            self._passed_end.add(decoder.index)

    def _skips(self, decoder: Decoder, packet: "Packet[Stream]") -> bool:
        """Tell whether a packet need not be decoded; note a stream that ended long before the segment does."""
        time_s = decoder.packet_time_s(packet)
        if self._to_s is not None and time_s is not None and time_s > self._to_s + PAST_END_S:
            self._passed_end.update(self._decoders)
        if self._skip_pictures and decoder.kind == "video":
            return True
        return decoder.index in self._passed_end

    def _finish(self) -> None:
        self._audio = self._sound.finish()
        self._ended = True
        self.refuse_unless(check_regular_file(self._path))
        unseen = self._skip_pictures and self.info.video is not None
        if self._audio is None and self._first_frame_s is None and not unseen:
            segment = self._from_s is not None or self._to_s is not None
            raise MediaError(why_nothing(self._path, self.problems, list(self._decoders.values()), segment))


def _sound_again(
    path: Path, start_s: float | None, end_s: float | None, config: MediaConfig, status: os.stat_result
) -> Iterator[Float32]:
    """Decode the sound of a clip once more; what found it first does not live on in this."""
    with MediaReader(path, start_s, end_s, config) as reader:
        reader.refuse_unless(status)
        yield from reader.sound()
