"""Random batches for the model's tests."""

import torch

from dmd.config import MODALITIES, DmdConfig, Dropouts
from pipeline.batch import Batch, Modality

DIMS = {"text": 7, "audio": 5, "face": 6}


def small_config(**changes) -> DmdConfig:
    """A model of a few thousand parameters."""
    lengths = {f"{name}_length": 12 for name in MODALITIES}
    base = {
        **{f"{name}_dim": dim for name, dim in DIMS.items()},
        **lengths,
        "text_kernel": 3,
        "audio_kernel": 1,
        "face_kernel": 2,
        "width": 8,
        "heads": 2,
        "levels": 2,
        "dropouts": Dropouts(),
    }
    return DmdConfig(**{**base, **changes})


def uneven_config(**changes) -> DmdConfig:
    """Modalities on grids of their own."""
    return small_config(**{"aligned": False, "text_length": 10, "audio_length": 25, "face_length": 17, **changes})


def random_batch(config: DmdConfig, counts: list[int], seed: int = 0, labels: bool = True) -> Batch:
    """Samples with the given numbers of real rows, padded at the end; masked places hold nonsense."""
    generator = torch.Generator().manual_seed(seed)
    parts = {}
    for name in MODALITIES:
        length = config.length(name)
        values = torch.randn(len(counts), length, config.dim(name), generator=generator)
        share = length / config.length("text")
        mask = torch.arange(length) < torch.tensor([max(1, round(n * share)) for n in counts])[:, None]
        parts[name] = Modality(values, mask)
    made = None
    if labels and config.task == "regression":
        made = torch.randn(len(counts), generator=generator)
    elif labels:
        made = torch.randint(config.classes, (len(counts),), generator=generator)
    return Batch(**parts, labels=made)


def without(batch: Batch, *names: str) -> Batch:
    """The same batch with some modalities missing as a whole."""
    parts = {}
    for name in MODALITIES:
        modality = getattr(batch, name)
        mask = torch.zeros_like(modality.mask) if name in names else modality.mask
        parts[name] = Modality(modality.values, mask)
    return Batch(**parts, labels=batch.labels)


def selected(batch: Batch, index: list[int]) -> Batch:
    """Some samples of a batch."""
    parts = {n: Modality(getattr(batch, n).values[index], getattr(batch, n).mask[index]) for n in MODALITIES}
    return Batch(**parts, labels=None if batch.labels is None else batch.labels[index])
