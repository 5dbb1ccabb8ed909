"""Datasets of an HDF5 file from a stranger: of the file itself, and no larger than it can hold."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.untrusted.memory_bound import disk_bytes

FREE_BYTES = 64 << 20
UNFOLDS = 64
"""The datasets of a file hold so many times its own bytes, and `FREE_BYTES` besides: a sequence is written as it is
or compressed some times; a dataset that was never written takes no byte, whatever it declares."""


class DatasetRoom:
    """Reads datasets as long as they fit into what the file can hold in sum; one that is read again counts once.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._left = UNFOLDS * disk_bytes(path) + FREE_BYTES
        self._seen: set[str] = set()

    def read(self, dataset: Any) -> NDArray[Any]:
        """Return the values of a dataset.

        Raises
        ------
        ValueError
            They lie in other files, are neither numbers nor texts of one length, or too many.
        """
        _own(dataset)
        if dataset.dtype.kind not in "fiubS" or dataset.ndim > 2:
            raise ValueError(f"{dataset.name!r} is {dataset.dtype} of shape {dataset.shape}")
        # Libraries ask for a whole chunk to read one value of it.
        values = max(dataset.size, math.prod(dataset.chunks or ()))
        if dataset.name not in self._seen:
            self._seen.add(dataset.name)
            self._left -= values * dataset.dtype.itemsize
        if self._left < 0:
            raise ValueError(f"{dataset.name!r} declares shape {dataset.shape}, more than the file can hold")
        return np.asarray(dataset)


def text(dataset: Any) -> str:
    """Return the one text that a dataset holds; raises ValueError where it does not."""
    _own(dataset)
    if dataset.shape != (1,) or dataset.dtype.itemsize > FREE_BYTES or dataset.chunks not in (None, (1,)):
        raise ValueError(f"{dataset.name!r} is no single text")
    found = dataset[0]
    return found.decode() if isinstance(found, bytes) else str(found)


def _own(dataset: Any) -> None:
    import h5py

    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"{dataset.name!r} is no dataset")
    if dataset.external is not None or dataset.is_virtual:
        raise ValueError(f"{dataset.name!r} takes its values from other files")


def member(group: Any, name: str) -> Any:
    """Return what stands under a name in a group.

    Raises
    ------
    KeyError
        Nothing does.
    ValueError
        A link to another place or file does.
    """
    import h5py

    if not isinstance(group, h5py.Group):
        raise ValueError(f"{group.name!r} is no group")
    link = group.get(name, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        raise ValueError(f"{name!r} of {group.name!r} is a link to another place")
    return group[name]
