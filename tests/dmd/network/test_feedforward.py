import pytest
import torch

from dmd.network.feedforward import ROWS, feed_forward

MEMBERS, WIDTH = 2, 6


def run(kind, rows):
    torch.manual_seed(0)
    x, base = torch.randn(MEMBERS, rows, WIDTH), torch.randn(MEMBERS, rows, WIDTH)
    weights = torch.randn(MEMBERS, WIDTH, 24), torch.randn(MEMBERS, 1, 24), torch.randn(MEMBERS, 24, WIDTH)
    gradient = torch.randn(MEMBERS, rows, WIDTH)
    leaves = [leaf.to(kind).clone().requires_grad_() for leaf in (x, base, *weights)]
    x, base, widen, bias, narrow = leaves
    if kind == torch.float64:  # the formula
        out = base + torch.relu(x @ widen + bias) @ narrow
    else:
        out = feed_forward(x, base.clone(), (widen, bias), narrow, drop=0.0)
    out.backward(gradient.to(kind))
    return [out.detach().double(), *(leaf.grad.double() for leaf in leaves)]


@pytest.mark.parametrize("rows", [1, 65, ROWS + 3])
def test_values_and_gradients_are_those_of_the_formula_in_double_precision(rows):
    for ours, exact in zip(run(torch.float32, rows), run(torch.float64, rows), strict=True):
        torch.testing.assert_close(ours, exact, atol=1e-5 * max(1.0, float(exact.abs().max())), rtol=1e-5)
