"""Memory of a worker by the length and the size of the video, a store's file included: each clip in its own process.

The recordings are one clip, looped (`--minutes`, at `--rate` pictures a second), and a few pictures of growing size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipeline.sources import read_source

SAMPLE = Path(__file__).parents[2] / "data" / "Raw" / "anna" / "1.mp4"
SIZES = {"360p": (640, 360), "1080p": (1920, 1080), "4K": (3840, 2160), "8K": (7680, 4320)}
RATE_HZ = 16_000
ONE_CLIP = """
import json, sys, threading, time
from pathlib import Path
from extractors.extraction import Extractor
from pipeline.clip import Clip
from pipeline.store import FeatureStore
from pipeline.words import plain_transcript

def status_mb(key):  # not ru_maxrss, which begins with the peak of the process that started this one
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[key].split()[0]) / 1024

store = FeatureStore(sys.argv[3], create=True)
extractor = Extractor(scratch=store.path)  # as a worker has it
extractor.extract(Clip("warm", Path(sys.argv[2])))
before, began, seen = status_mb("VmHWM"), time.process_time(), []

def watch():
    while True:
        seen.append(status_mb("VmRSS"))
        time.sleep(0.2)

threading.Thread(target=watch, daemon=True).start()
said = plain_transcript(Path(sys.argv[4]).read_text()) if len(sys.argv) > 4 else None
clip = extractor.extract(Clip("clip", Path(sys.argv[1]), said))
file = store.write(clip)
tenths = [round(max(seen[at * len(seen) // 10 : (at + 1) * len(seen) // 10] or seen)) for at in range(10)]
print(json.dumps({"loaded_mb": round(before), "peak_mb": round(status_mb("VmHWM")), "over_time_mb": tenths,
                  "minutes": round(clip.duration_s / 60, 2), "words": len(clip.words),
                  "file_mb": round(file.stat().st_size / 2**20, 1),
                  "cpu_s": round(time.process_time() - began, 1)}))
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--minutes", type=float, nargs="*", default=[1.0, 10.0], help="lengths of the recordings")
    parser.add_argument("--rate", type=int, default=5, help="pictures a second of the recordings")
    parser.add_argument("--words", action="store_true", help="with their words, which are then placed in time")
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=list(SIZES), help="sizes of the short ones")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    found: dict[str, Any] = {"rate_hz": options.rate}
    with tempfile.TemporaryDirectory(prefix="dmd-memory-") as name:
        for minutes in options.minutes:
            path = Path(name) / f"{minutes}.mkv"
            _write(path, (640, 360), minutes * 60, options.rate)
            found[f"{minutes:g} minutes"] = _peak(path, _words(path) if options.words else None)
            path.unlink()
        for size in options.sizes:
            path = Path(name) / f"{size}.mkv"
            _write(path, SIZES[size], 2.0, options.rate)
            found[size] = _peak(path)
    return found


def _words(path: Path) -> Path:
    """Write the words of a recording beside it: the sample's, over and over."""
    sample = next(clip for clip in read_source(SAMPLE.parents[2]).clips if clip.path == SAMPLE)
    with av.open(str(SAMPLE)) as once, av.open(str(path)) as made:
        turns = round((made.duration or 0) / (once.duration or 1))
    assert sample.transcript is not None
    text = path.with_suffix(".words")
    text.write_text(" ".join(word.text for word in sample.transcript.words * turns))
    return text


def _peak(path: Path, words: Path | None = None) -> dict[str, Any]:
    command = [sys.executable, "-c", ONE_CLIP, str(path), str(SAMPLE), str(path.with_suffix(".store"))]
    command += [str(words)] if words else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(path.name, found, file=sys.stderr, flush=True)
    return found


def _write(path: Path, shape: tuple[int, int], length_s: float, rate: int) -> None:
    """Write the sample over and over: its pictures are encoded once, their packets are repeated."""
    images, samples = _sample(shape, rate)
    loop_s = len(images) / rate
    with av.open(str(path), "w") as made:
        video = made.add_stream("mpeg4", rate=rate)
        video.width, video.height, video.pix_fmt, video.gop_size = *shape, "yuv420p", 1
        video.codec_context.time_base = Fraction(1, rate)
        audio = made.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        pictures = [bytes(packet) for image in images for packet in video.encode(av.VideoFrame.from_ndarray(image))]
        for turn in range(max(1, round(length_s / loop_s))):
            for number, content in enumerate(pictures):
                packet = av.Packet(content)
                packet.stream, packet.time_base, packet.is_keyframe = video, Fraction(1, rate), True
                packet.pts = packet.dts = turn * len(images) + number
                packet.duration = 1
                made.mux(packet)
            frame = av.AudioFrame.from_ndarray(samples[None, : round(loop_s * RATE_HZ)], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, turn * round(loop_s * RATE_HZ)
            made.mux(audio.encode(frame))


def _sample(shape: tuple[int, int], rate: int) -> tuple[list[np.ndarray], np.ndarray]:
    with av.open(str(SAMPLE)) as taken:
        frames = list(_thinned(taken, rate))
        images = [frame.reformat(*shape, "rgb24").to_ndarray() for frame in frames]
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    with av.open(str(SAMPLE)) as taken:
        parts = [part.to_ndarray()[0] for frame in taken.decode(audio=0) for part in resampler.resample(frame)]
    return images, np.concatenate(parts)


def _thinned(taken: Any, rate: int) -> Iterator[Any]:
    due_s = 0.0
    for frame in taken.decode(video=0):
        if frame.time >= due_s:
            due_s += 1 / rate
            yield frame
