"""A dataset on disk: plain .npy files that are memory-mapped when opened, and one JSON record beside them."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.dataset import ClipRecord, Dataset, ModalityRows, PieceRows, SampleIndex
from pipeline.datasets.schema import FeatureSchema
from pipeline.errors import StoreError
from pipeline.files import PARTIAL_PREFIX, PRIVATE_FILE, make_folder, sync_folder
from pipeline.untrusted.jsontext import parse_json
from pipeline.untrusted.textfile import read_bytes

FORMAT = 1
RECORD = "dataset.json"
MAX_RECORD_BYTES = 512 << 20
"""CMU-MOSEI takes 14 MB."""
INDEX = ("clip", "segment", "weight", "start_s", "end_s")
ROWS = ("values", "real", "offsets", "present")


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Write a dataset as a folder, whole or not at all; one that is there already is replaced.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """

    def fill(partial: Path) -> None:
        for modality, part in dataset.modalities.items():
            for name in ROWS:
                np.save(partial / f"{modality}.{name}.npy", getattr(part, name))
        save_record(dataset, partial)

    whole_folder(folder, fill)


def save_record(dataset: Dataset, folder: Path, stamp: Any = None) -> None:
    """Write everything but the rows of the modalities."""
    for name in INDEX:
        np.save(folder / f"index.{name}.npy", getattr(dataset.samples, name))
    pieces = dataset.pieces
    if pieces is not None:
        np.save(folder / "pieces.ids.npy", pieces.ids)
        np.save(folder / "pieces.offsets.npy", pieces.offsets)
        if pieces.word_index is not None:
            np.save(folder / "pieces.word_index.npy", pieces.word_index)
    record = {
        "format": FORMAT,
        "stamp": stamp,
        "name": dataset.name,
        "clips": [asdict(clip) for clip in dataset.clips],
        "modalities": list(dataset.modalities),
        "schema": dataset.schema.to_json(),
        "source_sha256": dataset.source_sha256,
        "splits_are_published": dataset.splits_are_published,
        "notes": dict(dataset.notes),
    }
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False), "utf-8", "surrogatepass")


def open_dataset(folder: Path, stamp: Any = None) -> Dataset | None:
    """Open a saved dataset, its arrays memory-mapped.

    Parameters
    ----------
    folder : Path
    stamp : JSON value, optional
        What the folder must have been made of.

    Returns
    -------
    Dataset or None
        None if nothing is there, or what is there was made of something else or by another version.

    Raises
    ------
    StoreError
        The folder is damaged.
    """
    if not (folder / RECORD).is_file():
        return None
    try:
        record = parse_json(read_bytes(folder / RECORD, MAX_RECORD_BYTES).decode("utf-8", "surrogatepass"))
        if record["format"] != FORMAT or record["stamp"] != stamp:
            return None
        arrays = {file.stem: _mapped(file) for file in folder.glob("*.npy")}
        pieces = None
        if "pieces.ids" in arrays:
            pieces = PieceRows(arrays["pieces.ids"], arrays.get("pieces.word_index"), arrays["pieces.offsets"])
        return Dataset(
            name=record["name"],
            clips=tuple(ClipRecord(**{**clip, "flags": tuple(clip["flags"])}) for clip in record["clips"]),
            samples=SampleIndex(*(arrays[f"index.{name}"] for name in INDEX)),
            modalities={m: ModalityRows(*(arrays[f"{m}.{name}"] for name in ROWS)) for m in record["modalities"]},
            pieces=pieces,
            schema=FeatureSchema.from_json(record["schema"]),
            source_sha256=record["source_sha256"],
            splits_are_published=record["splits_are_published"],
            notes=record["notes"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{folder}: is damaged ({error}); delete the folder and run again") from None


def whole_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder by rename: it is there whole, or not at all.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    partial = folder.with_name(f"{PARTIAL_PREFIX}{os.getpid()}-{folder.name}")
    try:
        make_folder(folder.parent)
        shutil.rmtree(partial, ignore_errors=True)
        make_folder(partial)
        fill(partial)
        for file in partial.iterdir():
            file.chmod(PRIVATE_FILE)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror}); free some space or check permissions"
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _mapped(file: Path) -> NDArray[Any]:
    found: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    # Small arrays are read whole: each memory map costs a file descriptor, and indexing it an object.
    return found if found.nbytes > 1 << 24 else np.array(found)
