"""Seeking: where a file's own time begins, and how to start reading shortly before a given time."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from pipeline.errors import MediaError
from pipeline.media.decoding import Decoder, PacketSource
from pipeline.media.file import open_media
from pipeline.media.info import choose_audio, choose_video

SEEKABLE = ("mov", "matroska", "mpegts", "mpeg", "wav", "flac")
"""Formats whose packets carry exact timestamps after a seek. Others (mp3, raw streams, AVI) estimate them
from the bit rate or from an index that may be short of entries, and are read from the beginning."""
PREROLL_S = (1.0, 10.0)
"""How long before the wanted time to land, in order of trial; codecs need some packets to settle."""
PEEK_PACKETS = 2000


def first_presentation_s(path: Path, max_pixels: int) -> float:
    """Return the file's own time 0 in its clock: its first audio sample's, else its first frame's time.

    0.0 if nothing can be decoded, or if the first samples carry no timestamp.
    """
    with open_media(path, max_pixels) as container:
        audio, _ = choose_audio(container)
        time_s = None if audio is None else _first_s(container, audio, max_pixels)
    if time_s is not None:
        return time_s
    with open_media(path, max_pixels) as container:
        video, _ = choose_video(container, max_pixels)
        time_s = None if video is None else _first_s(container, video, max_pixels)
    return 0.0 if time_s is None else time_s


def segment_on_file_clock(
    path: Path, start_s: float | None, end_s: float | None, max_pixels: int
) -> tuple[float | None, float | None]:
    """Return the ends of a segment in the file's clock.

    Raises
    ------
    MediaError
        If the segment is not a stretch of time.
    """
    if start_s is None and end_s is None:
        return None, None
    first_s, last_s = start_s or 0.0, math.inf if end_s is None else end_s
    if not 0.0 <= first_s < last_s:
        raise MediaError(
            f"{os.fspath(path)!r}: the segment [{start_s}, {end_s}) s is not a stretch of time; "
            "give 0 <= start_s < end_s"
        )
    zero_s = first_presentation_s(path, max_pixels)
    return None if start_s is None else zero_s + first_s, None if end_s is None else zero_s + last_s


def seek_before(container: InputContainer, streams: Sequence[Stream], time_s: float) -> bool:
    """Move to a place from which every stream can be decoded before ``time_s``; False if no seek gets there.

    A video stream must show a key frame, and a sound stream a packet, before that time. After False the
    container stands anywhere and must be opened again.
    """
    if container.format.name.split(",")[0] not in SEEKABLE:
        return False
    for preroll_s in PREROLL_S:
        target = round((time_s - preroll_s) * av.time_base)
        try:
            container.seek(target)
            if _lands_before(container, streams, time_s - preroll_s / 2):
                container.seek(target)
                return True
        except av.FFmpegError:
            return False
    return False


def _first_s(container: InputContainer, stream: VideoStream | AudioStream, max_pixels: int) -> float | None:
    decoder = Decoder(stream, max_pixels)
    for packet in PacketSource(container, [stream]):
        for frame in decoder.decode(packet):
            return decoder.time_s(frame) or 0.0
    return None


def _lands_before(container: InputContainer, streams: Sequence[Stream], time_s: float) -> bool:
    waiting = {stream.index for stream in streams}
    for count, packet in enumerate(container.demux(*streams)):
        if packet.stream.index not in waiting or (packet.stream.type == "video" and not packet.is_keyframe):
            continue
        if packet.pts is None or float(packet.pts * packet.time_base) > time_s or count > PEEK_PACKETS:
            return False
        waiting.discard(packet.stream.index)
        if not waiting:
            return True
    return False
