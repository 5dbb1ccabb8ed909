import pytest
import torch

from dmd import blocked_attention
from dmd.attention import attend, plain_attend

G, B, TQ, TK, WIDTH, HEADS = 2, 3, 4, 5, 6, 3


def arguments(seed=0, by_sample=True):
    torch.manual_seed(seed)
    shapes = [(G, TQ, B, WIDTH), (G, TK, B, WIDTH), (G, TK, B, WIDTH)]
    tensors = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    visible = torch.rand(G, B if by_sample else 1, TQ, TK) < 0.6
    visible[..., 0] = True
    return tensors, visible


@pytest.mark.parametrize("block", [1, 2 * HEADS * TQ * TK, 10**9])
@pytest.mark.parametrize("by_sample", [True, False])
def test_blocks_give_what_the_formula_gives(monkeypatch, block, by_sample):
    monkeypatch.setattr(blocked_attention, "BLOCK", block)
    monkeypatch.setattr(blocked_attention, "STEPS", 2)
    tensors, visible = arguments(by_sample=by_sample)
    results = []
    for function in (attend, plain_attend):
        out = function(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0))
        weights = torch.linspace(-1, 1, out.numel(), dtype=torch.float64).view_as(out)
        results.append([out, *torch.autograd.grad((out * weights).sum(), tensors)])
    for ours, expected in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-13)


def test_the_formula_is_that_of_torch():
    tensors, visible = arguments()
    found = attend(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0))
    for member in range(G):
        q, k, v = (x[member].transpose(0, 1).unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in tensors)
        expected = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=visible[member][:, None], scale=1.0
        )
        torch.testing.assert_close(found[member].transpose(0, 1), expected.transpose(1, 2).flatten(2))


@pytest.mark.parametrize("dropouts", [(0.0, 0.0), (0.3, 0.0), (0.5, 0.2)])
def test_gradients_are_right_with_dropout(monkeypatch, dropouts):
    monkeypatch.setattr(blocked_attention, "STEPS", 2)
    monkeypatch.setattr(blocked_attention, "BLOCK", 2 * HEADS * TQ * TK)
    tensors, visible = arguments()

    def repeated(*inputs):
        torch.manual_seed(5)
        return attend(*inputs, visible, heads=HEADS, dropouts=dropouts)

    assert torch.autograd.gradcheck(repeated, tensors)


def test_dropout_keeps_the_mean():
    tensors, visible = arguments()
    plain = attend(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0))
    torch.manual_seed(0)
    drawn = torch.stack([attend(*tensors, visible, heads=HEADS, dropouts=(0.4, 0.0)).detach() for _ in range(3000)])
    torch.testing.assert_close(drawn.mean(dim=0)[0], plain[0], rtol=0, atol=0.12)
    assert (drawn.std(dim=0)[0] > 0).any()
    assert torch.equal(drawn[0, 1], plain[1])


def test_only_visible_keys_are_read():
    tensors, visible = arguments()
    hidden = torch.zeros_like(visible)
    hidden[..., 2] = True
    out = attend(*tensors, hidden, heads=HEADS, dropouts=(0.0, 0.0))
    torch.testing.assert_close(out, tensors[2][:, 2:3].expand_as(out))


@pytest.mark.parametrize("factor", [1e3, 1e6])
def test_scores_too_large_for_an_exponential_are_met(factor):
    (query, keys, values), visible = arguments()
    large = query.detach() * factor
    found = attend(large, keys.detach(), values.detach(), visible, heads=HEADS, dropouts=(0.0, 0.0))
    expected = plain_attend(large, keys.detach(), values.detach(), visible, heads=HEADS, dropouts=(0.0, 0.0))
    torch.testing.assert_close(found, expected)
    single = [x.detach().float() for x in (large, keys, values)]
    assert attend(*single, visible, heads=HEADS, dropouts=(0.0, 0.0)).isfinite().all()


def test_scores_that_are_not_numbers_give_no_numbers():
    (query, keys, values), visible = arguments()
    broken = query.detach().clone()
    broken[0, 1, 2] = torch.nan
    found = attend(broken, keys.detach(), values.detach(), visible, heads=HEADS, dropouts=(0.0, 0.0))
    assert found[0, 1, 2].isnan().all()
    assert found[1].isfinite().all()


@pytest.mark.parametrize("beside", ["large", "longer"])
def test_a_sample_gets_the_same_bits_whatever_stands_beside_it(beside):
    (query, keys, values), visible = arguments()
    tensors = [x.detach().float() for x in (query, keys, values)]
    visible[:, 0, :, 3:] = False
    visible[:, 1:, :, 3:] = beside == "longer"
    tensors[0][:, :, 1:] *= 1e3 if beside == "large" else 1.0
    together = attend(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0))
    alone = [x[:, :, :1].expand_as(x).contiguous() for x in tensors]
    once = attend(*alone, visible[:, :1].repeat(1, B, 1, 1), heads=HEADS, dropouts=(0.0, 0.0))
    assert torch.equal(together[:, :, 0], once[:, :, 0])
