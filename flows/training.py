"""The training flow: a store or a public feature file to a RUN folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.datasets import open_dataset, with_recorded_splits
from flows.progress import TRAINING
from flows.server import served_flow
from pipeline.errors import ModelMissingError, UsageError
from pipeline.wrongsettings import wrong_settings

if TYPE_CHECKING:
    from dmd.training import RunSummary
    from dmd.training_config import TrainingConfig


def training_config(config: str | None, overrides: dict[str, Any]) -> "TrainingConfig":
    """Return the training configuration of a YAML file, with given values laid over it.

    Raises
    ------
    UsageError
        The file cannot be read, or a key or a value does not exist.
    """
    from pydantic import ValidationError

    from dmd.training_config import TrainingConfig
    from flows.settings_file import read_settings

    given = {} if config is None else read_settings(Path(config))
    try:
        merged = {**given, **{key: value for key, value in overrides.items() if value is not None}}
        return TrainingConfig.model_validate(_with_text_model(merged))
    except ValidationError as error:
        raise UsageError(f"{config or 'training options'}: {wrong_settings(error)}") from None


def _with_text_model(given: dict[str, Any]) -> dict[str, Any]:
    """Replace the name of a BERT that is to stand inside the model by its folder; by default the embedded one.

    Raises
    ------
    ModelMissingError
        No folder and no model of that name on this machine.
    """
    if given.get("text", "features") == "features":
        return given
    from extractors.text import EMBEDDED_MODEL, text_model_folder

    name = str(given.get("text_model") or EMBEDDED_MODEL)
    folder = text_model_folder(name)
    if folder is None:
        raise ModelMissingError(f"text_model {name!r}: no such folder, and no model of that name is on this machine; "
                                f"run `dmd models fetch {name}`")  # fmt: skip
    return {**given, "text_model": folder}


@served_flow(name="train", persist_result=False)
def train(
    source: str,
    out: str,
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
) -> "RunSummary":
    """Train DMD; a training that was killed goes on where it stopped.

    Parameters
    ----------
    source : str
        A feature store, or a public feature pickle.
    out : str
        The RUN folder.
    config : str, optional
        YAML with the fields of `dmd.training_config.TrainingConfig`; the options below override it.
    task : str, optional
        `regression` (the default) or `classification`; never guessed from the labels.
    target : str, optional
        Which label of the clips; public files have several.
    class_weights : str, optional
        Classification: `none` (the default) or `balanced`.
    text : str, optional
        `features` (the default), or a BERT inside the model that reads the word pieces, `frozen` or `fine_tuned`;
        which one says the configuration's `text_model`, by default the embedded one.
    objective : str, optional
        `corrected` (the default) or `reference`.
    seed, seeds, jobs : int, optional
        First seed, number of seeds, seeds trained at a time.
    device : str, optional
    epochs : int, optional
        Most epochs.

    Returns
    -------
    RunSummary

    Raises
    ------
    PipelineError
        The source, the configuration or the RUN folder cannot be used.
    """
    overrides = {
        "task": task, "target": target, "class_weights": class_weights, "text": text, "objective": objective,
        "seed": seed, "seeds": seeds, "jobs": jobs, "device": device, "epochs": epochs,
    }  # fmt: skip
    return train_and_evaluate(source, out, training_config(config, overrides))


@task(name="train-and-evaluate", cache_policy=NO_CACHE, persist_result=False)
def train_and_evaluate(source: str, out: str, config: "TrainingConfig") -> "RunSummary":
    """Load the dataset, train every seed, evaluate, and look at what was learned (for the run's page)."""
    from dmd.runs.checkpoint import load_run
    from dmd.training import train_run
    from flows.pages import write_look

    dataset = open_dataset(source)
    summary = train_run(dataset, Path(out), config, TRAINING.get())
    if summary.trained:
        run = load_run(out, config.device)
        write_look(run, with_recorded_splits(dataset, run.record.splits))
    return summary
