"""The parts of the evidence: what each measures, on which clips."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from tests.evidence.agreement import face_agreement, voice_agreement
from tests.evidence.material import Film, describe, films, voices
from tests.evidence.nuisances_face import nuisances_face
from tests.evidence.nuisances_voice import nuisances_voice
from tests.evidence.record import Json, nuisance_figures
from tests.evidence.responses_face import responses_face
from tests.evidence.responses_voice import responses_voice

GRID_CLIPS = 17


def _material(options: Namespace, figures: Json) -> Any:
    return describe()


def _nuisances(options: Namespace, figures: Json) -> Json:
    return {
        "audio": nuisance_figures(*nuisances_voice(voices(2 if options.quick else GRID_CLIPS))),
        "face": nuisance_figures(*nuisances_face(_films(options, 5))),
    }


def _responses_voice(options: Namespace, figures: Json) -> Json:
    return responses_voice(voices(2 if options.quick else 6), _spread(figures, "audio"))


def _responses_face(options: Namespace, figures: Json) -> Json:
    return responses_face(_films(options, 2), _spread(figures, "face"), 1)


def _agreement(options: Namespace, figures: Json) -> Json:
    return {
        "audio": voice_agreement(voices(GRID_CLIPS, 0), options.opensmile),
        "face": face_agreement(_films(options, 8), options.official_bundle),
    }


def _films(options: Namespace, grid: int) -> list[Film]:
    return films(1, seconds=1.2) if options.quick else films(grid, seconds=2.4)


def _spread(figures: Json, modality: str) -> dict[str, float]:
    """Deviations between words, of the nuisances; measure those first."""
    return {name: entry["spread"] for name, entry in figures["nuisances"][modality].items()}


PARTS: dict[str, Callable[[Namespace, Json], Any]] = {
    "material": _material,
    "nuisances": _nuisances,
    "responses_voice": _responses_voice,
    "responses_face": _responses_face,
    "agreement": _agreement,
}
"""In the order in which they are measured: each may read the figures of those before it."""
