"""Responses of the face columns to known changes of the face."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.face import FaceExtractor
from tests.evidence.face_stimuli import FACE_STIMULI, VELOCITY, FaceStimulus
from tests.evidence.face_values import CONFIG, NAMES, film_track
from tests.evidence.face_warps import Seen, bent
from tests.evidence.material import Film
from tests.evidence.response import figures, respond

Floats = NDArray[np.float64]
STILLS = 3
"""Frames of each film that are changed."""
FRAME_S = 0.04
MOTION_FRAMES = 13
RATES = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Largest dose a second, shares of: a motion to the largest dose takes a second."""
EDGE = 3
"""Frames at either end of a motion, where the fit reaches beyond it."""


def responses_face(films: Sequence[Film], spread: Mapping[str, float], moving: int = 3) -> dict[str, Any]:
    """Return stimulus -> figures of every column; motions are made of the first ``moving`` films."""
    stills = [still for film in films if (still := seen_stills(film))]
    found: dict[str, Any] = {}
    for stimulus in FACE_STIMULI:
        response = respond([still_values(each, stimulus) for each in stills], stimulus.doses, NAMES, spread)
        found[stimulus.name] = {
            "unit": stimulus.unit,
            **figures(response, stimulus.named, (*stimulus.coupled, *VELOCITY)),
        }
        if stimulus.velocity:
            rates = [rate * max(stimulus.doses) for rate in RATES]
            values = [motion_values(each[len(each) // 2], stimulus) for each in stills[:moving]]
            moved = respond(values, rates, NAMES, spread)
            others = tuple(name for name in NAMES if name not in VELOCITY)
            found[f"{stimulus.name}, moving"] = {
                "unit": f"{stimulus.unit}/s",
                **figures(moved, stimulus.velocity, (*others, *VELOCITY)),
            }
    return found


def seen_stills(film: Film, count: int = STILLS) -> list[Seen]:
    """Return frames of a film with the landmarks seen in them, evenly spread."""
    extractor = FaceExtractor(CONFIG.model_copy(update={"keep_landmarks": True}))
    with extractor.start() as session:
        for image, time_s in zip(film.images, film.times_s.tolist(), strict=True):
            session.add(image, time_s)
        result = session.finish(None)
    extractor.close()
    assert result.landmarks_px is not None
    shown = np.flatnonzero(result.track.mask)
    chosen = (
        shown[np.linspace(0, shown.size - 1, min(count, shown.size)).round().astype(int)] if shown.size else shown
    )
    return [Seen(film.images[at], result.landmarks_px[at].astype(np.float64)) for at in chosen]


def still_values(stills: Sequence[Seen], stimulus: FaceStimulus) -> Floats:
    """Return what every dose reads on every still, [shape=(doses, stills, D)]; each still is looked at alone."""
    return np.stack(
        [np.stack([_alone(bent(still, stimulus.shift, dose)) for still in stills]) for dose in stimulus.doses]
    )


def motion_values(still: Seen, stimulus: FaceStimulus) -> Floats:
    """Return the mean over a motion at every rate, [shape=(rates, 1, D)]."""
    times_s = np.arange(MOTION_FRAMES) * FRAME_S
    base = Film("still", "", (still.image,), times_s[:1])
    found = []
    for rate in RATES:
        doses = rate * max(stimulus.doses) * (times_s - times_s.mean())
        images = tuple(bent(still, stimulus.shift, float(dose)) for dose in doses)
        track = film_track(replace(base, images=images, times_s=times_s))
        inner = slice(EDGE, MOTION_FRAMES - EDGE)
        values = np.where(track.valid[inner], track.values[inner].astype(np.float64), np.nan)
        found.append(values.mean(axis=0, keepdims=True))
    return np.stack(found)


def _alone(image: NDArray[np.uint8]) -> Floats:
    track = film_track(Film("still", "", (image,), np.zeros(1)))
    return np.where(track.valid[0], track.values[0].astype(np.float64), np.nan)
