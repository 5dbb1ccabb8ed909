"""Export: a store in the format of another tool."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.files import make_folder
from pipeline.store import FeatureStore

Report = dict[str, Any]


def export(store: FeatureStore, out: Path, form: str) -> Report:
    """Write a store as `mmsa`, `csd`, `whisperx`, `textgrid` or `parquet`.

    Returns
    -------
    dict
        What was written: `format`, `out`, `clips`, and what the format has beside (`samples`, `rows`, `left_out`).

    Raises
    ------
    UsageError
        No such format, or nothing of the store can be written in it.
    StoreError
        The store is damaged, or the output cannot be written.
    """
    if form not in WRITERS:
        raise UsageError(f"--format {form!r}: choose one of {', '.join(WRITERS)}")
    if not len(store):
        raise UsageError(f"{store.path}: holds no clip; see {store.path / 'failures.csv'} for what failed and why")
    if not out.resolve().parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.resolve().parent}; make it first")
    return {"format": form, "out": str(out), "clips": len(store), **WRITERS[form](store, out)}


def _mmsa(store: FeatureStore, out: Path) -> Report:
    from pipeline.formats.mmsa_write import write_mmsa

    done = write_mmsa(store.clips(), out, _splits(store))
    return {"samples": dict(done.samples), "left_out": done.unlabelled}


def _splits(store: FeatureStore) -> dict[str, str]:
    """Return the split of every clip: the given ones, else whole groups divided as for training."""
    from pipeline.dataset import dataset_from_clips
    from pipeline.datasets.splits import SplitConfig, with_splits

    given = {header.clip_id: header.info.split for header in store.headers()}
    if any(given.values()):
        return {clip_id: split for clip_id, split in given.items() if split}
    divided = with_splits(dataset_from_clips(store.clips(), str(store.path)), SplitConfig())
    return {clip.clip_id: clip.split for clip in divided.clips if clip.split}


def _csd(store: FeatureStore, out: Path) -> Report:
    from pipeline.formats.csd import write_csd

    return {"files": [str(path) for path in write_csd(store.clips(), out, store.path.name)]}


def _parquet(store: FeatureStore, out: Path) -> Report:
    from pipeline.datasets.frames import write_parquet

    return {"rows": write_parquet(store.clips(), out)}


def _whisperx(store: FeatureStore, out: Path) -> Report:
    from pipeline.formats.whisperx_write import write_whisperx

    return _one_each(store, out, ".json", write_whisperx)


def _textgrid(store: FeatureStore, out: Path) -> Report:
    from pipeline.formats.textgrid_write import write_textgrid

    return _one_each(store, out, ".TextGrid", write_textgrid)


def _one_each(store: FeatureStore, out: Path, ending: str, write: Callable[[Any, Path], None]) -> Report:
    """Write one file a clip that has words; a clip without any has nothing to say in these formats."""
    from pipeline.formats.filenames import file_name_of

    make_folder(out)
    written = 0
    for clip in store.clips():
        if any(word.text and word.rung != "untimed" for word in clip.words):
            write(clip, out / f"{file_name_of(clip.clip_id)}{ending}")
            written += 1
    if not written:
        raise UsageError(f"{store.path}: no clip has words with times; give the clips transcripts and extract again")
    return {"files": written, "left_out": len(store) - written}


WRITERS: dict[str, Callable[[FeatureStore, Path], Report]] = {
    "mmsa": _mmsa, "csd": _csd, "whisperx": _whisperx, "textgrid": _textgrid, "parquet": _parquet,
}  # fmt: skip
