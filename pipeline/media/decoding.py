"""Decoding: packets become frames; what cannot be read or decoded is counted, and the rest goes on."""

from collections.abc import Iterator, Sequence

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.media.presentation import TimestampChoice

MAX_READ_ERRORS = 20
"""Damaged places in a container after which reading stops; FFmpeg skips to the next packet it can find."""
NO_TIME = 1e12
"""Timestamps beyond this many seconds stand for damage."""


class PacketSource:
    """The packets of some streams of an open file, in file order, up to its end or to where it cannot be read."""

    def __init__(self, container: InputContainer, streams: Sequence[Stream]) -> None:
        self._container = container
        self._streams = streams
        self.errors = 0

    def __iter__(self) -> Iterator["Packet[Stream]"]:
        while self.errors <= MAX_READ_ERRORS:
            try:
                yield from self._container.demux(*self._streams)
            except av.FFmpegError:
                self.errors += 1
            else:
                return


class Decoder:
    """Decodes one stream in this thread alone, so that results and memory do not depend on the machine.

    Parameters
    ----------
    stream : VideoStream or AudioStream
    max_pixels : int
        Pictures of more pixels are refused by the codec itself, wherever in the stream they come.
    """

    def __init__(self, stream: VideoStream | AudioStream, max_pixels: int) -> None:
        # plain copies: a stream of a closed container must not be touched (it crashes the process)
        self.index = stream.index
        self.kind = stream.type
        """`video` or `audio`."""
        self.stream = stream
        self._base = stream.time_base
        self._timestamps = TimestampChoice()
        self.failures = 0
        """Packets that could not be decoded."""
        self.first_failure_s: float | None = None
        self.last_error = ""
        self.encrypted = False
        context = stream.codec_context
        context.thread_count = 1
        context.options = {"max_pixels": str(max_pixels)} if self.kind == "video" else {}

    def decode(self, packet: "Packet[Stream]") -> list[VideoFrame | AudioFrame]:
        """Return the frames that the next packet completes; none if it cannot be decoded."""
        if packet.size and packet.has_sidedata("encryption_info"):
            self.encrypted = True
        if self.encrypted:
            return []
        try:
            return list(self.stream.decode(packet))
        except av.EOFError:
            return []
        except av.FFmpegError as error:
            self._note(packet, error.strerror or type(error).__name__)
            return []

    def drain(self) -> list[VideoFrame | AudioFrame]:
        """Return the frames that the codec still holds, where reading stopped before the end of the file."""
        try:
            return list(self.stream.decode(None))
        except av.FFmpegError:
            return []

    def time_s(self, frame: VideoFrame | AudioFrame) -> float | None:
        """Return the timestamp of the next frame in the file's clock, None if it has none; ask once a frame."""
        return self._seconds(self._timestamps.choose(frame.pts, frame.dts))

    def packet_time_s(self, packet: "Packet[Stream]") -> float | None:
        """Return a packet's decoding timestamp (or presentation timestamp) in the file's clock."""
        return self._seconds(packet.pts if packet.dts is None else packet.dts)

    def _seconds(self, ticks: int | None) -> float | None:
        if ticks is None or not self._base:
            return None
        time_s = float(ticks * self._base)
        return time_s if abs(time_s) < NO_TIME else None

    def _note(self, packet: "Packet[Stream]", reason: str) -> None:
        self.failures += 1
        self.last_error = reason
        if self.first_failure_s is None:
            self.first_failure_s = self.packet_time_s(packet)
