"""Clips with known word times: a folder of pairs NAME.mpg and NAME.align, as the GRID corpus writes them."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.streams import MediaReader
from pipeline.words import Transcript, plain_transcript

FOLDER = Path(os.environ.get("DMD_GRID", Path(__file__).parents[2] / "../shared/clips/grid"))
UNITS_PER_S = 25_000
SILENCE = ("sil", "sp")
RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, eq=False)
class GridClip:
    """A clip, its sound and the truth about its words."""

    name: str
    samples: NDArray[np.float32]
    """[shape=(N,)] 16 kHz mono."""
    words: tuple[str, ...]
    truth_s: NDArray[np.float64]
    """[shape=(L, 2)] start and end of each word, seconds from the first sample."""

    @property
    def transcript(self) -> Transcript:
        """The words as a transcript."""
        return plain_transcript(" ".join(self.words))

    @property
    def duration_s(self) -> float:
        """Length of the sound."""
        return self.samples.size / RATE_HZ


def grid_clips(folder: Path = FOLDER) -> list[GridClip]:
    """Read every clip of the folder.

    Raises
    ------
    FileNotFoundError
        If the folder holds no pair.
    """
    pairs = [(path, path.with_suffix(".align")) for path in sorted(folder.glob("*.mpg"))]
    clips = [_read(media, truth) for media, truth in pairs if truth.is_file()]
    if not clips:
        raise FileNotFoundError(
            f"no pair of NAME.mpg and NAME.align in {folder}; set DMD_GRID to a folder of GRID clips"
        )
    return clips


def _read(media: Path, truth: Path) -> GridClip:
    with MediaReader(media) as reader:
        audio = reader.audio()
    if audio is None:
        raise FileNotFoundError(f"{media} has no sound")
    lines = [line.split() for line in truth.read_text(encoding="ascii").splitlines() if line.strip()]
    spoken = [(word, int(start), int(end)) for start, end, word in lines if word not in SILENCE]
    times_s = np.array([[start, end] for _, start, end in spoken], np.float64) / UNITS_PER_S
    return GridClip(media.stem, audio.samples, tuple(word for word, _, _ in spoken), times_s)
