"""What the paper reports (Li, Wang, Cui, CVPR 2023, tables 1 and 2), beside which a run on a public file is set."""

from collections.abc import Mapping
from types import MappingProxyType

PAPER: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "MOSI aligned_50": {"acc7": 0.456, "acc2_non0": 0.860, "f1_non0": 0.860},
        "MOSI unaligned_50": {"acc7": 0.419, "acc2_non0": 0.835, "f1_non0": 0.835},
        "MOSEI aligned_50": {"acc7": 0.545, "acc2_non0": 0.866, "f1_non0": 0.866},
        "MOSEI unaligned_50": {"acc7": 0.546, "acc2_non0": 0.848, "f1_non0": 0.847},
    }
)
"""Published file -> metric -> share. Aligned: the rows with BERT, which is what these files' text holds."""


def beside_paper(
    published: str | None, seeds: Mapping[str, Mapping[str, float | None]]
) -> dict[str, dict[str, float | None]]:
    """Return our mean and deviation over seeds beside the paper's number; empty for any other data.

    Parameters
    ----------
    published : str or None
        Which public file it is.
    seeds : mapping
        Metric -> `mean` and `deviation` over seeds.
    """
    numbers = PAPER.get(published or "", {})
    return {
        metric: {"paper": value, "mean": seeds[metric]["mean"], "deviation": seeds[metric]["deviation"]}
        for metric, value in numbers.items()
        if metric in seeds
    }
