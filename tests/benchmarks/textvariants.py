"""What is trained on real text: the default model on words, and its ablations on three views of the same words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WORDS = 24
"""Rows of a segment at most: one utterance in thirteen has more and becomes several segments. Half the cost of 50."""
SHORT: dict[str, Any] = {
    "baselines": False, "tensorboard": False, "early_stop": 3, "patience": 1, "epochs": 30, "batch_size": 48,
    "learning_rate": 1e-3, "model": {"length": WORDS},
}  # fmt: skip
"""The defaults, but for what makes a training short (11 CPU-s): short segments, large batches and a rate to match, an
end three epochs after the best."""
SMALL: dict[str, Any] = {**SHORT, "model": {"width": 16, "heads": 4, "levels": 1, "length": WORDS}}
"""For three views, whose training has twelve transformers in place of two."""
SLOW = 5e-4
"""The rate of `views_reference`: with it and no modality dropped in training (`views_whole_slow`) the default differs
from that one by its objective alone."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to train."""

    views: bool = False
    """Three views of the words (`tests.benchmarks.textviews`) in place of the words alone."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `TrainingConfig`."""


def _ablated(**model: Any) -> Variant:
    return Variant(True, {**SMALL, "model": {**SMALL["model"], **model}})


VARIANTS: Mapping[str, Variant] = {
    "corrected": Variant(settings=SHORT),
    "views": _ablated(),
    "views_without_homo": _ablated(homo_distillation=False),
    "views_without_hetero": _ablated(hetero_distillation=False),
    "views_without_both": _ablated(homo_distillation=False, hetero_distillation=False),
    "views_without_decoupling": _ablated(decoupling=False),
    "views_without_cross_attention": _ablated(cross_attention=False),
    "views_hetero_apart": _ablated(hetero_representation="apart"),
    "views_together": _ablated(hetero_representation="together", homo_representation="together"),
    "views_slow": Variant(True, {**SMALL, "learning_rate": SLOW}),
    "views_whole": _ablated(modality_dropout=0.0),
    "views_whole_slow": Variant(
        True, {**SMALL, "learning_rate": SLOW, "model": {**SMALL["model"], "modality_dropout": 0.0}}
    ),
    "views_reference": Variant(True, {**SMALL, "objective": "reference", "accumulate": 1, "learning_rate": SLOW}),
    "views_reference_loop": Variant(True, {**SMALL, "objective": "reference", "epochs": 100, "early_stop": 10}),
}
