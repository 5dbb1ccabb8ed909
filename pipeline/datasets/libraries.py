"""A store for other libraries: a torch `Dataset` and a Hugging Face one."""

from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, from_numpy
from torch.utils.data import Dataset as TorchDataset

from pipeline.datasets.schema import MODALITIES
from pipeline.errors import UsageError
from pipeline.store import FeatureStore

if TYPE_CHECKING:
    import datasets


class ClipDataset(TorchDataset[dict[str, Any]]):
    """Clips of a store for a `torch.utils.data.DataLoader`; each is read from its file when it is asked for.

    An item is a dict: `clip_id`, `label`, `split` (str or None), and for each modality its rows [L, D] float32 under
    its name and what is known of them [L, D] bool under `<modality>_valid`. Clips differ in L: give the loader a
    `collate_fn` that pads, or a batch size of None.

    Parameters
    ----------
    store : FeatureStore
    split : str, optional
        Only the clips of this split.
    """

    def __init__(self, store: FeatureStore, split: str | None = None) -> None:
        self.store = store
        self.ids = sorted(h.clip_id for h in store.headers() if split is None or h.info.split == split)
        if not self.ids:
            where = "" if split is None else f" of split {split!r}"
            raise UsageError(f"{store.path}: holds no clip{where}; extract some, or name a split that it has")

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        clip = self.store.load(self.ids[index])
        found: dict[str, str | Tensor | None] = {
            "clip_id": clip.clip_id,
            "label": clip.info.label,
            "split": clip.info.split,
        }
        for modality in MODALITIES:
            rows = getattr(clip, modality)
            found[modality] = from_numpy(np.array(rows.values))
            found[f"{modality}_valid"] = from_numpy(np.array(rows.valid))
        return found


def to_dataset(store: FeatureStore) -> "datasets.Dataset":
    """Return a store as a Hugging Face dataset, a row a word with named columns (`audio.pitch_semitones`).

    Raises
    ------
    UsageError
        The package `datasets` is not installed, or the store has no row.
    """
    try:
        import datasets
    except ImportError:
        raise UsageError(
            "to_dataset needs a package that is not installed; run: pip install 'dmd-video[hf]'"
        ) from None
    from pipeline.datasets.frames import word_table

    return datasets.Dataset(word_table(store.clips()).replace_schema_metadata(None))
