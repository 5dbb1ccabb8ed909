"""What `train` and `evaluate` read: a store, or a public feature file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import StoreError, UsageError

if TYPE_CHECKING:
    from dmd.runs.text_reading import TextReading
    from pipeline.dataset import Dataset

PICKLES = (".pkl", ".pickle")


def is_stored(source: str) -> bool:
    """Whether SOURCE holds features already: a store or a feature pickle."""
    return Path(source).suffix.lower() in PICKLES or (Path(source) / "store.json").is_file()


def check_source(source: str) -> None:
    """Refuse a SOURCE that holds no features, without reading it.

    Raises
    ------
    UsageError
        It is neither a store nor a feature pickle.
    """
    if not Path(source).exists():
        raise UsageError(f"{source}: no such file or folder; correct the path")
    if not is_stored(source):
        raise UsageError(
            f"{source}: is neither a feature store nor a feature pickle (.pkl); make a store of videos with "
            f"`dmd extract {source} --out STORE` and give that"
        )


def check_model(model: Path) -> None:
    """Refuse a folder that holds no trained model.

    Raises
    ------
    UsageError
        There is none.
    StoreError
        Its record is damaged or of another version.
    """
    if not (model / "run.json").is_file():
        raise UsageError(f"{model}: holds no trained model; make one with `dmd train SOURCE --out {model}`")
    from dmd.runs.folder import read_record

    read_record(model)


def chosen_model(model: str | None) -> str:
    """Return the RUN folder to score with: the one that is named, by default the starter model.

    Raises
    ------
    UsageError
        There is no trained model in the folder.
    ModelMissingError
        The starter model is missing or damaged.
    StoreError
        The record of the model is damaged or of another version.
    """
    from dmd.runs.starter import STARTER_NAME, starter_run

    if model in (None, STARTER_NAME):
        return str(starter_run())
    check_model(Path(str(model)))
    return str(model)


def open_dataset(source: str, reading: "TextReading | None" = None) -> "Dataset":
    """Return the dataset that SOURCE names; the words of a store are read anew for a model that wants that.

    Raises
    ------
    UsageError
        It is neither a store nor a feature pickle, or a store without clips.
    StoreError
        The store is damaged or of another version.
    """
    check_source(source)
    path = Path(source)
    if path.suffix.lower() in PICKLES:
        from pipeline.formats.mmsa import read_mmsa

        return read_mmsa(path)
    from pipeline.dataset import dataset_from_clips
    from pipeline.store import FeatureStore

    store = FeatureStore(path)
    damaged = store.damaged()
    if damaged:  # a dataset that lacks a clip without saying so would be another dataset
        raise StoreError(f"{source}: {len(damaged)} of {len(store)} files are damaged, the first: {damaged[0]}")
    if not len(store):
        raise UsageError(f"{source}: holds no clip; see {path / 'failures.csv'} for what failed and why")
    if reading is None:
        return dataset_from_clips(store.clips(), name=source)
    from flows.reading import read_for

    return dataset_from_clips(read_for(reading, store.clips()), name=source)


def with_recorded_splits(dataset: "Dataset", recorded: Mapping[str, Sequence[str]]) -> "Dataset":
    """Return the dataset with the splits that a run recorded, if it states none of its own."""
    if dataset.split_names:
        return dataset
    split_of = {clip_id: split for split, ids in recorded.items() for clip_id in ids}
    return dataset.with_splits([split_of.get(clip.clip_id) for clip in dataset.clips])
