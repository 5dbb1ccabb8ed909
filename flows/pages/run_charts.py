"""The charts of a run's page: learning, graph edges, calibration, spaces."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dmd.measures.calibration import wilson

Chart = dict[str, Any]
Look = Mapping[str, Any]
History = Sequence[Mapping[str, float]]
TERMS = {
    "task of the common features": ("common_task",),
    "tasks of the branches": ("homo_task_", "hetero_task_"),
    "reconstruction": ("reconstruction_",),
    "cycle": ("cycle_",),
    "orthogonality": ("orthogonality_",),
    "margin": ("margin",),
}
"""Sums of training terms, by the beginnings of their names."""
UNITS = {"homo": "Shared features", "hetero": "Own features"}
RELIABILITY_BINS = 8


def learning_charts(history: History) -> dict[str, Chart]:
    """Return the charts of a training history: losses, terms, edges of both units."""
    if not history:
        return {}
    charts = {"learning": _learning(history), "terms": _terms(history)}
    for unit in UNITS:
        names = [name for name in history[0] if name.startswith(f"train_{unit}_edge_")]
        if names:
            means = [(_edge(name), _mean(history, (name,))) for name in names]
            charts[f"{unit}_edges"] = _lines(history, means, "weight", f"Edges of the {unit} unit, mean over seeds")
    return charts


def look_charts(look: Look, task: str, label_range: tuple[float, float]) -> dict[str, Chart]:
    """Return the charts of a run's look at single clips."""
    charts = {}
    if look.get("clips"):
        charts["calibration"] = _scatter(look, label_range) if task == "regression" else _reliability(look)
    if look.get("spaces"):
        charts["spaces"] = _spaces(look["spaces"])
    return charts


def coverage(look: Look) -> float | None:
    """Return the share of the labels that lie inside the intervals of their scores; None without any."""
    inside = [
        clip["low"] <= clip["truth"] <= clip["high"] for clip in look.get("clips", ()) if clip["low"] is not None
    ]
    return float(np.mean(inside)) if inside else None


def _learning(history: History) -> Chart:
    lines: list[dict[str, Any]] = []
    for at, seed in enumerate(_seeds(history)):
        own = [row for row in history if row.get("seed") == seed]
        for name, label, dash in (("valid_loss", "validation", False), ("train_task", "training", True)):
            values = {int(row["epoch"]): row.get(name) for row in own}
            lines.append({"label": f"seed {seed:.0f}, {label}", "dash": dash, "color": at, "values": values})
    epochs = _epochs(history)
    best = min((row["valid_loss"], row["epoch"]) for row in history if "valid_loss" in row)
    return {
        "kind": "lines",
        "x": epochs,
        "series": [{**line, "y": [line["values"].get(epoch) for epoch in epochs], "values": None} for line in lines],
        "xLabel": "epoch",
        "yLabel": "loss",
        "height": 240,
        "summary": f"Loss over {epochs[-1]} epochs; lowest validation loss {best[0]:.3g} after epoch {best[1]:.0f}.",
    }


def _terms(history: History) -> Chart:
    names = [name.removeprefix("train_") for name in history[0] if name.startswith("train_")]
    groups = dict(TERMS)
    for unit in UNITS:
        groups[f"distillation, {UNITS[unit].lower()}"] = tuple(
            f"{unit}_{part}" for part in ("regulariser", "logits", "representation")
        )
    means = []
    for label, starts in groups.items():
        own = tuple(f"train_{name}" for name in names if name.startswith(starts))
        if own:
            means.append((label, _mean(history, own)))
    return {**_lines(history, means, "loss", "Terms of the training loss, mean over seeds"), "log": True}


def _lines(history: History, means: Sequence[tuple[str, list[float | None]]], unit: str, summary: str) -> Chart:
    ends = ", ".join(f"{label} {_last(values):.3g}" for label, values in means)
    return {
        "kind": "lines",
        "x": _epochs(history),
        "series": [{"label": label, "y": values, "color": at} for at, (label, values) in enumerate(means)],
        "xLabel": "epoch",
        "yLabel": unit,
        "height": 240,
        "summary": f"{summary}; at the end: {ends}.",
    }


def _mean(history: History, names: Sequence[str]) -> list[float | None]:
    """Return for each epoch the sum of some columns, averaged over the seeds that were still training."""
    found = []
    for epoch in _epochs(history):
        sums = [sum(row.get(name, 0.0) for name in names) for row in history if row["epoch"] == epoch]
        found.append(float(np.mean(sums)) if sums else None)
    return found


def _scatter(look: Look, label_range: tuple[float, float]) -> Chart:
    clips = sorted(look["clips"], key=lambda clip: clip["truth"])
    low, high = label_range
    x = [low, *(clip["truth"] for clip in clips), high]
    return {
        "kind": "points",
        "x": x,
        "series": [
            {"label": "clip", "y": [None, *(clip["score"] for clip in clips), None], "color": 0},
            {"label": "score equal to label", "y": x, "line": True, "color": 1},
        ],
        "xRange": [low, high],
        "yRange": [low, high],
        "xLabel": "label",
        "yLabel": "score",
        "height": 300,
        "summary": f"Scores of {len(clips)} clips over their labels.",
    }


def _reliability(look: Look) -> Chart:
    """Return how often the label was right for clips of similar probability, with Wilson's 90 % interval."""
    clips = sorted(look["clips"], key=lambda clip: clip["score"])
    parts = [part for part in np.array_split(np.arange(len(clips)), min(RELIABILITY_BINS, len(clips))) if len(part)]
    x, y, low, high = [], [], [], []
    for part in parts:
        right = sum(clips[at]["label"] == clips[at]["truth"] for at in part)
        bounds = wilson(right, len(part))
        x.append(float(np.mean([clips[at]["score"] for at in part])))
        y.append(right / len(part))
        low.append(bounds[0])
        high.append(bounds[1])
    ends = (0.0, 1.0)
    return {
        "kind": "lines",
        "x": [ends[0], *x, ends[1]],
        "series": [
            {"label": "labels that were right", "y": [None, *y, None], "color": 0},
            {"label": "high", "bound": True, "y": [None, *high, None], "color": 0},
            {"label": "low", "bound": True, "y": [None, *low, None], "color": 0},
            {"label": "as promised", "y": [ends[0], *x, ends[1]], "dash": True, "color": 1},
        ],
        "bands": [[1, 2]],
        "xRange": [0, 1],
        "yRange": [0, 1],
        "xLabel": "probability of the label",
        "yLabel": "share right",
        "height": 300,
        "summary": f"Share of right labels over their probability, {len(clips)} clips in {len(parts)} groups.",
    }


def _spaces(spaces: Mapping[str, Any]) -> Chart:
    groups = spaces["groups"]
    order = sorted((x, at, place) for at, group in enumerate(groups) for place, x in enumerate(group["x"]))
    series = []
    for at, group in enumerate(groups):
        series.append(
            {
                "label": group["label"],
                "color": at // 2,
                "hollow": group["label"].endswith("shared"),
                "y": [group["y"][place] if owner == at else None for _, owner, place in order],
            }
        )
    shares = spaces["explained"]
    return {
        "kind": "points",
        "x": [x for x, *_ in order],
        "series": series,
        "xLabel": f"first direction ({shares[0]:.0%} of the variance)",
        "yLabel": f"second ({shares[1]:.0%})",
        "height": 340,
        "summary": f"Features of {len(groups)} kinds in the plane of their largest variance.",
    }


def _seeds(history: History) -> list[float]:
    return sorted({row.get("seed", 0.0) for row in history})


def _epochs(history: History) -> list[int]:
    return list(range(1, int(max(row["epoch"] for row in history)) + 1))


def _edge(name: str) -> str:
    teacher, _, student = name.partition("_edge_")[2].partition("_to_")
    return f"{teacher} → {student}"


def _last(values: Sequence[float | None]) -> float:
    return next((value for value in reversed(values) if value is not None), float("nan"))
