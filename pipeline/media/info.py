"""Media information: what a file holds, and which of its streams are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

S = TypeVar("S", VideoStream, AudioStream)

NOT_THE_SPEAKER = Disposition.visual_impaired | Disposition.hearing_impaired | Disposition.comment
RATES_HZ = (2000, 768000)
"""Sampling rates outside are damage."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The video stream that is read."""

    stream: int
    """Its index in the file."""
    codec: str
    width: int
    """Stored size in pixels, before rotation."""
    height: int
    rate_hz: float | None
    """Average frame rate, None if not known."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The audio stream that is read."""

    stream: int
    """Its index in the file."""
    codec: str
    rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file says of itself, before anything is decoded; nothing here is proven."""

    path: Path
    container: str
    """Name of the format, as FFmpeg calls it."""
    duration_s: float | None
    """None if not known."""
    video: VideoInfo | None
    audio: AudioInfo | None
    streams: int
    """How many streams of any kind the file holds."""


def choose_video(container: InputContainer, max_pixels: int) -> tuple[VideoStream | None, list[str]]:
    """Return the video stream to read, and why others cannot be.

    Cover pictures and thumbnails are no video. Of several, the one marked as default, else the first.
    """
    usable: list[VideoStream] = []
    problems: list[str] = []
    for stream in container.streams.video:
        if stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails):
            continue
        if stream.codec_context is None:
            problems.append(f"video stream {stream.index}: no decoder for its codec")
        elif stream.width * stream.height > max_pixels:
            problems.append(
                f"video stream {stream.index}: {stream.width}x{stream.height} is more than {max_pixels} pixels, "
                "the most that is decoded (max_pixels)"
            )
        else:
            usable.append(stream)
    return _preferred(usable), problems


def choose_audio(container: InputContainer) -> tuple[AudioStream | None, list[str]]:
    """Return the audio stream to read, and why others cannot be.

    Of several, the one marked as default, else the first; commentaries and descriptions for the blind come last.
    """
    usable: list[AudioStream] = []
    problems: list[str] = []
    for stream in container.streams.audio:
        if stream.codec_context is None:
            problems.append(f"audio stream {stream.index}: no decoder for its codec")
        else:
            usable.append(stream)
    return _preferred(usable), problems


def media_info(
    path: Path, container: InputContainer, video: VideoStream | None, audio: AudioStream | None
) -> MediaInfo:
    """Return what the file says of itself and of the streams that were chosen."""
    duration_s = container.duration / 1_000_000 if container.duration and container.duration > 0 else None
    rate = None if video is None else video.average_rate
    return MediaInfo(
        path=path,
        container=container.format.name,
        duration_s=duration_s,
        video=None
        if video is None
        else VideoInfo(
            video.index, video.codec_context.name, video.width, video.height, float(rate) if rate else None
        ),
        audio=None
        if audio is None
        else AudioInfo(audio.index, audio.codec_context.name, audio.sample_rate, audio.channels),
        streams=len(container.streams),
    )


def _preferred(streams: Sequence[S]) -> S | None:
    return max(streams, key=lambda stream: (*_rank(stream), -stream.index), default=None)


def _rank(stream: VideoStream | AudioStream) -> tuple[bool, bool]:
    return not stream.disposition & NOT_THE_SPEAKER, bool(stream.disposition & Disposition.default)
