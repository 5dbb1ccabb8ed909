import pytest
import torch

from dmd.network.dropout import dropout, kept, scale


@pytest.mark.parametrize("probability", [0.1, 0.3, 0.5, 0.99])
def test_the_share_dropped_is_the_probability_and_the_mean_stays(probability):
    torch.manual_seed(0)
    mask = kept((500, 401), probability, torch.float32)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    error = 5 * (probability * (1 - probability) / mask.numel()) ** 0.5
    assert abs(1 - mask.mean().item() - probability) < error
    assert scale(probability) == pytest.approx(1 / (1 - probability), rel=2e-3)


def test_neighbours_are_independent():
    torch.manual_seed(0)
    mask = kept((200_001,), 0.5, torch.float64)
    for lag in (1, 2, 3, 4, 8):
        assert abs(torch.corrcoef(torch.stack([mask[lag:], mask[:-lag]]))[0, 1]) < 0.012


def test_masks_repeat_with_torchs_random_state_and_move_it():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first, second = (kept((7, 9), 0.5, torch.float32) for _ in range(2))
    torch.set_rng_state(state)
    assert torch.equal(kept((7, 9), 0.5, torch.float32), first)
    assert not torch.equal(first, second)


def test_gradients_pass_where_values_do():
    torch.manual_seed(0)
    x = torch.randn(50, 50, requires_grad=True)
    y = dropout(x, 0.3, training=True)
    y.sum().backward()
    torch.testing.assert_close(x.grad, (y != 0) * scale(0.3))
    torch.testing.assert_close(y, x * x.grad)


def test_nothing_is_dropped_outside_training_or_without_probability():
    x = torch.randn(5)
    assert dropout(x, 0.9, training=False) is x
    assert dropout(x, 0.0, training=True) is x
