"""A trained model as it is loaded from its folder (`dmd.runs.folder`)."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import ModelHubMixin
from numpy.typing import NDArray

from dmd.device import repeatable, torch_device
from dmd.model_shape import input_shape
from dmd.prediction import clip_means, predict_rows
from dmd.runs.folder import EVALUATION, HISTORY, MODEL, NORMALISER, RUN, read_record, seed_folder
from dmd.runs.weights_file import demand_shapes
from dmd.system import DmdSystem
from pipeline.dataset import Dataset, Rows
from pipeline.datasets.collate import Collator
from pipeline.datasets.normaliser import Normaliser, load_normaliser
from pipeline.errors import StoreError
from pipeline.files import make_folder
from pipeline.untrusted.jsontext import read_json

Floats = NDArray[np.float64]


class TrainedRun(ModelHubMixin, library_name="dmd-video", tags=["multimodal-sentiment-analysis"]):
    """A trained model: its record, its normaliser, its seeds' weights.

    `save_pretrained(folder)` writes what scoring needs, `from_pretrained(folder or hub id)` reads it back;
    `push_to_hub` publishes it.

    Parameters
    ----------
    path : Path or str
        The RUN folder.
    device : str
        `auto`, `cpu` or `cuda`.

    Raises
    ------
    StoreError
        The folder holds no finished run, or one of another version.
    """

    def __init__(self, path: Path | str, device: str = "auto") -> None:
        self.path = Path(path)
        self.record = read_record(self.path)
        self.device = torch_device(device)

    @cached_property
    def normaliser(self) -> Normaliser:
        """Raw features to model inputs, fitted on the training split."""
        return load_normaliser(self.path / NORMALISER)

    @cached_property
    def systems(self) -> tuple[DmdSystem, ...]:
        """The model of each seed, on the device, in evaluation mode."""
        return tuple(self._system(seed.seed) for seed in self.record.seeds)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities the model was trained with."""
        return self.record.model.modalities

    def demand_fit(self, dataset: Dataset) -> None:
        """Refuse features the model was not trained on.

        Raises
        ------
        FeatureMismatchError
            Lists the names that differ.
        """
        self.record.feature_schema.demand(dataset.schema, self.modalities, dataset.name)

    def collator(
        self, dataset: Dataset, modalities: Sequence[str] | None = None, sources: Mapping[str, Rows] | None = None
    ) -> Collator:
        """Return what makes batches of a dataset for this model; by default of all modalities it knows."""
        shape = input_shape(self.record.model)
        kept = tuple(m for m in shape.modalities if modalities is None or m in modalities)
        return Collator(dataset, self.normaliser, replace(shape, modalities=kept), sources=sources)

    def predict(self, dataset: Dataset, rows: Rows, modalities: Sequence[str] | None = None) -> Floats:
        """Return the prediction of every seed [S, k] or [S, k, C] for samples of a dataset.

        Parameters
        ----------
        dataset : Dataset
            Whose features fit (`demand_fit`).
        rows : ndarray [shape=(k,)]
        modalities : sequence of str, optional
            Those that the model may look at; by default all it knows.
        """
        collator = self.collator(dataset, modalities)
        with repeatable(self.device, int(self.record.training.get("threads", 1))):
            return np.stack([predict_rows(system, collator, rows, self.device) for system in self.systems])

    def predict_clips(
        self, dataset: Dataset, rows: Rows, modalities: Sequence[str] | None = None
    ) -> tuple[Rows, Floats]:
        """Return the clips of these samples, and every seed's prediction of them [S, c] or [S, c, C].

        A clip's prediction is the mean of its segments', weighted by their rows.
        """
        found = self.predict(dataset, rows, modalities)
        means = [clip_means(dataset, rows, values) for values in found]
        return means[0][0], np.stack([values for _, values in means])

    def evaluation(self) -> dict[str, Any]:
        """Return what RUN/evaluation.json holds; empty if there is none."""
        path = self.path / EVALUATION
        found: dict[str, Any] = read_json(path) if path.is_file() else {}
        return found

    def _system(self, seed: int) -> DmdSystem:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        path = self.path / seed_folder(seed) / MODEL
        demand_shapes(path, self.record.model)
        try:
            with torch.random.fork_rng(devices=[]):  # the weights it begins with are thrown away
                system = DmdSystem(self.record.model)
            found = load_file(path)
            self._demand_names(path, set(found), set(system.state_dict()))
            system.load_state_dict(found)
        except (OSError, SafetensorError, RuntimeError, KeyError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise StoreError(f"{path}: is damaged or missing ({reason}); train again or copy the run anew") from None
        return system.to(self.device).eval()

    def _demand_names(self, path: Path, found: set[str], needed: set[str]) -> None:
        """Refuse weights whose parameters have other names than this version's."""
        if found == needed:
            return
        other = [*(f"{name} is unknown" for name in sorted(found - needed)),
                 *(f"{name} is missing" for name in sorted(needed - found))]  # fmt: skip
        shown = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        versions = self.record.provenance.get("versions", {})
        raise StoreError(
            f"{path}: was trained by another version of this program ({shown}); train again into a new folder: `dmd "
            f"train SOURCE --out NEW` (it was trained on {self.record.name!r} with version "
            f"{versions.get('dmd-video', 'unknown')})"
        )

    def _save_pretrained(self, save_directory: Path) -> None:
        for file in (
            RUN,
            NORMALISER,
            HISTORY,
            EVALUATION,
            *(f"{seed_folder(s.seed)}/{MODEL}" for s in self.record.seeds),
        ):
            if (self.path / file).is_file():
                make_folder((save_directory / file).parent)
                shutil.copyfile(self.path / file, save_directory / file)

    @classmethod
    def _from_pretrained(
        cls, *, model_id: str, revision: str | None, cache_dir: str | Path | None, force_download: bool,
        local_files_only: bool, token: str | bool | None, device: str = "auto", **_: Any,
    ) -> "TrainedRun":  # fmt: skip
        if Path(model_id).is_dir():
            return cls(model_id, device)
        from huggingface_hub import snapshot_download

        folder = snapshot_download(
            model_id, revision=revision, cache_dir=cache_dir, force_download=force_download,
            local_files_only=local_files_only, token=token,
        )  # fmt: skip
        return cls(folder, device)


def load_run(path: Path | str, device: str = "auto") -> TrainedRun:
    """Load a trained model; raises as `TrainedRun`."""
    return TrainedRun(path, device)
