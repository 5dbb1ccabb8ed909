"""The page of a run: how it learned, how good it is beside simpler models, where it errs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.pages.clip_view import clip_view, scales
from flows.pages.dictionary import known_columns
from flows.pages.document import write_page
from flows.pages.film import Filmer, Media
from flows.pages.run_charts import UNITS, coverage, learning_charts, look_charts
from flows.pages.run_look import read_look
from flows.pages.run_tables import (
    ablation,
    branches,
    confusion,
    differences,
    mistakes,
    permuted,
    results,
    verdict,
    worst,
)
from flows.pages.scores import ClipScores, Score
from pipeline.store import FeatureStore
from pipeline.untrusted.jsontext import parse_json

if TYPE_CHECKING:
    from dmd.runs.record import RunRecord

SPLITS = ("test", "valid")
FEW_CLIPS = 50
"""Below this the intervals say little more than that they are wide."""
Json = Mapping[str, Any]


def write_run_page(folder: Path, out: Path, store: FeatureStore | None = None, media: Media | None = None) -> Path:
    """Write the page of a trained run: one HTML file that needs nothing else.

    What a run's own files tell is always there; single clips, ablation, calibration and spaces need
    RUN/look.json (`write_look`).

    Parameters
    ----------
    folder : Path
        The RUN folder.
    out : Path
        The file; its folder must exist.
    store : FeatureStore, optional
        The features it was made of: the worst mistakes are then shown with their curves.
    media : Media, optional
        Where their media lie: the faces are then drawn too.

    Returns
    -------
    Path
        The absolute path of the file.

    Raises
    ------
    StoreError
        The folder holds no finished run, or that of ``out`` is missing or not writable.
    """
    from dmd.learning.history import read_history
    from dmd.runs.folder import EVALUATION, HISTORY, read_record

    record = read_record(folder)
    evaluations = _evaluations(folder / EVALUATION)
    look = read_look(folder)
    task = record.targets.task
    bad = worst(look, task)
    views = _views(bad, record, store, media)
    shown = {view["id"]: at for at, view in enumerate(views)}
    charts = {
        **learning_charts(read_history(folder / HISTORY)),
        **look_charts(look, task, record.targets.label_range),
    }
    found = {f"results_{name}": results(evaluation) for name, evaluation in evaluations.items()}
    found |= {f"differences_{n}": table for n, e in evaluations.items() if (table := differences(e)) is not None}
    found |= {"ablation": ablation(look, task), "mistakes": mistakes(bad, task, shown)} if look else {}
    found |= {"branches": branches(look, task), "permuted": permuted(look, task)} if "branches" in look else {}
    first = next(iter(evaluations.values()), {})
    context = {
        "name": folder.resolve().name,
        "record": record,
        "facts": _facts(record),
        "evaluations": evaluations,
        "tables": found,
        "charts": charts,
        "verdict": verdict(first) if first else "",
        "few": first.get("n", FEW_CLIPS) < FEW_CLIPS,
        "look": look,
        "units": UNITS,
        "covered": coverage(look) if task == "regression" else None,
        "promised": getattr(record.calibration, "coverage", None),
        "confusion": confusion(evaluations.get(look.get("split", ""), first), look),
        "shown": list(shown),
    }
    data = {"clips": views, "charts": charts, "tables": found, **scales({})}
    data["scoreMost"] = max(abs(record.targets.low), abs(record.targets.high), 1e-9)
    return write_page(out, "run.html", f"{context['name']}: run", context, data)


def _evaluations(path: Path) -> dict[str, Json]:
    """Return the evaluation of each split, test first; empty if there is none."""
    found: dict[str, Json] = parse_json(path.read_text("utf-8")) if path.is_file() else {}
    known = [name for name in SPLITS if name in found]
    return {name: found[name] for name in (*known, *(name for name in found if name not in known))}


def _facts(record: "RunRecord") -> list[tuple[str, str]]:
    targets, seeds = record.targets, record.seeds
    task = f"{targets.task}, {targets.low:g} to {targets.high:g}"
    if targets.task == "classification":
        task = f"{targets.task}, {len(targets.classes)} classes"
    splits = ", ".join(f"{name} {len(ids)}" for name, ids in sorted(record.splits.items()))
    epochs = ", ".join(f"{seed.best_epoch} of {seed.epochs}" for seed in seeds)
    removed = sum(len(names) for names in record.removed_columns.values())
    return [
        ("Trained on", record.name),
        ("Task", task),
        ("Modalities", ", ".join(record.model.modalities)),
        ("Clips", splits or "–"),
        ("Seeds", str(len(seeds))),
        ("Best epoch", epochs or "–"),
        ("Objective", record.model.objective),
        ("Model width", str(record.model.width)),
        ("Constant columns left out", str(removed)),
    ]


def _views(
    clips: Sequence[Json], record: "RunRecord", store: FeatureStore | None, media: Media | None
) -> list[dict[str, Any]]:
    """Return the clips of the worst mistakes that the store holds, with their scores."""
    if store is None:
        return []
    columns = known_columns()
    with Filmer(media) as filmer:
        return [
            clip_view(store.load(clip["id"]), ClipScores(_score(clip, record), ()), columns, filmer)
            for clip in clips
            if clip["id"] in store
        ]


def _score(clip: Json, record: "RunRecord") -> Score:
    return Score(
        clip_id=clip["id"],
        segment="all",
        start_s=None,
        end_s=None,
        text=clip["text"],
        task=record.targets.task,
        score=clip["score"],
        label=clip["label"],
        low=clip["low"],
        high=clip["high"],
        probabilities={},
        modalities=record.model.modalities,
        flags=tuple(clip["flags"]),
        contributions={},
        words=(),
    )
