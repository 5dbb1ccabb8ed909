"""Movies: timed pictures and speech become an mp4 file, odd in one way if so asked."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.sample_clips.portrait import Image
from tests.sample_clips.script import Oddity
from tests.sample_clips.voice import RATE_HZ

CLOCK = Fraction(1, 30000)
RATE = 25
SOUND_LATE_S = 0.24
"""How much later than the picture the sound of a `late_audio` clip starts."""
KEPT = 0.6
"""Share of a `truncated` file that is left; its index, which stands at the end, is gone."""


def frame_times(duration_s: float, oddity: Oddity, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the times of the pictures: 25 a second, or unevenly between 12 and 30."""
    if oddity != "varying_rate":
        return np.arange(round(duration_s * RATE)) / RATE
    steps = rng.choice([1 / 30, 1 / 25, 1 / 15, 1 / 12], round(duration_s * 30))
    times_s = np.concatenate([[0.0], np.cumsum(steps)])
    return times_s[times_s < duration_s]


def write_movie(
    path: Path, pictures: Iterable[Image], times_s: NDArray[np.float64], samples: NDArray[np.float32], oddity: Oddity
) -> None:
    """Write one clip; the same arguments give the same bytes."""
    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        container.metadata["comment"] = "synthetic: drawn face, espeak-ng voice"
        video = container.add_stream("libx264", rate=RATE, options={"crf": "25", "preset": "slow", "threads": "1"})
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = CLOCK
        audio = None
        if oddity != "no_audio":
            audio = container.add_stream("aac", rate=RATE_HZ, layout="mono")
            audio.bit_rate = 56_000
        if oddity == "rotated":
            video.set_display_rotation(90)
        packets = []
        for picture, time_s in zip(pictures, times_s, strict=True):
            # a quarter turn clockwise, which the display matrix turns back
            stored = np.ascontiguousarray(np.rot90(picture, -1)) if oddity == "rotated" else picture
            if not video.codec_context.is_open:
                video.height, video.width = stored.shape[:2]
            packets += video.encode(_frame(stored, time_s))
        packets += video.encode(None)
        if audio is not None:
            packets += _sound(audio, samples, SOUND_LATE_S if oddity == "late_audio" else 0.0)
        container.start_encoding()
        for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
            container.mux(packet)
    if oddity == "truncated":
        whole = path.read_bytes()
        path.write_bytes(whole[: round(KEPT * len(whole))])


def _frame(picture: Image, time_s: float) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.time_base = CLOCK
    frame.pts = round(time_s / CLOCK)
    return frame


def _sound(stream: av.AudioStream, samples: NDArray[np.float32], late_s: float) -> list:
    packets = []
    for first in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = first + round(late_s * RATE_HZ)
        packets += stream.encode(frame)
    return packets + stream.encode(None)
