import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.objectives.margin import margin_loss


def by_triplets(features, labels, present):
    """The definition, one triplet at a time."""
    norms = (features.square().sum(dim=1) + 1e-8).sqrt()
    cosine = (features @ features.T) / (norms[:, None] * norms)
    anchors = []
    for i in range(len(labels)):
        others = [j for j in range(len(labels)) if j != i and present[j]]
        alike = [j for j in others if labels[j] == labels[i]]
        unlike = [j for j in others if labels[j] != labels[i]]
        if not present[i] or not alike or not unlike:
            continue
        hinges = [
            (0.15 * (labels[i] - labels[n]).abs() - cosine[i, p] + cosine[i, n]).clamp(min=0)
            for p in alike
            for n in unlike
        ]
        anchors.append(torch.stack(hinges).mean())
    return torch.stack(anchors).mean() if anchors else features.new_zeros(())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 9), kinds=st.integers(1, 4), share=st.floats(0.4, 1.0))
def test_sorting_counts_what_the_definition_sums(seed, count, kinds, share):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(kinds, (count,), generator=generator).double() * 0.8
    present = torch.rand(count, generator=generator) < share
    values, gradients = [], []
    for function in (by_triplets, lambda f, y, p: margin_loss(f, (y[:, None] - y).abs(), p)):
        features = torch.randn(count, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        features.requires_grad_()
        loss = function(features, labels, present)
        loss.backward() if loss.requires_grad else None
        values.append(loss.item())
        gradients.append(torch.zeros_like(features) if features.grad is None else features.grad)
    assert values[1] == pytest.approx(values[0], abs=1e-12)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0, atol=1e-12)


def test_it_is_zero_without_anything_to_compare():
    features = torch.randn(4, 3)
    everyone = torch.ones(4, dtype=torch.bool)
    assert margin_loss(features, torch.zeros(4, 4), everyone) == 0
    assert margin_loss(features, 1 - torch.eye(4), everyone) == 0
    assert margin_loss(features[:1], torch.zeros(1, 1), everyone[:1]) == 0


def test_two_alike_and_one_unlike_by_hand():
    features = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    labels = torch.tensor([0.0, 0.0, 10.0])
    # Anchors 0 and 1: 0.15 * 10 - 1 + 0 = 0.5; anchor 2 has nothing alike.
    loss = margin_loss(features, (labels[:, None] - labels).abs(), torch.ones(3, dtype=torch.bool))
    assert loss.item() == pytest.approx(0.5, abs=1e-6)


def test_a_feature_of_zeros_gives_finite_gradients():
    features = torch.zeros(3, 2, requires_grad=True)
    labels = torch.tensor([0.0, 0.0, 1.0])
    margin_loss(features, (labels[:, None] - labels).abs(), torch.ones(3, dtype=torch.bool)).backward()
    assert features.grad.isfinite().all()
