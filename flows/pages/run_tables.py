"""The tables of a run's page: results, differences, ablation, mistakes, confusion."""

from collections.abc import Mapping, Sequence
from typing import Any

from dmd.measures.metrics import CLASSIFICATION, LOWER_IS_BETTER, REGRESSION
from flows.pages.tables import Table, make_table

Json = Mapping[str, Any]
CAPTIONS = {
    "mae": "MAE",
    "corr": "Correlation",
    "acc7": "Acc-7",
    "acc5": "Acc-5",
    "acc3": "Acc-3",
    "acc2_has0": "Acc-2 (has 0)",
    "f1_has0": "F1 (has 0)",
    "acc2_non0": "Acc-2 (non 0)",
    "f1_non0": "F1 (non 0)",
    "accuracy": "Accuracy",
    "f1_weighted": "F1, weighted",
    "f1_macro": "F1, macro",
    "uar": "UAR",
}
MODELS = {"linear": "linear, all features", "late_fusion": "late fusion", "mlp": "pooled network"}
BRANCHES = {
    "homo": "{}, shared features",
    "hetero": "{}, own features with what they attend to",
    "common": "shared features of all",
    "all": "the score",
}
MISTAKES = 12


def metric_names(task: str) -> tuple[str, ...]:
    """Return the metrics of a task, the one that decides first."""
    return REGRESSION if task == "regression" else ("f1_weighted", *(m for m in CLASSIFICATION if m != "f1_weighted"))


def model_name(name: str) -> str:
    """Return a baseline's name in words."""
    return MODELS.get(name) or name.replace("linear_", "linear, ").replace("_", " ")


def results(evaluation: Json) -> Table:
    """Return DMD beside its seeds, the baselines and the paper: a value and its 95 % interval a cell."""
    names = [name for name in metric_names(evaluation["task"]) if evaluation.get(name) is not None]
    rows: list[list[Any]] = [["DMD", *(estimate(evaluation, name) for name in names)]]
    seeds = evaluation.get("seeds", {})
    if any(seeds.get(name, {}).get("deviation") is not None for name in names):
        rows.append(["DMD, a single seed (± deviation)", *(_seed(seeds.get(name, {})) for name in names)])
    for name, metrics in evaluation.get("baselines", {}).items():
        rows.append([model_name(name), *(estimate(metrics, metric) for metric in names)])
    paper = evaluation.get("paper", {})
    if paper:
        rows.append(["The paper", *([paper.get(name, {}).get("paper"), None, None, ""] for name in names)])
    heads = (("Model", "text"), *((CAPTIONS[name], "estimate") for name in names))
    return make_table(
        f"Split {evaluation['split']}, {evaluation['n']} clips, 95 % intervals over videos", heads, rows
    )


def differences(evaluation: Json) -> Table | None:
    """Return DMD minus each baseline; None without baselines."""
    baselines = evaluation.get("baselines", {})
    names = [name for name in metric_names(evaluation["task"]) if evaluation.get(name) is not None]
    rows = [
        [model_name(baseline), *(_difference(metrics["difference"].get(name, {}), name) for name in names)]
        for baseline, metrics in baselines.items()
        if metrics.get("difference")
    ]
    heads = (("DMD against", "text"), *((CAPTIONS[name], "difference") for name in names))
    return make_table("DMD minus the baseline, on the same clips", heads, rows) if rows else None


def verdict(evaluation: Json) -> str:
    """Return one sentence on the deciding metric, for or against DMD."""
    name = metric_names(evaluation["task"])[0]
    ours, baselines = evaluation.get(name), evaluation.get("baselines", {})
    known = {key: metrics[name] for key, metrics in baselines.items() if metrics.get(name) is not None}
    if ours is None or not known:
        return ""
    sign = 1.0 if name in LOWER_IS_BETTER else -1.0
    best = min(known, key=lambda key: (sign * known[key], key))
    found = baselines[best].get("difference", {}).get(name, {})
    better = sign * (ours - known[best]) < 0
    how = "better" if better else "worse"
    certain = "and chance does not explain it" if found.get("excludes_zero") else "but chance may explain it"
    return (
        f"{CAPTIONS[name]} on {evaluation['split']}: DMD {ours:.3f}, best baseline ({model_name(best)}) "
        f"{known[best]:.3f}. DMD is {how}, {certain}."
    )


def ablation(look: Json, task: str) -> Table:
    """Return the metrics for every choice of modalities."""
    parts = look.get("ablation", ())
    names = [name for name in metric_names(task) if parts and parts[0]["metrics"].get(name) is not None]
    rows = [[" + ".join(part["modalities"]), *(estimate(part["metrics"], name) for name in names)] for part in parts]
    return make_table(
        "What the model looks at", (("Modalities", "text"), *((CAPTIONS[n], "estimate") for n in names)), rows
    )


def branches(look: Json, task: str) -> Table:
    """Return the metrics of each branch's own prediction: how much one modality tells alone."""
    parts = look.get("branches", {})
    names = [name for name in metric_names(task) if parts and parts["all"].get(name) is not None]
    rows = [[branch_name(name), *(estimate(metrics, metric) for metric in names)] for name, metrics in parts.items()]
    heads = (("Branch", "text"), *((CAPTIONS[name], "estimate") for name in names))
    return make_table("What each branch of the first seed's model says by itself", heads, rows)


def branch_name(name: str) -> str:
    """Return a branch's name in words."""
    kind, _, modality = name.partition("_")
    return BRANCHES[kind].format(modality)


def permuted(look: Json, task: str) -> Table:
    """Return how much each metric moves when one modality is exchanged between the clips."""
    parts = look.get("permuted", {})
    names = [name for name in metric_names(task) if any(changes.get(name) is not None for changes in parts.values())]
    rows = [
        [modality, *([changes.get(name), None, None, ""] for name in names)] for modality, changes in parts.items()
    ]
    heads = (("Exchanged", "text"), *((CAPTIONS[name], "difference") for name in names))
    return make_table("Change by exchanging one modality between the clips, mean of five exchanges", heads, rows)


def worst(look: Json, task: str) -> list[Json]:
    """Return the clips with the largest errors, the worst first."""
    clips = [clip for clip in look.get("clips", ()) if error_of(clip, task) > 0]
    return sorted(clips, key=lambda clip: (-error_of(clip, task), clip["id"]))[:MISTAKES]


def error_of(clip: Json, task: str) -> float:
    """Return how wrong a score is: its distance from the label, or what the right class lacks; 0 if right."""
    if task == "regression":
        return abs(float(clip["score"]) - float(clip["truth"]))
    return 0.0 if clip["label"] == clip["truth"] else 1.0 - float(clip["truth_share"])


def mistakes(clips: Sequence[Json], task: str, shown: Mapping[str, int]) -> Table:
    """Return the table of the worst mistakes; a clip whose curves are on the page is a link to them."""
    rows = [
        [
            [clip["id"], shown.get(clip["id"])],
            clip["truth"],
            [clip["score"], clip["low"], clip["high"], clip["label"]],
            error_of(clip, task),
            clip["text"] or None,
            clip["flags"],
        ]
        for clip in clips
    ]
    truth, score = ("number", "score") if task == "regression" else ("text", "chance")
    heads = (
        ("Clip", "clip"),
        ("Label", truth),
        ("Score", score),
        ("Error", "number"),
        ("Said", "long"),
        ("Flags", "flags"),
    )
    return make_table("Worst mistakes", heads, rows)


def confusion(evaluation: Json, look: Json) -> Json | None:
    """Return labels against scores: `classes` and `rows` of counts with their share of the row; None if unknown."""
    if evaluation.get("confusion"):
        classes, counts = evaluation["classes"], evaluation["confusion"]
    elif look.get("clips") and "truth_label" in look["clips"][0]:
        classes = ["negative", "neutral", "positive"]
        place = {name: at for at, name in enumerate(classes)}
        counts = [[0] * 3 for _ in classes]
        for clip in look["clips"]:
            if clip["truth_label"] not in place:
                return None
            counts[place[clip["truth_label"]]][place[clip["label"]]] += 1
    else:
        return None
    rows = [[(count, count / max(1, sum(row))) for count in row] for row in counts]
    return {"classes": classes, "rows": list(zip(classes, rows, strict=True))}


def estimate(metrics: Json, name: str) -> list[Any]:
    """Return a cell: value, low, high, and what stands beside it instead of an interval."""
    return [metrics.get(name), metrics.get(f"{name}_low"), metrics.get(f"{name}_high"), ""]


def _seed(spread: Json) -> list[Any]:
    deviation = spread.get("deviation")
    return [spread.get("mean"), None, None, "" if deviation is None else f"± {deviation:.3f}"]


def _difference(found: Json, name: str) -> list[Any]:
    """Return a cell: difference, low, high, and `better`, `worse` or nothing."""
    difference = found.get("difference")
    word = ""
    if difference is not None and found.get("excludes_zero"):
        word = "better" if (difference < 0) == (name in LOWER_IS_BETTER) else "worse"
    return [difference, found.get("low"), found.get("high"), word]
