import pytest
import torch
from torch.nn import functional

from dmd.network.norm import layer_norm


@pytest.mark.parametrize("shape", [(3, 50), (2, 4, 7), (1, 1), (5, 33)])
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_values_and_gradients_are_those_of_torch_in_double_precision(shape, shift):
    torch.manual_seed(0)
    x = torch.randn(shape) + shift
    gradient = torch.randn(shape)
    found = {}
    for name, norm, kind in (
        ("ours", layer_norm, torch.float32),
        ("torch", lambda v: functional.layer_norm(v, shape[-1:]), torch.float64),
    ):
        leaf = x.detach().clone().to(kind).requires_grad_()
        out = norm(leaf)
        out.backward(gradient.to(kind))
        found[name] = out.detach().double(), leaf.grad.double()
    tolerance = 3e-6 * max(1.0, shift)
    for ours, theirs in zip(found["ours"], found["torch"], strict=True):
        torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


def test_rows_that_do_not_lie_in_one_piece_are_met():
    x = torch.randn(4, 3, 10).transpose(0, 1)
    torch.testing.assert_close(layer_norm(x), functional.layer_norm(x, (10,)))


def test_double_precision_stays_double():
    x = torch.randn(3, 5, dtype=torch.float64)
    torch.testing.assert_close(layer_norm(x), functional.layer_norm(x, (5,)), atol=1e-15, rtol=0)
