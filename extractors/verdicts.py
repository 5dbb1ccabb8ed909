"""Verdicts: what the evidence says of each column, as `python -m tests.evidence` measured and wrote it.

The rule is one for all columns. A column's drift under a nuisance (a gain, a coder, a room, a crop, a mirror, ...)
is the root mean square difference between what a word reads and what it should read, in deviations of the column
between words. With the worst drift over all nuisances:

- ``stable``: at most 0.5;
- ``sensitive``: at most 1; kept, and the dictionary names the nuisance;
- ``unstable``: more, so that a recording moves it further than words differ; computed only if `include_unstable`
  is set. A column is unstable, too, if under a nuisance less than 0.8 of the words that had it still have it.

A nuisance that the clip is flagged for (8 kHz: `narrowband`) is measured, and does not decide.

The verdict is about recordings alone. Whether a column moves when the voice or the face does is recorded beside it:
a column that nothing moves is stable, and tells nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pipeline.track import FeatureColumn, Verdict
from pipeline.untrusted.jsontext import parse_json

RECORD = Path(__file__).parent / "verdicts.json"
STABLE_UP_TO = 0.5
SENSITIVE_UP_TO = 1.0
LEAST_KEPT = 0.8
Modality = Literal["audio", "face"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was measured of one column."""

    verdict: Verdict
    worst_drift: float
    """In deviations between words."""
    under: str
    """The nuisance that moves it most."""
    follows: bool | None
    """It followed every known change that names it, monotonically; None: no change names it."""

    def __str__(self) -> str:
        response = {True: "", False: "; response not monotonic", None: "; response not tested"}[self.follows]
        return f"{self.verdict} ({self.worst_drift:.2f}, {self.under}){response}"


def verdict_of(worst_drift: float, least_kept: float) -> Verdict:
    """Apply the rule.

    Parameters
    ----------
    worst_drift : float
        The largest drift under a nuisance that carries no flag.
    least_kept : float
        The smallest share of words that keep the column.
    """
    if worst_drift > SENSITIVE_UP_TO or least_kept < LEAST_KEPT:
        return "unstable"
    return "sensitive" if worst_drift > STABLE_UP_TO else "stable"


@cache
def judgements(modality: Modality) -> dict[str, Judgement]:
    """Return the recorded judgement of every measured column."""
    record = parse_json(RECORD.read_text("utf-8"))
    found = {}
    for name, entry in record[modality].items():
        assert entry["verdict"] in get_args(Verdict), f"{RECORD.name}: {name} has verdict {entry['verdict']!r}"
        found[name] = Judgement(entry["verdict"], float(entry["worst_drift"]), str(entry["under"]), entry["follows"])
    return found


def judged(
    columns: Iterable[FeatureColumn], modality: Modality, *, include_unstable: bool = True
) -> tuple[FeatureColumn, ...]:
    """Return the columns with their verdicts; without the unstable ones if so asked."""
    known = judgements(modality)
    with_verdict = [
        replace(column, verdict=known[column.name].verdict if column.name in known else "unmeasured")
        for column in columns
    ]
    return tuple(column for column in with_verdict if include_unstable or column.verdict != "unstable")
