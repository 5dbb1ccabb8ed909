"""Media files made on the spot, so that every picture and every sample has a known place."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.media.picture import Frame
from pipeline.media.sound import Audio
from pipeline.streams import MediaConfig, MediaReader

TIME_BASE = Fraction(1, 90000)


@dataclass(frozen=True)
class Picture:
    """What the video of a test file shows and when."""

    times_s: Sequence[float]
    width: int = 64
    height: int = 48
    codec: str = "mpeg4"
    gop: int = 12
    aspect: Fraction | None = None
    rotation: tuple[float, bool, bool] | None = None
    """Degrees, hflip, vflip of the display matrix."""


@dataclass(frozen=True)
class Sound:
    """What is heard, and when its first sample is."""

    samples: NDArray[np.float32]
    """[channels, N]"""
    rate_hz: int = 16000
    start_s: float = 0.0
    codec: str = "pcm_s16le"
    layout: str = "mono"
    holes: tuple[tuple[float, float], ...] = ()
    """Stretches of which the packets are left out, in the file's clock."""


def evenly(count: int, rate_hz: float = 25.0, start_s: float = 0.0) -> list[float]:
    return [start_s + index / rate_hz for index in range(count)]


def level(index: int) -> int:
    """Grey value of picture number `index`, so that a decoded picture tells its number."""
    return 40 + 5 * (index % 40)


def number_of(image: NDArray[np.uint8]) -> int:
    return round((float(image.mean()) - 40) / 5)


def corner_picture(width: int, height: int) -> NDArray[np.uint8]:
    """Black, with the quarter at the top left white."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = 255
    return image


def clicks(times_s: Sequence[float], duration_s: float, rate_hz: int = 16000) -> NDArray[np.float32]:
    """Silence with short bursts that begin at the given times; [1, N]."""
    samples = np.zeros(round(duration_s * rate_hz), np.float32)
    burst = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(round(0.005 * rate_hz)) / rate_hz)
    for time_s in times_s:
        first = round(time_s * rate_hz)
        samples[first : first + len(burst)] = burst
    return samples[None]


def onsets_s(samples: NDArray[np.float32], rate_hz: int = 16000, threshold: float = 0.05) -> list[float]:
    """Times at which a burst begins after at least 50 ms of quiet."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    first = loud[np.concatenate([[True], np.diff(loud) > 0.05 * rate_hz])] if len(loud) else loud
    return [float(index) / rate_hz for index in first]


def write_media(
    path: Path,
    picture: Picture | None = None,
    sound: Sound | None = None,
    images: Sequence[NDArray[np.uint8]] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a media file; the suffix decides the container."""
    with av.open(str(path), "w", options=options or {}) as container:
        video = None if picture is None else _video_stream(container, picture)
        audio = None
        if sound is not None:
            audio = container.add_stream(sound.codec, rate=sound.rate_hz, layout=sound.layout)
        packets = []
        if picture is not None:
            packets += _video_packets(video, picture, images)
        if sound is not None:
            packets += _audio_packets(audio, sound)
        container.start_encoding()
        for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
            container.mux(packet)
    return path


def _video_stream(container, picture: Picture):
    stream = container.add_stream(picture.codec, rate=25)
    stream.width, stream.height = picture.width, picture.height
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = (
        Fraction(1, 1000)
        if not picture.codec.startswith("mpeg1") and picture.codec != "mpeg2video"
        else Fraction(1, 25)
    )
    stream.codec_context.gop_size = picture.gop
    stream.codec_context.max_b_frames = 0
    stream.bit_rate = 2_000_000
    if picture.aspect is not None:
        stream.codec_context.sample_aspect_ratio = picture.aspect
    if picture.rotation is not None:
        stream.set_display_rotation(*picture.rotation)
    return stream


def _video_packets(stream, picture: Picture, images):
    packets = []
    for index, time_s in enumerate(picture.times_s):
        image = (
            np.full((picture.height, picture.width, 3), level(index), np.uint8) if images is None else images[index]
        )
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        frame.time_base = stream.codec_context.time_base
        frame.pts = round(time_s / frame.time_base)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _audio_packets(stream, sound: Sound):
    size = 1024
    packets = []
    pcm = np.clip(sound.samples, -1, 1)
    for first in range(0, pcm.shape[1], size):
        block = np.ascontiguousarray(pcm[:, first : first + size])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=sound.layout)
        frame.sample_rate = sound.rate_hz
        frame.time_base = Fraction(1, sound.rate_hz)
        frame.pts = first + round(sound.start_s * sound.rate_hz)
        packets += [packet for packet in _encode(stream, frame) if not _in_hole(packet, sound)]
    return packets + [packet for packet in stream.encode(None) if packet.dts is not None]


def _encode(stream, frame):
    return stream.encode(frame)


def _in_hole(packet, sound: Sound) -> bool:
    time_s = float(packet.pts * packet.time_base)
    return any(start_s <= time_s < end_s for start_s, end_s in sound.holes)


CONTAINERS = {
    "mp4": ("mpeg4", "aac", 16000),
    "mov": ("libx264", "pcm_s16le", 16000),
    "mkv": ("mpeg4", "pcm_s16le", 16000),
    "webm": ("libvpx", "libopus", 48000),
    "avi": ("mpeg4", "pcm_s16le", 44100),
    "ts": ("mpeg2video", "mp2", 44100),
    "mpg": ("mpeg1video", "mp2", 44100),
}


def read(path: Path, *segment: float | None, **config: object) -> tuple[list[Frame], Audio | None, MediaReader]:
    with MediaReader(path, *segment, config=MediaConfig(**config)) as reader:
        frames = list(reader.frames())
        return frames, reader.audio(), reader


def talk(path: Path, duration_s: float = 2.0, gop: int = 12) -> Path:
    """A file of the suffix's usual codecs: numbered pictures at 25 frames/s, a click each half second."""
    video, audio, rate_hz = CONTAINERS[path.suffix[1:]]
    sound = clicks(np.arange(0.25, duration_s, 0.5), duration_s, rate_hz)
    return write_media(
        path,
        Picture(evenly(round(duration_s * 25)), codec=video, gop=gop),
        Sound(sound, rate_hz=rate_hz, codec=audio),
    )
