"""A checkpoint of the published code becomes a RUN, which evaluates and scores as any other."""

from pathlib import Path

import numpy as np

from dmd.measures.metrics import MOSI_RANGE, SIMS_RANGE
from dmd.reference.shape import config_from_state
from dmd.reference.state import published_tensors, system_from_reference
from dmd.runs.folder import MODEL, NORMALISER, seed_folder, write_run
from dmd.runs.record import RunRecord, SeedRecord
from dmd.targets import NEUTRAL_BANDS, Targets
from dmd.training import library_versions
from pipeline.datasets.normaliser import Normaliser, NormaliserConfig, Scaling
from pipeline.datasets.schema import FeatureSchema
from pipeline.errors import UsageError
from pipeline.files import content_sha256, make_folder, write_whole
from pipeline.formats.mmsa import LAYOUTS, layout_schema

SEED = 0


def import_checkpoint(path: Path, out: Path) -> RunRecord:
    """Import a published ``.pth`` file.

    The model's shape is read off its tensors. It scores under the reference objective, without masks and without
    normalisation, as the published code does; its scores have no interval, because nothing of its validation
    split is known.

    Parameters
    ----------
    path : Path
        A plain state dict, or one with ``dmd.*``, ``homo.*``, ``hetero.*``.
    out : Path
        The RUN folder; must be new or empty.

    Raises
    ------
    UsageError
        No such file, no state dict of tensors, not of the published model, or a folder that is in use.
    FeatureMismatchError
        Tensors are missing or left over; the message names them.
    """
    from safetensors.torch import save

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is there already; choose another --out")
    state = published_tensors(path)
    config = config_from_state(state)
    system = system_from_reference(state, config)
    widths = (config.text_dim, config.audio_dim, config.face_dim)
    layout = LAYOUTS.get(widths[1:])
    low, high = SIMS_RANGE if layout == "SIMS" else MOSI_RANGE
    schema = layout_schema(widths, layout)
    folder = make_folder(out) / seed_folder(SEED)
    tensors = {name: tensor.detach().contiguous() for name, tensor in system.state_dict().items()}
    write_whole(make_folder(folder) / MODEL, save(tensors))
    unscaled(schema).save(out / NORMALISER)
    record = RunRecord(
        name=path.name,
        targets=Targets(task="regression", low=low, high=high, neutral_band=NEUTRAL_BANDS[low, high]),
        model=config,
        features=schema.to_json(),
        removed_columns={},
        seeds=(SeedRecord(seed=SEED, epochs=0, best_epoch=0, valid_loss=None),),
        calibration=None,
        out_of_domain={},
        style=None,
        splits={},
        training={"objective": "reference"},
        metrics={},
        provenance={"imported": path.name, "source_sha256": content_sha256(path), "versions": library_versions()},
    )
    write_run(out, record)
    return record


def unscaled(schema: FeatureSchema) -> Normaliser:
    """Return the normaliser that leaves every column as it is."""
    scalings = {}
    for modality, names in schema.names.items():
        ones = np.ones(len(names))
        scalings[modality] = Scaling(
            tuple(names), ones > 0, ones * 0, ones, ones * -np.inf, ones * np.inf, limit=np.inf
        )
    return Normaliser(scalings, NormaliserConfig(method="none"))
