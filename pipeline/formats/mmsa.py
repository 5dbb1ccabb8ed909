"""Public MMSA feature pickles (CMU-MOSI, CMU-MOSEI, CH-SIMS, and any in their layout), read once.

The pickle is converted to memory-mapped arrays beside it (or in the cache, where its folder cannot be written)
and opened from there afterwards. Reading needs little memory whatever the size: the arrays are never loaded.
Raw files hold -inf, NaN and absurd values: they become "not known" and are counted. Which side is padded
is found out, and padding rows are marked.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.dataset import Dataset, ModalityRows
from pipeline.datasets.datafolder import open_dataset, save_record, whole_folder
from pipeline.datasets.schema import FeatureSchema
from pipeline.errors import UsageError
from pipeline.files import content_sha256
from pipeline.formats.arraypickle import read_array_pickle
from pipeline.formats.mmsa_arrays import part_arrays
from pipeline.formats.mmsa_records import SPLIT_NAMES, clip_records, piece_rows, sample_index
from pipeline.formats.mmsa_rows import write_rows

CONVERSION = 1
"""Raised whenever the same pickle would be converted to something else."""
PUBLISHED = {
    "d3994fd25681f9c7ad6e9c6596a6fe9b4beb85ff7d478ba978b124139002e5f9": "MOSI aligned_50",
    "78e0f8b5ef8ff71558e7307848fc1fa929ecb078203f565ab22b9daab2e02524": "MOSI unaligned_50",
    "45eccfb748a87c80ecab9bfac29582e7b1466bf6605ff29d3b338a75120bf791": "MOSEI aligned_50",
    "ad8b23d50557045e7d47959ce6c5b955d8d983f2979c7d9b7b9226f6dd6fec1f": "MOSEI unaligned_50",
    "c9e20c13ec0454d98bb9c1e520e490c75146bfa2dfeeea78d84de047dbdd442f": "SIMS unaligned_39",
}
"""sha256 of the published files -> what they are."""
COLUMNS = {(5, 20): ("covarep", "facet"), (74, 35): ("covarep", "facet"), (33, 709): ("librosa", "openface")}
"""Widths of audio and vision -> the tools whose columns they are, in the layouts of MOSI, MOSEI and SIMS."""
LAYOUTS = {(5, 20): "MOSI", (74, 35): "MOSEI", (33, 709): "SIMS"}
ORIGINS = {
    "MOSI": ("the COVAREP columns of CMU-MOSI", "the FACET columns of CMU-MOSI"),
    "MOSEI": ("the COVAREP columns of CMU-MOSEI", "the FACET columns of CMU-MOSEI"),
    "SIMS": ("the librosa columns of CH-SIMS", "the OpenFace columns of CH-SIMS"),
}
TEXT_ORIGIN = "the word-piece rows of an MMSA feature file"
KEYS = {"text": "text", "audio": "audio", "face": "vision"}
"""Our modality -> its key in the file."""


def read_mmsa(path: Path, cache: Path | None = None) -> Dataset:
    """Read an MMSA feature pickle.

    Parameters
    ----------
    path : Path
        The pickle.
    cache : Path, optional
        Folder for the converted arrays; by default they go beside the pickle, or into the user's cache folder
        where that cannot be written.

    Returns
    -------
    Dataset
        One sample a row of the file. ``notes`` has `published` (what file it is, if it is a published one),
        `layout` and, by modality, `minus_inf`, `plus_inf`, `nan`, `absurd`, `zero_rows` and `padding`.

    Raises
    ------
    UsageError
        No such file, no pickle of arrays, one that tries to load anything else, or not in this layout.
    StoreError
        The converted arrays cannot be written.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; correct the path")
    status = path.stat()
    stamp = {"conversion": CONVERSION, "bytes": status.st_size, "modified_ns": status.st_mtime_ns}
    folder = converted_folder(path, cache)
    found = open_dataset(folder, stamp)
    if found is None:
        _convert(path, folder, stamp)
        found = open_dataset(folder, stamp)
        assert found is not None
    return found


def converted_folder(path: Path, cache: Path | None = None) -> Path:
    """Return where the converted arrays of a pickle are kept."""
    if cache is None and os.access(path.resolve().parent, os.W_OK):
        return path.with_name(f"{path.name}.arrays")
    base = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "dmd-video"
    return base / f"{path.stem}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}.arrays"


def _convert(path: Path, folder: Path, stamp: Mapping[str, Any]) -> None:
    held = _splits(path, read_array_pickle(path))
    sha256 = content_sha256(path)

    def fill(partial: Path) -> None:
        splits = {split: part_arrays(path, split, part, partial) for split, part in held.items()}
        notes: dict[str, Any] = {"published": PUBLISHED.get(sha256)}
        modalities: dict[str, ModalityRows] = {}
        for modality, key in KEYS.items():
            found = write_rows(partial, modality, path, {name: part.get(key) for name, part in splits.items()},
                               {name: part.get("text_bert") for name, part in splits.items()})  # fmt: skip
            modalities[modality] = found.rows
            notes[modality] = found.counts
        published = notes["published"]
        widths = (modalities["text"].width, modalities["audio"].width, modalities["face"].width)
        schema = layout_schema(widths, published.split()[0] if published else None)
        records, labels = clip_records(path, splits)
        notes["labels"] = labels
        dataset = Dataset(
            name=published or path.name,
            clips=records,
            samples=sample_index(len(records), modalities),
            modalities=modalities,
            pieces=piece_rows(path, splits),
            schema=schema,
            source_sha256=sha256,
            splits_are_published=True,
            notes=notes,
        )
        _check(path, dataset)
        save_record(dataset, partial, dict(stamp))

    whole_folder(folder, fill)


def _splits(path: Path, content: Any) -> dict[str, dict[str, Any]]:
    """Return the parts of the file under our split names."""
    if not isinstance(content, dict):
        raise UsageError(
            f"{path}: holds a {type(content).__name__}; a feature file is a dict of train, valid and test"
        )
    found = {
        SPLIT_NAMES[name]: part
        for name, part in content.items()
        if isinstance(name, str) and name in SPLIT_NAMES and isinstance(part, dict)
    }
    if not found:
        keys = ", ".join(str(key)[:40] for key in list(content)[:6])
        raise UsageError(f"{path}: has none of train, valid and test; its keys are {keys}")
    return found


def layout_schema(widths: tuple[int, int, int], dataset: str | None = None) -> FeatureSchema:
    """Return what the columns of a file of these widths are called.

    Parameters
    ----------
    widths : tuple of int
        Of text, audio and vision.
    dataset : str, optional
        `MOSI`, `MOSEI` or `SIMS`, where it is known to be the published file.
    """
    tools = COLUMNS.get(widths[1:], ("audio", "vision"))
    stems = zip(KEYS, ("bert", *tools), widths, strict=True)
    names = {modality: tuple(f"{stem}_{column:03d}" for column in range(width)) for modality, stem, width in stems}
    origins = {"text": TEXT_ORIGIN}
    if dataset is not None:
        origins["audio"], origins["face"] = ORIGINS[dataset]
    return FeatureSchema(names, origins)


def _check(path: Path, dataset: Dataset) -> None:
    counts = {m: len(part.offsets) - 1 for m, part in dataset.modalities.items() if part.width or len(part.real)}
    wrong = [f"{m} {count}" for m, count in counts.items() if count != len(dataset.clips)]
    if wrong or not counts:
        raise UsageError(f"{path}: {len(dataset.clips)} ids, but samples: {', '.join(wrong) or 'none'}")
