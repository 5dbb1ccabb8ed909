"""Many differing clips made of few: cut, mirrored, dimmed, resized and put into differing containers; some broken."""

import os
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

GRID = Path(__file__).parents[2] / os.environ.get("DMD_GRID", "../shared/clips/grid-more")
SAMPLES = Path(__file__).parents[2] / "data" / "Raw"
BROKEN_PART = 0.03
WAYS = (  # suffix, video encoder, audio encoder, pixel format
    (".mp4", "libx264", "aac", "yuv420p"),
    (".mkv", "mpeg4", "libopus", "yuv420p"),
    (".avi", "mpeg4", "libmp3lame", "yuv420p"),
    (".mov", "libx264", "aac", "yuv420p"),
    (".mpg", "mpeg2video", "mp2", "yuv420p"),
    (".ts", "mpeg2video", "mp2", "yuv420p"),
    (".webm", "libvpx", "libopus", "yuv420p"),
)
SIZES = (0.5, 0.75, 1.0, 1.0, 1.5)
QUICK = {"preset": "ultrafast", "threads": "1", "deadline": "realtime", "cpu-used": "16",
         "auto-alt-ref": "0", "error-resilient": "1"}  # fmt: skip
"""Each encoder knows some of these; libvpx with several threads takes ten times the processor."""
RATE_HZ = 48_000


def sources() -> list[Path]:
    """Return the clips to start from: GRID's where there are any, else the samples."""
    return sorted(GRID.glob("*.mpg")) or sorted(path for path in SAMPLES.rglob("*.mp4") if "broken" not in path.parts)


def make_clips(folder: Path, count: int, seed: int = 7) -> int:
    """Fill a folder with clips, no two of the same content; return how many of them cannot be read."""
    known, broken = sources(), 0
    assert known, "no clip to start from"
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        source = known[number % len(known)]
        suffix, video, audio, pixels = WAYS[int(rng.integers(len(WAYS)))]
        target = folder / f"{number:05d}-{source.stem}{suffix}"
        if number % round(1 / BROKEN_PART) == 7:
            broken += 1
            _break(source, folder / f"{number:05d}-{source.stem}.mp4", broken)
            continue
        whole = rng.random() < 0.6
        _recode(source, target, (video, audio, pixels), rng, 99.0 if whole else rng.uniform(1.2, 2.5))
        said = _words(source)
        if whole and said:
            target.with_suffix(".txt").write_text(said)
    return broken


def _words(source: Path) -> str:
    truth = source.with_suffix(".align")
    if not truth.is_file():
        return ""
    words = [line.split()[2] for line in truth.read_text("ascii").splitlines() if line.strip()]
    return " ".join(word for word in words if word not in ("sil", "sp"))


def _break(source: Path, target: Path, kind: int) -> None:
    content = source.read_bytes()
    ways = (b"", bytes(4096), os.fsencode(source.name) * 999, b"\0\0\0\x18ftypmp42" + content[5000:9000])
    target.write_bytes(ways[kind % len(ways)])


def _recode(
    source: Path, target: Path, encoders: tuple[str, str, str], rng: np.random.Generator, length_s: float
) -> None:
    """Write a variant: mirrored or not, dimmed, with a little noise in the sound, at another size."""
    mirrored, light, noise = rng.random() < 0.5, rng.uniform(0.8, 1.1), rng.uniform(0.0, 0.002)
    dimmed = np.clip(np.arange(256) * light, 0, 255).astype(np.uint8)
    with av.open(str(source)) as taken, av.open(str(target), "w") as made:
        shape = taken.streams.video[0].codec_context
        scale = SIZES[int(rng.integers(len(SIZES)))]
        picture = made.add_stream(encoders[0], rate=25, options=QUICK)
        picture.width, picture.height = (2 * round(side * scale / 2) for side in (shape.width, shape.height))
        picture.pix_fmt, picture.bit_rate = encoders[2], int(800_000 * scale)
        sound = made.add_stream(encoders[1], rate=RATE_HZ, layout="mono") if taken.streams.audio else None
        samples: list[NDArray[np.float32]] = []
        resampler = av.AudioResampler("fltp", "mono", RATE_HZ)
        shown = 0
        for frame in taken.decode(*([0, 1] if sound else [0])):
            if isinstance(frame, av.AudioFrame):
                samples += [part.to_ndarray()[0] for part in resampler.resample(frame)]
            elif shown < length_s * 25:
                image = dimmed[frame.to_ndarray(format="rgb24")]
                new = av.VideoFrame.from_ndarray(image[:, ::-1].copy() if mirrored else image)
                new.pts = shown
                shown += 1
                made.mux(picture.encode(new.reformat(picture.width, picture.height, encoders[2])))
        made.mux(picture.encode())
        if sound is not None:
            heard = np.concatenate(samples)[: int(shown / 25 * RATE_HZ)]
            _encode_sound(made, sound, (heard + rng.normal(0, noise, heard.size)).astype(np.float32))


def _encode_sound(made: "av.container.OutputContainer", sound: "av.AudioStream", heard: NDArray[np.float32]) -> None:
    size = sound.codec_context.frame_size or 1024
    converter = av.AudioResampler(sound.codec_context.format, "mono", RATE_HZ, frame_size=size)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(heard[None]), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = RATE_HZ, 0
    for part in [*converter.resample(frame), *converter.resample(None)]:
        made.mux(sound.encode(part))
    made.mux(sound.encode())
