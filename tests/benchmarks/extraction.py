"""What extraction costs: CPU seconds a clip, by stage, against the floor of decoding and finding landmarks.

The clips are those of `DMD_GRID` (NAME.mpg with NAME.align; default ../shared/clips/grid), or the sample clips in
`data/` where there is no such folder. Models are loaded and one clip is done before anything is counted; each
clip is measured `--repeats` times and its median taken; floor and whole are measured in turn, so that the
ratio holds when the machine's speed drifts. The first clip is measured again in other sizes, with a small face and
with two (`_variants`), and some clips by one worker process and by two, in wall time.
"""

import argparse
import dataclasses
import itertools
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from extractors.audio import audio_track
from extractors.extraction import Extractor
from extractors.face import TIME_DIGITS, FaceExtractor
from extractors.one_core import one_core
from extractors.text import TextExtractor
from extractors.wordtiming import WordTimer
from flows.workers import WorkerPool, WorkerSpec
from pipeline.clip import Clip
from pipeline.segments import cut
from pipeline.sources import read_source
from pipeline.store import FeatureStore
from pipeline.streams import MediaReader
from pipeline.words import plain_transcript
from tests.benchmarks._numbers import at_least_one
from tests.benchmarks._variants import VARIANTS, write_variant

DATA = Path(__file__).parents[2] / "data"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this benchmark's options."""
    parser.add_argument("--repeats", type=at_least_one, default=4, help="times each clip is measured")
    parser.add_argument("--clips", type=at_least_one, default=17, help="at most this many clips")
    parser.add_argument("--no-variants", action="store_true", help="leave out the other sizes and the two workers")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return the figures."""
    clips, extractor = clips_at_hand()[: options.clips], Extractor()
    face, timer, text = FaceExtractor(), WordTimer(extractor.config.words), TextExtractor()
    extractor.extract(clips[0])
    frames = _floor(clips[0], face)
    whole, floor, frames = [], [], 0
    stages: dict[str, list[float]] = {name: [] for name in ("decode", "landmarks", "voice", "words", "text")}
    for clip in clips:
        for turn in range(options.repeats):
            pair = [(floor, lambda clip=clip: _floor(clip, face)), (whole, lambda clip=clip: extractor.extract(clip))]
            for costs, work in pair if turn % 2 else pair[::-1]:  # what comes first finds other things in the caches
                costs.append(_cpu_s(work))
        samples, images = _decoded(clip)
        frames += len(images)
        stages["decode"].append(_cpu_s(lambda clip=clip: _decode(clip)))
        stages["landmarks"].append(_cpu_s(lambda images=images: _landmarks(images, face)))
        stages["voice"].append(_stage_s(lambda samples=samples: audio_track(samples, 16_000, extractor.config.audio)))
        timed = timer.time(clip.transcript, samples, 16_000).words
        stages["words"].append(
            _stage_s(lambda clip=clip, samples=samples: timer.time(clip.transcript, samples, 16_000))
        )
        stages["text"].append(_stage_s(lambda timed=timed: text.embed([word.text for word in timed], cut(timed))))
    figures = {
        "clips": len(clips),
        "frames": frames,
        "cpu_s_per_clip": median(whole),
        "floor_cpu_s_per_clip": median(floor),
        "floor_ratio": median(a / b for a, b in zip(whole, floor, strict=True)),
        "stages": {name: median(found) for name, found in stages.items()},
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if not options.no_variants:
        figures["variants"] = {name: _variant(clips[0], name, extractor, face) for name in VARIANTS}
        figures["two_worker_speedup"] = _two_worker_speedup(clips)
    return figures


def _variant(clip: Clip, name: str, extractor: Extractor, face: FaceExtractor) -> dict[str, float]:
    """Return what a clip costs when its pictures are changed, per second of video and against the floor."""
    assert clip.path is not None
    with tempfile.TemporaryDirectory() as folder:
        made = write_variant(clip.path, Path(folder) / f"{name}.mp4", VARIANTS[name])
        changed = dataclasses.replace(clip, path=made.path)
        extractor.extract(changed)
        costs = [
            (_cpu_s(lambda: _floor(changed, face)), _cpu_s(lambda: extractor.extract(changed))) for _ in range(3)
        ]
    floor, whole = (median(found) for found in zip(*costs, strict=True))
    return {
        "width": made.width,
        "height": made.height,
        "cpu_s_per_video_s": whole / made.duration_s,
        "floor_ratio": whole / floor,
        "video_hours_per_core_hour": made.duration_s / whole,
    }


def _two_worker_speedup(clips: list[Clip]) -> float:
    """Return the wall time of one worker process over that of two for the same clips, models loaded."""
    with tempfile.TemporaryDirectory() as folder, closing(WorkerPool()) as pool:
        spec = WorkerSpec(FeatureStore(Path(folder) / "store", create=True).path, Extractor().config)

        def share(part: list[Clip]) -> None:
            with pool.borrow(spec) as worker:
                for clip in part:
                    assert worker.extract(dataclasses.replace(clip, clip_id=f"{clip.clip_id}-{next(turn)}"))

        turn, walls = itertools.count(), {1: list[float](), 2: list[float]()}
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(share, [clips[:1], clips[:1]]))
            for _ in range(3):
                for count, found in walls.items():
                    began = time.perf_counter()
                    list(threads.map(share, [clips[at::count] for at in range(count)]))
                    found.append(time.perf_counter() - began)
    return median(a / b for a, b in zip(walls[1], walls[2], strict=True))


def clips_at_hand() -> list[Clip]:
    grid = Path(os.environ.get("DMD_GRID", "../shared/clips/grid"))
    if not grid.is_dir():
        return [c for c in read_source(DATA).clips if c.transcript and c.video_id not in ("silent", "broken")]
    found = []
    for path in sorted(grid.glob("*.mpg")):
        words = [line.split()[2] for line in path.with_suffix(".align").read_text().splitlines()]
        said = " ".join(word for word in words if word not in ("sil", "sp"))
        found.append(Clip(path.stem, path, plain_transcript(said)))
    return found


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _stage_s(work: Callable[[], object]) -> float:
    """On one core, as inside an extraction: products of small arrays that are split cost several times as much."""
    with one_core():
        return _cpu_s(work)


def _decode(clip: Clip) -> None:
    with MediaReader(clip.path) as reader:
        for _ in reader.frames():
            pass
        reader.audio()


def _decoded(clip: Clip) -> tuple[Any, list[tuple[Any, float]]]:
    with MediaReader(clip.path) as reader:
        images = [(frame.image.copy(), frame.pts_s) for frame in reader.frames()]
        audio = reader.audio()
    return audio.samples, images


def _landmarks(images: list[tuple[Any, float]], face: FaceExtractor) -> None:
    with face.start() as session:
        for image, pts_s in images:
            session.add(image, pts_s - images[0][1])


def _floor(clip: Clip, face: FaceExtractor) -> int:
    """Decode to RGB and find landmarks in every frame, in the default mode, and nothing else."""
    seen, first_s = 0, None
    with MediaReader(clip.path) as reader, face.start() as session:
        for frame in reader.frames():
            first_s = frame.pts_s if first_s is None else first_s
            session._look(frame.image, round(frame.pts_s - first_s, TIME_DIGITS))  # `add` also measures what it sees
            seen += 1
    return seen
