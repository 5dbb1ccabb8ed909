"""Batches whose samples were normalised and padded once and stay in memory, where they fit."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from pipeline.batch import Batch
from pipeline.dataset import Rows
from pipeline.datasets.collate import Collator, to_device

HOST_BYTES = 512 * 2**20
"""Most memory that collated samples may take on a CPU."""
DEVICE_SHARE = 0.5
"""Largest share of a GPU's free memory that collated samples may take."""
BLOCK = 64
"""Samples collated at a time."""


class Batches:
    """Makes batches of some samples on a device: from memory there if all fit, else one at a time.

    Normalising and padding a sample costs the host a tenth of a training step on a CPU, and more than the whole
    step on a GPU; so each is done once. Samples that do not fit are collated by a thread of their own while the
    device computes, and travel through pinned memory. Either way the batches are the same to the last bit.

    Parameters
    ----------
    collator : Collator
    rows : ndarray [shape=(k,)]
        The samples that batches will be made of.
    device : torch.device
    limit_bytes : int, optional
        Most memory for collated samples; by default `HOST_BYTES`, and `DEVICE_SHARE` of what a GPU has free.
    """

    def __init__(self, collator: Collator, rows: Rows, device: torch.device, limit_bytes: int | None = None) -> None:
        self._collator, self._device = collator, device
        limit = _limit(device) if limit_bytes is None else limit_bytes
        # Word pieces are padded to the longest of a batch: there is no one shape that all could have.
        fits = len(rows) > 0 and not collator.shape.pieces and _bytes(collator, rows) <= limit
        self._held = _collated(collator, rows, device) if fits else None
        self._places = {int(row): place for place, row in enumerate(rows)}

    @property
    def resident(self) -> bool:
        """Whether all samples lie on the device."""
        return self._held is not None

    def __call__(self, rows: Rows) -> Batch:
        """Return the batch of these samples, in this order, on the device."""
        if self._held is None:
            return to_device(self._collator(rows), self._device)
        places = torch.tensor([self._places[int(row)] for row in rows])
        index = places if self._device.type == "cpu" else places.pin_memory().to(self._device, non_blocking=True)
        chosen = [tensor.index_select(0, index) for tensor in self._held]
        return Batch.from_flat(chosen, torch.from_numpy(rows.astype(np.int64)))

    def ahead(self, windows: Sequence[Sequence[Rows]]) -> Iterator[list[Batch]]:
        """Yield the batches of each window; on a GPU the next ones are made while the device computes."""
        if self._held is not None or self._device.type == "cpu":
            yield from ([self(rows) for rows in window] for window in windows)
            return
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="dmd-batches") as pool:
            coming: list[Future[Batch]] = []
            for window in [*windows, []]:
                made = coming
                coming = [pool.submit(self, rows) for rows in window]
                if made:
                    yield [batch.result() for batch in made]


def _limit(device: torch.device) -> int:
    if device.type != "cuda":
        return HOST_BYTES
    return int(DEVICE_SHARE * torch.cuda.mem_get_info(device)[0])


def _bytes(collator: Collator, rows: Rows) -> int:
    return len(rows) * sum(tensor.numel() * tensor.element_size() for tensor in collator(rows[:1]).flat())


def _collated(collator: Collator, rows: Rows, device: torch.device) -> list[Tensor]:
    """Return features, masks and labels of all samples, filled block by block."""
    whole: list[Tensor] = []
    for first in range(0, len(rows), BLOCK):
        block = collator(rows[first : first + BLOCK]).flat()
        whole = whole or [part.new_empty((len(rows), *part.shape[1:]), device=device) for part in block]
        for all_of_it, part in zip(whole, block, strict=True):
            all_of_it[first : first + len(part)].copy_(part)
    return whole
