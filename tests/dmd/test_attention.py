import pytest
import torch

from dmd import attention
from dmd.attention import attend, plain_attend

G, B, TQ, TK, WIDTH, HEADS = 2, 3, 4, 5, 6, 3


def arguments(seed=0, batch_bias=True):
    torch.manual_seed(seed)
    shapes = [(G, TQ, B, WIDTH), (G, TK, B, WIDTH), (G, TK, B, WIDTH)]
    tensors = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    bias = torch.zeros(G, B if batch_bias else 1, TQ, TK, dtype=torch.float64)
    bias.masked_fill_(torch.rand(bias.shape) < 0.4, -torch.inf)
    bias[..., 0] = 0
    return tensors, bias


@pytest.mark.parametrize("block", [1, 2 * HEADS * TQ * TK, 10**9])
@pytest.mark.parametrize("batch_bias", [True, False])
def test_blocks_give_what_the_formula_gives(monkeypatch, block, batch_bias):
    monkeypatch.setattr(attention, "BLOCK", block)
    tensors, bias = arguments(batch_bias=batch_bias)
    results = []
    for function in (attend, plain_attend):
        out = function(*tensors, bias, heads=HEADS, dropouts=(0.0, 0.0))
        weights = torch.linspace(-1, 1, out.numel(), dtype=torch.float64).view_as(out)
        results.append([out, *torch.autograd.grad((out * weights).sum(), tensors)])
    for ours, expected in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-13)


def test_the_formula_is_that_of_torch():
    tensors, bias = arguments()
    found = attend(*tensors, bias, heads=HEADS, dropouts=(0.0, 0.0))
    for member in range(G):
        q, k, v = (x[member].transpose(0, 1).unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in tensors)
        expected = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=bias[member][:, None], scale=1.0
        )
        torch.testing.assert_close(found[member].transpose(0, 1), expected.transpose(1, 2).flatten(2))


@pytest.mark.parametrize("dropouts", [(0.0, 0.0), (0.3, 0.0), (0.5, 0.2)])
def test_gradients_are_right_with_dropout(monkeypatch, dropouts):
    monkeypatch.setattr(attention, "BLOCK", 2 * HEADS * TQ * TK)
    tensors, bias = arguments()

    def repeated(*inputs):
        torch.manual_seed(5)
        return attend(*inputs, bias, heads=HEADS, dropouts=dropouts)

    assert torch.autograd.gradcheck(repeated, tensors)


def test_dropout_keeps_the_mean():
    tensors, bias = arguments()
    plain = attend(*tensors, bias, heads=HEADS, dropouts=(0.0, 0.0))
    torch.manual_seed(0)
    drawn = torch.stack([attend(*tensors, bias, heads=HEADS, dropouts=(0.4, 0.0)).detach() for _ in range(3000)])
    torch.testing.assert_close(drawn.mean(dim=0)[0], plain[0], rtol=0, atol=0.12)
    assert (drawn.std(dim=0)[0] > 0).any()
    assert torch.equal(drawn[0, 1], plain[1])


def test_only_visible_keys_are_read():
    tensors, bias = arguments()
    hidden = torch.full_like(bias, -torch.inf)
    hidden[..., 2] = 0
    out = attend(*tensors, hidden, heads=HEADS, dropouts=(0.0, 0.0))
    torch.testing.assert_close(out, tensors[2][:, 2:3].expand_as(out))
