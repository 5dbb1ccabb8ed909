"""What a model learned: which branch knows how much, what each modality is worth, where its spaces lie.

The graph edges of both units over training stand in RUN/history.csv (`train_homo_edge_text_to_face` and so on).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dmd.device import repeatable
from dmd.evaluation import Judge, labelled, video_groups
from dmd.output import DmdOutput
from dmd.prediction import clip_means, predict_rows
from dmd.runs.checkpoint import TrainedRun
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.collate import to_device

Floats = NDArray[np.float64]
PERMUTATIONS = 5
MOST_POINTS = 400
"""Clips on a map: more make it unreadable and t-SNE slow."""
BLOCK = 16


def learned(run: TrainedRun, dataset: Dataset, split: str) -> dict[str, Any]:
    """Return everything of this module for a split, as JSON values.

    Returns
    -------
    dict
        `branches` (see `branch_metrics`), `permuted` (see `permuted_metrics`), `map` (see `space_map`).

    Raises
    ------
    PipelineError
        As `dmd.evaluation.evaluate_run`.
    """
    run.demand_fit(dataset)
    return {
        "split": split,
        "branches": branch_metrics(run, dataset, split),
        "permuted": permuted_metrics(run, dataset, split),
        "map": space_map(run, dataset, split),
    }


def branch_metrics(run: TrainedRun, dataset: Dataset, split: str) -> dict[str, dict[str, Any]]:
    """Return the metrics of each branch's own prediction: how much one modality tells alone.

    Returns
    -------
    dict
        `homo_text`, `hetero_text` and so on, `common` (the fused common features), `all` (the score) -> metrics.
    """
    judge, rows = _judge(run, dataset, split)
    found: dict[str, list[Floats]] = {}
    for output, _ in _outputs(run, dataset, rows):
        for name, logits in _branches(output).items():
            found.setdefault(name, []).append(logits)
    branches = {name: _as_prediction(run, np.concatenate(parts)) for name, parts in found.items()}
    whole = run.predict(dataset, rows)[0]
    clips = {name: clip_means(dataset, rows, values)[1] for name, values in {**branches, "all": whole}.items()}
    return {name: judge.metrics(prediction) for name, prediction in clips.items()}


def permuted_metrics(run: TrainedRun, dataset: Dataset, split: str) -> dict[str, dict[str, Any]]:
    """Return how much each score drops when one modality is exchanged between the split's samples.

    Returns
    -------
    dict
        Modality -> score -> mean change over 5 random exchanges (exchanged minus whole; None where not defined).
    """
    judge, rows = _judge(run, dataset, split)
    whole = judge.metrics(judge.mean_of(run.predict_clips(dataset, rows)[1]))
    found = {}
    for modality in run.modalities:
        changes: dict[str, list[float]] = {name: [] for name in judge.names}
        for number in range(PERMUTATIONS):
            values = judge.metrics(_exchanged(run, dataset, rows, modality, number))
            for name in judge.names:
                if values[name] is not None and whole[name] is not None:
                    changes[name].append(values[name] - whole[name])
        found[modality] = {name: float(np.mean(each)) if each else None for name, each in changes.items()}
    return found


def space_map(run: TrainedRun, dataset: Dataset, split: str) -> list[dict[str, Any]]:
    """Return the decoupled features of the split's samples on a plane (t-SNE, as the paper draws them).

    Returns
    -------
    list of dict
        `clip_id`, `label`, `modality`, `space` (`specific` or `common`), `x`, `y`; the first seed's model.
    """
    _, rows = _judge(run, dataset, split)
    rows = rows[:: -(-len(rows) // MOST_POINTS)]
    points: list[dict[str, Any]] = []
    features: list[NDArray[np.float32]] = []
    for output, part in _outputs(run, dataset, rows):
        for modality, parts in output.decoupled.items():
            for space, values in (("specific", parts.specific), ("common", parts.common)):
                weight = parts.observed[..., None].float()
                means = ((values * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)).float().cpu().numpy()
                here = parts.observed.any(dim=1).cpu().numpy()
                for at, row in enumerate(part):
                    if here[at]:
                        clip = dataset.clips[int(dataset.samples.clip[row])]
                        label = clip.targets.get(run.record.targets.name)
                        points.append({"clip_id": clip.clip_id, "label": label, "modality": modality, "space": space})
                        features.append(means[at])
    for point, (x, y) in zip(points, _plane(np.stack(features)), strict=True):
        point |= {"x": round(float(x), 4), "y": round(float(y), 4)}
    return points


def _plane(features: NDArray[np.float32]) -> Floats:
    from sklearn.manifold import TSNE

    if len(features) < 8:
        return np.zeros((len(features), 2))
    perplexity = min(30.0, (len(features) - 1) / 3)
    found = TSNE(2, perplexity=perplexity, init="pca", random_state=0, max_iter=500).fit_transform(features)
    return np.asarray(found, np.float64)


def _judge(run: TrainedRun, dataset: Dataset, split: str) -> tuple[Judge, Rows]:
    clips, truth = labelled(dataset, dataset.clips_in(split), run.record.targets, f"split {split!r}")
    return Judge(run.record.targets, truth, video_groups(dataset, clips)), dataset.clip_rows(clips)


def _outputs(run: TrainedRun, dataset: Dataset, rows: Rows) -> list[tuple[DmdOutput, Rows]]:
    """Return the first seed's whole output for blocks of samples."""
    collator, system = run.collator(dataset), run.systems[0]
    found = []
    with torch.no_grad(), repeatable(run.device, int(run.record.training.get("threads", 1))):
        for first in range(0, len(rows), BLOCK):
            part = rows[first : first + BLOCK]
            found.append((system(to_device(collator(part), run.device)), part))
    return found


def _branches(output: DmdOutput) -> dict[str, Floats]:
    logits = {"common": output.common_logits}
    for kind, graph in (("homo", output.homo), ("hetero", output.hetero)):
        logits |= {f"{kind}_{name}": vertex.logits for name, vertex in graph.items()}
    return {name: value.double().cpu().numpy() for name, value in logits.items()}


def _as_prediction(run: TrainedRun, logits: Floats) -> Floats:
    if run.record.targets.task == "regression":
        return logits[:, 0]
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _exchanged(run: TrainedRun, dataset: Dataset, rows: Rows, modality: str, number: int) -> Floats:
    sources: Mapping[str, Rows] = {modality: np.arange(len(dataset), dtype=np.int64)}
    sources[modality][rows] = rows[np.random.default_rng(number).permutation(len(rows))]
    collator = run.collator(dataset, sources=sources)
    with repeatable(run.device, int(run.record.training.get("threads", 1))):
        found = [predict_rows(system, collator, rows, run.device) for system in run.systems]
    return clip_means(dataset, rows, np.mean(found, axis=0))[1]
