"""Batches from memory are those that are collated one at a time."""

import numpy as np
import pytest
import torch

from pipeline.batch import Batch
from pipeline.datasets.collate import Collator, InputShape
from pipeline.datasets.normaliser import fit_normaliser
from pipeline.datasets.resident import BLOCK, Batches
from tests.dmd.synthetic import Recipe, make_dataset

CPU = torch.device("cpu")
ROWS = [np.array([3, 0, 9]), np.array([5]), np.array([9, 9])]


@pytest.fixture(scope="module")
def collator() -> Collator:
    data = make_dataset(Recipe(clips=BLOCK + 7))
    targets = np.arange(len(data), dtype=np.float32)
    return Collator(
        data, fit_normaliser(data, np.arange(8)), InputShape({"text": 12, "audio": 12, "face": 12}), targets
    )


def same(found: Batch, expected: Batch) -> bool:
    pairs = zip(found.flat(), expected.flat(), strict=True)
    return found.size == expected.size and all(torch.equal(a, b) and a.dtype == b.dtype for a, b in pairs)


def test_samples_in_memory_give_the_batches_of_the_collator(collator: Collator) -> None:
    batches = Batches(collator, np.arange(len(collator.dataset)), CPU)
    assert batches.resident
    for rows in ROWS:
        found = batches(rows)
        assert same(found, collator(rows))
        assert found.rows is not None and found.rows.tolist() == rows.tolist()


def test_samples_that_do_not_fit_are_collated_one_batch_at_a_time(collator: Collator) -> None:
    batches = Batches(collator, np.arange(len(collator.dataset)), CPU, limit_bytes=1000)
    assert not batches.resident
    assert all(same(batches(rows), collator(rows)) for rows in ROWS)


@pytest.mark.parametrize("limit", [None, 1000])
def test_windows_come_in_order_and_whole(collator: Collator, limit: int | None) -> None:
    batches = Batches(collator, np.arange(len(collator.dataset)), CPU, limit)
    windows = [ROWS[:2], ROWS[2:], []]
    found = [*batches.ahead(windows)]
    assert [[batch.size for batch in window] for window in found] == [[3, 1], [2], []]


def test_one_window_is_made_while_the_one_before_is_used(collator: Collator, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = Batches(collator, np.arange(len(collator.dataset)), CPU, limit_bytes=0)
    made: list[int] = []

    def collate(self: Batches, rows: np.ndarray) -> Batch:
        made.append(len(rows))
        return collator(rows)

    monkeypatch.setattr(Batches, "__call__", collate)
    monkeypatch.setattr(batches, "_device", torch.device("meta"))
    windows = batches.ahead([[ROWS[0]], [ROWS[1]], [ROWS[2]]])
    assert next(windows)[0].size == 3
    assert [window[0].size for window in windows] == [1, 2]
    assert made == [3, 1, 2]
