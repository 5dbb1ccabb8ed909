import pytest
import torch

from dmd.network import lane_attention
from dmd.network.attention import LONG, attend, plain_attend

G, B, TQ, TK, WIDTH, HEADS = 2, 3, 4, 5, 6, 3


def arguments(seed=0, by_sample=True, batch=B, dtype=torch.float32):
    torch.manual_seed(seed)
    shapes = [(G, TQ, batch, WIDTH), (G, TK, batch, WIDTH), (G, TK, batch, WIDTH)]
    tensors = [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]
    visible = torch.rand(G, batch if by_sample else 1, TQ, TK) < 0.6
    visible[..., 0] = True
    return tensors, visible


def with_gradients(out, tensors):
    weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    return [out, *torch.autograd.grad((out * weights).sum(), tensors)]


@pytest.mark.parametrize("batch", [1, 3, 40, 130])
@pytest.mark.parametrize("by_sample", [True, False])
def test_compiled_attention_gives_what_the_formula_gives(batch, by_sample):
    tensors, visible = arguments(by_sample=by_sample, batch=batch)
    exact = [x.detach().double().requires_grad_() for x in tensors]
    ours = with_gradients(attend(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0)), tensors)
    theirs = with_gradients(plain_attend(*exact, visible, heads=HEADS, dropouts=(0.0, 0.0)), exact)
    for found, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(monkeypatch, threads):
    monkeypatch.setattr(lane_attention, "WORTH_A_THREAD", 1)
    tensors, visible = arguments(batch=130)
    found = []
    for count in (1, threads):
        monkeypatch.setattr(torch, "get_num_threads", lambda count=count: count)
        torch.manual_seed(1)
        found.append(with_gradients(attend(*tensors, visible, heads=HEADS, dropouts=(0.2, 0.0)), tensors))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_a_fault_in_a_thread_is_raised(monkeypatch):
    monkeypatch.setattr(lane_attention, "WORTH_A_THREAD", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)

    def kernel(*arguments):
        if arguments[6][0] > 0:
            raise MemoryError("no room")

    plan = (None, None, lane_attention.np.ones((2, 2, 2), int), (1, 1, 1), None, None)
    with pytest.raises(MemoryError, match="no room"):
        lane_attention._run(kernel, plan)


def test_the_formula_is_that_of_torch():
    tensors, visible = arguments()
    found = attend(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0))
    for member in range(G):
        q, k, v = (x[member].transpose(0, 1).unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in tensors)
        expected = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=visible[member][:, None], scale=1.0
        )
        torch.testing.assert_close(found[member].transpose(0, 1), expected.transpose(1, 2).flatten(2))


@pytest.mark.parametrize("dropouts", [(0.3, 0.0), (0.5, 0.2)])
def test_gradients_are_right_with_dropout(dropouts):
    """The mask of a seed is read off with a value of its own a key; then the formula with that mask is followed."""
    batch, heads, width = 4, 2, 2 * TK
    torch.manual_seed(0)
    query, keys = (torch.randn(G, steps, batch, width) for steps in (TQ, TK))
    visible = torch.rand(G, batch, TQ, TK) < 0.6
    visible[..., 0] = True
    one_hot = torch.eye(TK).repeat(1, 2)[None, :, None].expand(G, TK, batch, width).contiguous()
    tensors = [query.requires_grad_(), keys.requires_grad_(), torch.randn(G, TK, batch, width, requires_grad=True)]

    def repeated(values):
        torch.manual_seed(5)
        return attend(query, keys, values, visible, heads=heads, dropouts=dropouts)

    def formula(values, mask):
        q, k, v = (x.double().unflatten(-1, (heads, TK)) for x in (query, keys, values))
        scores = torch.einsum("gqbhd,gkbhd->gbhqk", q, k).masked_fill(~visible[:, :, None], -torch.inf)
        return torch.einsum("gbhqk,gkbhd->gqbhd", scores.softmax(dim=-1) * mask, v).flatten(3)

    drawn = repeated(one_hot).detach().unflatten(-1, (heads, TK)).permute(0, 2, 3, 1, 4)  # [G, B, K, Tq, Tk]
    kept = (drawn > 0).double() / (1 - torch.tensor(dropouts, dtype=torch.double)).view(-1, 1, 1, 1, 1)
    assert 0 < (drawn[0] > 0).sum() < visible[0].sum() * heads
    ours = with_gradients(repeated(tensors[2]), tensors)
    expected = with_gradients(formula(tensors[2], kept), tensors)
    for found, right in zip(ours, expected, strict=True):
        torch.testing.assert_close(found.double(), right.double(), rtol=1e-4, atol=1e-5)


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
    large = [query.detach() * factor, keys.detach(), values.detach()]
    found = attend(*large, visible, heads=HEADS, dropouts=(0.0, 0.0))
    expected = plain_attend(*(x.double() for x in large), visible, heads=HEADS, dropouts=(0.0, 0.0))
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-3)


def test_scores_that_are_not_numbers_give_no_numbers():
    (query, keys, values), visible = arguments()
    broken = query.detach().clone()
    broken[0, 1, 2] = torch.nan
    found = attend(broken, keys.detach(), values.detach(), visible, heads=HEADS, dropouts=(0.0, 0.0))
    assert found[0, 1, 2].isnan().all()
    assert found[1].isfinite().all()


@pytest.mark.parametrize("beside", ["large", "longer"])
@pytest.mark.parametrize("place", [0, 7, 60, 129])
def test_a_sample_gets_the_same_bits_whatever_stands_beside_it(beside, place):
    tensors, visible = arguments(batch=130)
    tensors = [x.detach() for x in tensors]
    visible[:, :, :, 3:] = beside == "longer"
    visible[:, place, :, 3:] = False
    others = torch.arange(130) != place
    tensors[0][:, :, others] *= 1e3 if beside == "large" else 1.0
    together = attend(*tensors, visible, heads=HEADS, dropouts=(0.0, 0.0))
    one = slice(place, place + 1)
    alone = [x[:, :, one].contiguous() for x in tensors]
    once = attend(*alone, visible[:, one], heads=HEADS, dropouts=(0.0, 0.0))
    assert torch.equal(together[:, :, one], once)


def test_over_many_keys_the_published_rounding_is_kept():
    torch.manual_seed(0)
    tensors = [torch.randn(1, LONG + 1, 2, 4) for _ in range(3)]
    visible = torch.ones(1, 1, LONG + 1, LONG + 1, dtype=torch.bool)
    rest = {"heads": 2, "dropouts": (0.0,)}
    assert torch.equal(attend(*tensors, visible, **rest, published=True), plain_attend(*tensors, visible, **rest))
