"""What a bank gives member by member, without gradients, is what it gives all at once, with them."""

import pytest
import torch

from dmd.network.bank_scoring import worth_it
from dmd.network.feedforward import ROWS
from dmd.network.layers import BankShape
from dmd.network.transformer import TransformerBank

WIDTH, MEMBERS = 12, 2


@pytest.fixture
def bank():
    torch.manual_seed(0)
    shape = BankShape(WIDTH, heads=3, layers=2, attention_dropout=(0.1,) * MEMBERS, embed_dropout=0.2, positions=80)
    made = TransformerBank(shape).eval()
    for parameter in made.parameters():  # biases and gains that are not 0 and 1
        parameter.data += 0.2 * torch.randn_like(parameter)
    return made


@pytest.fixture(autouse=True)
def one_core():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def masks(batch, queries, keys, by_sample):
    visible = torch.rand(MEMBERS, batch if by_sample else 1, queries, keys) < 0.6
    visible[..., 0] = True
    return visible


def both(function):
    """Return what a bank's function gives with gradients to come, and without."""
    with torch.no_grad():
        found = function()
    return function().detach(), found


@pytest.mark.parametrize("batch", [1, 7, 61])
@pytest.mark.parametrize("by_sample", [False, True])
@pytest.mark.parametrize("steps", [1, 9, 70])
def test_attending_to_itself(bank, batch, by_sample, steps):
    x = torch.randn(MEMBERS, steps, batch, WIDTH)
    real = torch.rand(MEMBERS, steps, batch) < 0.8
    visible = masks(batch, steps, steps, by_sample)
    torch.testing.assert_close(*both(lambda: bank(x, real, visible)), atol=2e-5, rtol=0)
    pool = torch.randint(0, steps, (MEMBERS, batch))
    torch.testing.assert_close(*both(lambda: bank(x, real, visible, pool=pool)), atol=2e-5, rtol=0)


@pytest.mark.parametrize("batch", [1, 61])
@pytest.mark.parametrize("by_sample", [False, True])
def test_attending_to_others(bank, batch, by_sample):
    x, keys = torch.randn(MEMBERS, 5, batch, WIDTH), torch.randn(MEMBERS, 8, batch, WIDTH)
    real = torch.rand(MEMBERS, 5, batch) < 0.8, torch.rand(MEMBERS, 8, batch) < 0.8
    visible = masks(batch, 5, 8, by_sample)
    torch.testing.assert_close(*both(lambda: bank.cross(x, keys, real, visible)), atol=2e-5, rtol=0)


def test_one_member_of_several(bank):
    x, real = torch.randn(1, 4, 3, WIDTH), torch.ones(1, 4, 3, dtype=torch.bool)
    visible = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    torch.testing.assert_close(*both(lambda: bank(x, real, visible, members=slice(1, 2))), atol=2e-5, rtol=0)


def test_the_input_is_left_as_it_was(bank):
    x, real = torch.randn(MEMBERS, 4, 3, WIDTH), torch.ones(MEMBERS, 4, 3, dtype=torch.bool)
    before = x.clone()
    with torch.no_grad():
        bank(x, real, torch.ones(1, 1, 4, 4, dtype=torch.bool).expand(MEMBERS, -1, -1, -1))
    assert torch.equal(x, before)


def test_it_is_taken_on_one_core_in_single_precision_without_gradients_only():
    x = torch.zeros(1)
    assert not worth_it(x)
    with torch.no_grad():
        assert worth_it(x) and not worth_it(x.double()) and not worth_it(x.to("meta"))
        torch.set_num_threads(2)
        assert not worth_it(x)
    assert ROWS < 70 * 61  # so that the tests above cut rows
