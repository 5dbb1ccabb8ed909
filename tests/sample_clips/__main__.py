"""Make the sample clips.

    python -m tests.sample_clips data

Needs espeak-ng and, for the mesh of the face, the project's own landmark bundle. Nothing recorded from a person
goes into the clips. One type of machine makes the same bytes again.
"""

import argparse
import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.sample_clips.acting import listening, speaking
from tests.sample_clips.movie import SOUND_LATE_S, frame_times, write_movie
from tests.sample_clips.portrait import CENTRE, Image
from tests.sample_clips.rendering import Actor, View
from tests.sample_clips.scenes import slide, storm
from tests.sample_clips.script import LINES, Line
from tests.sample_clips.speakers import EMMA, Speaker
from tests.sample_clips.voice import Speech, speak

COLUMNS = ("video_id", "clip_id", "text", "label", "label_T", "label_A", "label_V", "annotation", "mode")
TOP = 66.0
"""Drawing units above the picture."""
LANDSCAPE, PORTRAIT, HALF = (320, 240), (240, 320), (224, 240)


def main(folder: Path, only: Sequence[str]) -> None:
    """Write Raw/<video_id>/<clip_id>.mp4 and label.csv."""
    for line in LINES:
        path = folder / "Raw" / line.video_id / f"{line.clip_id}.mp4"
        if only and f"{line.video_id}/{line.clip_id}" not in only:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        make(line, path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    with (folder / "label.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in LINES:
            label = f"{line.label:g}"
            writer.writerow(
                (line.video_id, line.clip_id, line.text, label, label, label, label, line.annotation, line.mode)
            )


def make(line: Line, path: Path) -> None:
    """Write one clip."""
    rng = np.random.default_rng(line.seed)
    speech = speak(line)
    late_s = SOUND_LATE_S if line.oddity == "late_audio" else 0.0
    times_s = frame_times(speech.duration_s + late_s, line.oddity, rng)
    pictures = _pictures(line, speech, times_s - late_s, rng)
    write_movie(path, pictures, times_s, speech.samples, line.oddity)


def _pictures(line: Line, speech: Speech, times_s: NDArray[np.float64], rng: np.random.Generator) -> Iterator[Image]:
    if line.kind == "slides":
        yield from (slide(*LANDSCAPE, float(time_s), speech.duration_s) for time_s in times_s)
    elif line.kind == "landscape":
        yield from (storm(*LANDSCAPE, float(time_s)) for time_s in times_s)
    elif line.kind == "two_faces":
        speaker, listener = _actor(line.speaker), _actor(replace(EMMA, wall=line.speaker.wall))
        view = _view(HALF, 0.58)
        says, hears = speaking(speech, line.label, times_s, rng), listening(line.label, times_s, rng)
        for one, other in zip(says, hears, strict=True):
            yield np.concatenate([speaker.render(*one, view), listener.render(*other, view)], axis=1)
    else:
        view = _view(PORTRAIT, 0.7) if line.oddity == "rotated" else _view(LANDSCAPE, 0.62)
        actor = _actor(line.speaker)
        yield from (actor.render(*moment, view) for moment in speaking(speech, line.label, times_s, rng))


def _view(size: tuple[int, int], scale: float) -> View:
    return View(*size, scale, CENTRE - size[0] / scale / 2, TOP)


@cache
def _actor(speaker: Speaker) -> Actor:
    return Actor(speaker)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the sample clips.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("only", nargs="*", help="video_id/clip_id of the clips to make; all by default")
    arguments = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        parser.error("espeak-ng is not installed; on Debian: apt install espeak-ng")
    main(arguments.folder, arguments.only)
