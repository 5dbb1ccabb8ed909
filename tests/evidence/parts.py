"""The parts of the evidence: what each measures, on which clips."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from tests.evidence.material import describe, films, voices
from tests.evidence.nuisances_face import nuisances_face
from tests.evidence.nuisances_voice import nuisances_voice
from tests.evidence.record import nuisance_figures


def _material(options: Namespace) -> Any:
    return describe()


def _nuisances(options: Namespace) -> dict[str, Any]:
    grid = 2 if options.quick else 17
    seconds = 1.2 if options.quick else 2.4
    return {
        "audio": nuisance_figures(*nuisances_voice(voices(grid))),
        "face": nuisance_figures(*nuisances_face(films(max(1, grid // 3), seconds=seconds))),
    }


PARTS: dict[str, Callable[[Namespace], Any]] = {"material": _material, "nuisances": _nuisances}
