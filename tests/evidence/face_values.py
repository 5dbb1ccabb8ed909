"""All face columns of a film, in windows that stand for words."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from extractors.face import FaceConfig, FaceExtractor, face_columns
from pipeline.pooling import pool
from pipeline.track import FeatureTrack
from pipeline.words import Word
from tests.evidence.material import Film

Floats = NDArray[np.float64]
WINDOW_S = 0.25
CONFIG = FaceConfig(include_unstable=True)
COLUMNS = face_columns(CONFIG)
NAMES = tuple(column.name for column in COLUMNS)


@cache
def extractor() -> FaceExtractor:
    """Return the extractor of every face column, loaded once."""
    return FaceExtractor(CONFIG)


def film_track(film: Film) -> FeatureTrack:
    """Return the face track of a film, as extraction makes it."""
    with extractor().start() as session:
        for image, time_s in zip(film.images, film.times_s.tolist(), strict=True):
            session.add(image, time_s)
        return session.finish(None).track


def windows(seconds: float) -> tuple[Word, ...]:
    """Return windows of `WINDOW_S` from the first frame on; what is left of the film is left out."""
    count = int(seconds / WINDOW_S + 1e-6)
    return tuple(Word("", at * WINDOW_S, (at + 1) * WINDOW_S, 1.0, "window") for at in range(count))


def window_values(film: Film, seconds: float) -> Floats:
    """Return the columns of each window, [shape=(windows, D)], NaN where unknown."""
    features = pool(film_track(film), windows(seconds))
    return np.where(features.valid, features.values.astype(np.float64), np.nan)
