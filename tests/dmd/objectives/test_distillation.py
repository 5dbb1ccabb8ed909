import pytest
import torch

from dmd.objectives.distillation import cosine, unit
from dmd.output import Edges, Vertex

PAIRS = [
    ("text", "face"),
    ("text", "audio"),
    ("face", "text"),
    ("face", "audio"),
    ("audio", "text"),
    ("audio", "face"),
]
NAMES = ("text", "face", "audio")


def graph(classes=1, width=4, batch=5, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def random(size):
        return torch.randn(batch, size, generator=generator, dtype=torch.float64).requires_grad_()

    return {name: Vertex(random(classes), random(width)) for name in NAMES}


def made(kind, classes=1, width=4):
    torch.manual_seed(0)
    return unit(kind, NAMES, classes, width if kind == "homo" else width // 2).double()


def test_edges_are_ordered_pairs_of_student_and_teacher_and_their_prior_is_the_papers():
    homo, hetero = made("homo"), made("hetero")
    assert homo.pairs == hetero.pairs == PAIRS
    small, large = 0.00883421115577221, 0.4823315739631653
    torch.testing.assert_close(homo.prior, torch.tensor([small, small, large, small, large, small]).double())
    favoured = [pair for pair, weight in zip(PAIRS, hetero.prior, strict=True) if weight > 0.3]
    assert favoured == [("face", "text"), ("audio", "text"), ("audio", "face")]


@pytest.mark.parametrize("classes", [1, 4])
def test_edge_weights_follow_the_equation(classes):
    made_unit, vertices = made("homo", classes), graph(classes)
    z = {
        n: torch.cat([made_unit.logit_map(v.logits), made_unit.representation_map(v.representation)], dim=1)
        for n, v in vertices.items()
    }
    raw = torch.cat([made_unit.edge(torch.cat([z[j], z[k]], dim=1)) for j, k in PAIRS], dim=1)
    edges = made_unit(vertices)
    torch.testing.assert_close(edges.raw, raw)
    torch.testing.assert_close(edges.weights, torch.softmax(raw / 8, dim=1))


@pytest.mark.parametrize("classes", [1, 4])
def test_losses_by_hand(classes):
    made_unit, vertices = made("hetero", classes), graph(classes)
    edges = made_unit(vertices)
    w = edges.weights + made_unit.prior
    expected = sum(
        (w[:, e] * (vertices[j].logits - vertices[k].logits).abs().sum(dim=1)).mean()
        for e, (j, k) in enumerate(PAIRS)
    )
    apart = sum(
        (
            w[:, e] * torch.cosine_similarity(vertices[j].representation, vertices[k].representation).clamp(min=0)
        ).mean()
        for e, (j, k) in enumerate(PAIRS)
    )
    terms = made_unit.losses(vertices, edges, None, "apart")
    assert terms.logits.item() == pytest.approx(expected.item())
    assert terms.representation.item() == pytest.approx(10 * apart.item())
    reg = 10 * ((edges.weights.mean(dim=0) - made_unit.prior) ** 2).sum()
    assert terms.regulariser.item() == pytest.approx(reg.item())
    assert made_unit.losses(vertices, edges, None, "off").representation == 0


def test_the_student_learns_and_the_teacher_does_not():
    made_unit, vertices = made("homo"), graph()
    weights = torch.zeros(5, 6, dtype=torch.float64)
    weights[:, PAIRS.index(("audio", "text"))] = 1
    edges = Edges(weights - made_unit.prior, weights)
    made_unit.losses(vertices, edges, None, "together").logits.backward()
    assert vertices["audio"].logits.grad.any()
    assert not vertices["text"].logits.grad.any()
    assert not vertices["face"].logits.grad.any()


def test_an_edge_counts_only_in_samples_that_have_both_ends():
    made_unit, vertices = made("homo"), graph()
    present = {name: torch.ones(5, dtype=torch.bool) for name in NAMES}
    present["face"] = torch.tensor([True, False, True, False, False])
    found = made_unit(vertices)
    edges = Edges(found.weights.detach(), found.raw.detach())  # weights depend on all logits, as published
    torch.autograd.backward(made_unit.losses(vertices, edges, present, "together").logits)
    assert not vertices["face"].logits.grad[[1, 3, 4]].any()
    assert vertices["face"].logits.grad[[0, 2]].all()


def test_cosine_is_that_of_torchs_embedding_loss():
    x, y = torch.randn(6, 4).double(), torch.randn(6, 4).double()
    expected = torch.nn.functional.cosine_embedding_loss(x, y, torch.tensor([-1]).expand(6), reduction="none")
    torch.testing.assert_close(cosine(x, y).clamp(min=0), expected, rtol=0, atol=1e-15)
    assert cosine(torch.zeros(1, 3), torch.zeros(1, 3)) == 0
