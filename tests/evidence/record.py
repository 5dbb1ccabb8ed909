"""The figures of all parts of the evidence in one JSON object, and the verdicts that follow from them."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from extractors.verdicts import verdict_of
from tests.evidence.drift import Drift
from tests.evidence.sound_nuisances import SOUND_NUISANCES

Json = dict[str, Any]
DIGITS = 4
RESPONSES = {"audio": "responses_voice", "face": "responses_face"}
"""Modality -> the part that has its known responses."""
FLAGGED = {nuisance.name for nuisance in SOUND_NUISANCES if nuisance.flagged}
"""Nuisances that the clip is flagged for: measured, but without a say in the verdict."""


def nuisance_figures(spread: Mapping[str, float], drifts: Mapping[str, Mapping[str, Drift]]) -> Json:
    """Return column -> spread and drift under every nuisance."""
    return {
        name: {"spread": spread[name], "drift": {nuisance: asdict(drift) for nuisance, drift in found.items()}}
        for name, found in drifts.items()
    }


def verdicts(figures: Json) -> Json:
    """Return modality -> column -> verdict, worst drift and the nuisance behind it, and whether it follows.

    Parameters
    ----------
    figures : dict
        With `nuisances`: modality -> what `nuisance_figures` returns; and, where measured, what `RESPONSES` names.
    """
    return {
        modality: {
            name: {**_judged(entry["drift"]), "follows": _follows(name, figures.get(RESPONSES[modality], {}))}
            for name, entry in columns.items()
        }
        for modality, columns in figures["nuisances"].items()
    }


def _follows(column: str, responses: Json) -> bool | None:
    """Tell whether a column follows every change that names it; None if none does."""
    found = [entry["named"][column]["follows"] for entry in responses.values() if column in entry["named"]]
    return all(found) if found else None


def _judged(drift: Json) -> Json:
    deciding = {name: found for name, found in drift.items() if name not in FLAGGED}
    known = {name: found["drift"] for name, found in deciding.items() if found["drift"] is not None}
    if len(known) < len(deciding):
        return {"verdict": "unmeasured", "worst_drift": 0.0, "under": "too few words"}
    under = max(known, key=lambda name: known[name])
    worst = round(known[under], 2)
    return {
        "verdict": verdict_of(worst, min(found["kept"] for found in deciding.values())),
        "worst_drift": worst,
        "under": under,
    }


def rounded(value: Any) -> Any:
    """Return JSON values with four significant digits, None for what is not finite."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def read(path: Path | None) -> Json:
    """Return earlier figures; empty if there are none."""
    return json.loads(path.read_text("utf-8")) if path is not None and path.is_file() else {}


def write(path: Path, content: Json) -> None:
    """Write JSON that is the same for the same figures."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
