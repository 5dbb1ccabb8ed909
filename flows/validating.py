"""The cross-validation flow: a store or a public feature file to one RUN a fold and their pooled metrics."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.datasets import open_dataset
from flows.progress import TRAINING
from flows.server import served_flow
from flows.training import training_config

if TYPE_CHECKING:
    from dmd.cross_validation import CrossValidation
    from dmd.training_config import TrainingConfig

FOLDS = 5


@served_flow(name="cross-validate", persist_result=False)
def cross_validate(
    source: str,
    out: str,
    folds: int = FOLDS,
    config: str | None = None,
    task: Literal["regression", "classification"] | None = None,
    target: str | None = None,
    class_weights: Literal["none", "balanced"] | None = None,
    text: Literal["features", "frozen", "fine_tuned"] | None = None,
    objective: Literal["corrected", "reference"] | None = None,
    seed: int | None = None,
    seeds: int | None = None,
    jobs: int | None = None,
    device: Literal["auto", "cpu", "cuda"] | None = None,
    epochs: int | None = None,
) -> "CrossValidation":
    """Train and test on every fold; groups (speakers, else videos, else files) stay whole.

    Parameters
    ----------
    source : str
        A feature store, or a public feature pickle. Its given splits are not used.
    out : str
        Folder of a RUN a fold (`fold-0`, ...) and of `cross_validation.json`; what is done is not done again.
    folds : int
        Number of folds.
    config, task, target, class_weights, text, objective, seed, seeds, jobs, device, epochs
        As in `flows.train`.

    Returns
    -------
    CrossValidation

    Raises
    ------
    PipelineError
        The source, the configuration or a RUN folder cannot be used, or there are fewer groups than folds.
    """
    overrides: dict[str, Any] = {
        "task": task, "target": target, "class_weights": class_weights, "text": text, "objective": objective,
        "seed": seed, "seeds": seeds, "jobs": jobs, "device": device, "epochs": epochs,
    }  # fmt: skip
    return train_folds(source, out, folds, training_config(config, overrides))


@task(name="train-folds", cache_policy=NO_CACHE, persist_result=False)
def train_folds(source: str, out: str, folds: int, config: "TrainingConfig") -> "CrossValidation":
    """Load the dataset; train, predict and compare."""
    from dmd.cross_validation import cross_validate as over_folds

    return over_folds(open_dataset(source), Path(out), config, folds, TRAINING.get())
