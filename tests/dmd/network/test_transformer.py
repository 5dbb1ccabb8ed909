import math

import pytest
import torch
from torch.nn import functional

from dmd.network.layers import BankShape
from dmd.network.positions import sinusoid_table
from dmd.network.transformer import TransformerBank, padded

SHAPE = BankShape(width=8, heads=2, layers=3, attention_dropout=(0.0, 0.0, 0.0), positions=12)
B, TQ, TK = 2, 5, 7


@pytest.fixture
def bank():
    torch.manual_seed(0)
    made = TransformerBank(SHAPE).double()
    for parameter in made.parameters():  # biases and gains that are not 0 and 1
        parameter.data += 0.1 * torch.randn_like(parameter)
    return made


def naive(bank, member, x, keys, allowed, real, keys_real):
    """One transformer, one sample [T, H], step by step with torch's own attention."""
    layers, width = bank.layers, SHAPE.width

    def norm(v, layer, which):
        gain, offset = getattr(layers, f"{which}_gain"), getattr(layers, f"{which}_offset")
        return functional.layer_norm(v, (width,), gain[layer, member], offset[layer, member])

    def embed(v, steps):
        table = sinusoid_table(len(v), width).double()[1:]
        return math.sqrt(width) * v + table * steps[:, None]

    x = embed(x, real)
    fixed = None if keys is None else embed(keys, keys_real)
    for layer in range(SHAPE.layers):
        source = norm(x if fixed is None else fixed, layer, "attention")
        attended, _ = functional.multi_head_attention_forward(
            norm(x, layer, "attention")[:, None],
            source[:, None],
            source[:, None],
            width,
            SHAPE.heads,
            layers.in_weight[layer, member],
            layers.in_bias[layer, member],
            None,
            None,
            False,
            0.0,
            layers.out_weight[layer, member],
            layers.out_bias[layer, member],
            attn_mask=~allowed,
        )
        x = x + attended[:, 0]
        hidden = functional.relu(
            functional.linear(
                norm(x, layer, "feed"), layers.widen_weight[layer, member], layers.widen_bias[layer, member]
            )
        )
        x = x + functional.linear(hidden, layers.narrow_weight[layer, member], layers.narrow_bias[layer, member])
    return functional.layer_norm(x, (width,), bank.final_gain[member], bank.final_offset[member])


def material(tq, tk):
    x, keys = torch.randn(3, tq, B, 8).double(), torch.randn(3, tk, B, 8).double()
    allowed = torch.rand(3, B, tq, tk) < 0.6
    allowed[..., 0] = True
    real, keys_real = torch.rand(3, tq, B) < 0.7, torch.rand(3, tk, B) < 0.7
    return x, keys, allowed, real, keys_real


def test_a_bank_attending_to_itself_is_its_members_one_by_one(bank):
    x, _, allowed, real, _ = material(TQ, TQ)
    found = bank(x, real, allowed)
    for member in range(3):
        for sample in range(B):
            expected = naive(
                bank, member, x[member, :, sample], None, allowed[member, sample], real[member, :, sample], None
            )
            torch.testing.assert_close(found[member, :, sample], expected, rtol=0, atol=1e-12)


def test_a_bank_attending_to_others_is_its_members_one_by_one(bank):
    x, keys, allowed, real, keys_real = material(TQ, TK)
    found = bank.cross(x, keys, (real, keys_real), allowed)
    for member in range(3):
        for sample in range(B):
            at = (member, slice(None), sample)
            expected = naive(bank, member, x[at], keys[at], allowed[member, sample], real[at], keys_real[at])
            torch.testing.assert_close(found[at], expected, rtol=0, atol=1e-12)


def test_pooling_reads_the_step_asked_for(bank):
    x, _, allowed, real, _ = material(TQ, TQ)
    pool = torch.tensor([[0, 4], [2, 2], [4, 1]])
    whole, pooled = bank(x, real, allowed), bank(x, real, allowed, pool=pool)
    for member in range(3):
        for sample in range(B):
            torch.testing.assert_close(pooled[member, sample], whole[member, pool[member, sample], sample])


def test_some_members_give_what_all_give(bank):
    x, keys, allowed, real, keys_real = material(TQ, TK)
    whole = bank.cross(x, keys, (real, keys_real), allowed)
    part = slice(1, 3)
    found = bank.cross(x[part], keys[part], (real[part], keys_real[part]), allowed[part], members=part)
    torch.testing.assert_close(found, whole[part])


def test_each_kind_of_dropout_acts_in_training_only():
    for changes in (
        {"attention_dropout": (0.5,)},
        {"embed_dropout": 0.5},
        {"relu_dropout": 0.5},
        {"residual_dropout": 0.5},
    ):
        shape = BankShape(**{"width": 8, "heads": 2, "layers": 2, "attention_dropout": (0.0,), **changes})
        bank = TransformerBank(shape)
        x, real = torch.randn(1, 4, 2, 8), torch.ones(1, 4, 2, dtype=torch.bool)
        allowed = torch.ones(1, 1, 4, 4, dtype=torch.bool)
        assert not torch.allclose(bank(x, real, allowed), bank(x, real, allowed)), changes
        assert not torch.allclose(bank.cross(x, x, (real, real), allowed), bank.cross(x, x, (real, real), allowed)), (
            changes
        )
        bank.eval()
        assert torch.equal(bank(x, real, allowed), bank(x, real, allowed)), changes


def test_sequences_are_stacked_steps_first_with_zeros_after_their_ends():
    first, second = torch.ones(2, 3, 4), 2 * torch.ones(2, 1, 4)
    found = padded([first, second], 3)
    assert found.shape == (2, 3, 2, 4)
    assert found[1, 0].eq(2).all()
    assert not found[1, 1:].any()


def test_positions_start_at_one_and_padding_is_zero():
    table = sinusoid_table(9, 6)
    assert table.shape == (10, 6)
    assert not table[0].any()
    expected = [math.sin(2), math.sin(2 * 10000**-0.5), math.sin(2 * 10000**-1)]
    torch.testing.assert_close(table[2, :3], torch.tensor(expected), rtol=1e-6, atol=0)
    torch.testing.assert_close(table[1:, :3] ** 2 + table[1:, 3:] ** 2, torch.ones(9, 3))
