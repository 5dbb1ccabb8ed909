"""What evidence is taken from: voices and pictures of real clips where they are at hand, the sample clips else.

`DMD_GRID` names a folder of NAME.mpg with NAME.align, `DMD_PEOPLE` one of films and sound files of other people;
both default to the folders beside the checkout. The sample clips (six drawn people, synthetic voices) always take
part, so that no figure rests on one speaker alone.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extractors.face import FaceExtractor
from pipeline.clip import Clip
from pipeline.media.speech import speech_envelope
from pipeline.sources import read_source
from pipeline.streams import MediaReader
from pipeline.words import Transcript, Word
from tests.benchmarks.grid import FOLDER as GRID
from tests.benchmarks.grid import grid_clips

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
PEOPLE = Path(os.environ.get("DMD_PEOPLE", ROOT / "../shared/clips/people"))
PEAK = 0.2
"""Every voice is brought to this peak first: 12 dB more must not clip."""
WINDOW_S = 0.35
"""Length of the stretches that stand for words where no words are known."""
LEAST_FILM_S = 0.9
"""Shorter films are no use: nothing in them moves."""
VOICES = {"anna", "bruno", "chloe", "dmitri", "emma"}
"""Sample clips with clean speech."""


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """A voice and the words to read it by."""

    name: str
    speaker: str
    samples: NDArray[np.float32]
    """[shape=(N,)] 16 kHz mono, peak 0.2."""
    words: tuple[Word, ...]
    transcript: Transcript | None


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """Frames of a face that speaks."""

    name: str
    speaker: str
    images: tuple[NDArray[np.uint8], ...]
    times_s: NDArray[np.float64]
    """[shape=(T,)] from the first frame on."""

    def part(self, seconds: float) -> "Film":
        """Return the beginning of the film."""
        kept = int(np.count_nonzero(self.times_s < seconds))
        return Film(self.name, self.speaker, self.images[:kept], self.times_s[:kept])


def voices(grid: int = 24, samples: int = 5) -> list[Voice]:
    """Return the voices: so many GRID clips if there are any, so many sample clips, and other people's speech."""
    found = []
    if GRID.is_dir():
        for clip in grid_clips(GRID)[:grid]:
            words = tuple(
                Word(text, start, end, 1.0, "given")
                for text, (start, end) in zip(clip.words, clip.truth_s.tolist(), strict=True)
            )
            found.append(Voice(clip.name, "grid", _levelled(clip.samples), words, clip.transcript))
    for path in sorted(PEOPLE.glob("*.flac")):
        found.append(_windowed(path.stem, path.stem, path, None))
    return found + sample_voices(samples)


def sample_voices(count: int) -> list[Voice]:
    """Return the voices of sample clips."""
    return [
        _windowed(clip.clip_id, str(clip.video_id), clip.path, clip.transcript)
        for clip in _sample_clips(count)
        if clip.path
    ]


def films(grid: int = 6, samples: int = 4, seconds: float = 2.0) -> list[Film]:
    """Return films of one face each, about ``seconds`` long: real ones if there are any, drawn ones else.

    A landmark model reads drawn faces less steadily than real ones, so they do not take part where there are real.
    """
    paths = sorted(GRID.glob("*.mpg"))[:grid] if GRID.is_dir() else []
    real = [read_film(path, "grid").part(seconds) for path in paths]
    for path in sorted([*PEOPLE.glob("*.mp4"), *PEOPLE.glob("*.mov")]):
        film = _with_face(read_film(path, path.stem))
        if film.times_s[-1:].sum() >= LEAST_FILM_S:
            real.append(film.part(seconds))
    return real or drawn_films(samples, seconds)


def drawn_films(count: int, seconds: float) -> list[Film]:
    """Return the beginnings of sample clips."""
    return [read_film(clip.path, str(clip.video_id)).part(seconds) for clip in _sample_clips(count) if clip.path]


def read_film(path: Path, speaker: str) -> Film:
    """Return a file's frames; times count from the first."""
    with MediaReader(path) as reader:
        frames = [(frame.image, frame.pts_s) for frame in reader.frames()]
    times_s = np.array([time_s for _, time_s in frames])
    return Film(path.stem, speaker, tuple(image for image, _ in frames), times_s - times_s[:1])


def _with_face(film: Film) -> Film:
    """Return the longest stretch of a film in which a face is seen."""
    with FaceExtractor().start() as session:
        for image, time_s in zip(film.images, film.times_s.tolist(), strict=True):
            session.add(image, time_s)
        seen = session.finish(None).track.mask
    edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
    if not edges.size:
        return replace(film, images=(), times_s=np.zeros(0))
    starts, stops = edges[::2], edges[1::2]
    longest = int((stops - starts).argmax())
    kept = slice(int(starts[longest]), int(stops[longest]))
    return replace(film, images=film.images[kept], times_s=film.times_s[kept] - film.times_s[kept.start])


def describe() -> str:
    """Say in one line which material is at hand."""
    grid = len(list(GRID.glob("*.mpg"))) if GRID.is_dir() else 0
    people = len(list(PEOPLE.glob("*"))) if PEOPLE.is_dir() else 0
    return f"GRID folder with {grid} clips, {people} files of other people, the sample clips"


def _sample_clips(count: int) -> list[Clip]:
    """Return one clip of each speaker first, then the others."""
    clips = [clip for clip in read_source(DATA).clips if clip.video_id in VOICES and clip.path]
    order = sorted(clips, key=lambda clip: (clip.clip_id.rsplit("$", 1)[-1], clip.clip_id))
    return order[:count]


def _windowed(name: str, speaker: str, path: Path, transcript: Transcript | None) -> Voice:
    with MediaReader(path) as reader:
        audio = reader.audio()
    assert audio is not None
    samples = _levelled(audio.samples)
    speech = speech_envelope(samples, 16_000)
    starts = np.arange(0.0, samples.size / 16_000 - WINDOW_S, WINDOW_S)
    spoken = [
        start
        for start in starts
        if speech.active[(speech.times_s >= start) & (speech.times_s < start + WINDOW_S)].all()
    ]
    words = tuple(Word("", float(start), float(start) + WINDOW_S, 1.0, "window") for start in spoken)
    return Voice(name, speaker, samples, words, transcript)


def _levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(samples * (PEAK / max(float(np.abs(samples).max()), 1e-6)), np.float32)
