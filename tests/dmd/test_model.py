"""What the corrected objective promises of a score, whatever the weights."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.config import MODALITIES, Dropouts
from dmd.model import DMD
from dmd.system import DmdSystem
from pipeline.batch import Batch, Modality
from pipeline.errors import UsageError
from tests.dmd.batches import random_batch, selected, small_config, uneven_config, without

CONFIGS = {
    "aligned": small_config(),
    "unaligned": uneven_config(),
    "classes": small_config(task="classification", classes=4),
}
CLOSE = {"rtol": 0, "atol": 1e-5}


@pytest.fixture(scope="module", params=list(CONFIGS))
def system(request):
    torch.manual_seed(1)
    return DmdSystem(CONFIGS[request.param])


def placed(batch: Batch, config, seed: int) -> Batch:
    """Scatter the real rows over a longer grid, in order, with nonsense between; aligned modalities together."""
    generator = torch.Generator().manual_seed(seed)
    parts, order = {}, None
    for name in MODALITIES:
        modality = getattr(batch, name)
        size, length, width = modality.values.shape
        longer = length + 5
        if order is None or not config.aligned:
            order = torch.rand(size, longer, generator=generator).argsort(dim=1)[:, :length].sort(dim=1).values
        values = 9 * torch.randn(size, longer, width, generator=generator)
        values.scatter_(1, order[..., None].expand(-1, -1, width), modality.values)
        mask = torch.zeros(size, longer, dtype=torch.bool).scatter_(1, order, modality.mask)
        parts[name] = Modality(values, mask)
    return Batch(**parts, labels=batch.labels)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), counts=st.lists(st.integers(1, 10), min_size=1, max_size=4))
def test_padding_amount_and_place_never_change_a_score(system, seed, counts):
    batch = random_batch(system.config, counts, seed)
    torch.testing.assert_close(system.predict(placed(batch, system.config, seed)), system.predict(batch), **CLOSE)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), holes=st.integers(0, 10**6))
def test_values_in_masked_places_never_matter(system, seed, holes):
    batch = random_batch(system.config, [10, 4, 7], seed)
    generator = torch.Generator().manual_seed(holes)
    clean, dirty = {}, {}
    for name in MODALITIES:
        modality = getattr(batch, name)
        mask = modality.mask & (torch.rand(modality.mask.shape, generator=generator) < 0.7)
        clean[name] = Modality(torch.where(mask[..., None], modality.values, 0.0), mask)
        nonsense = torch.where(torch.rand(mask.shape, generator=generator) < 0.5, torch.nan, 1e30)
        dirty[name] = Modality(torch.where(mask[..., None], modality.values, nonsense[..., None]), mask)
    torch.testing.assert_close(system.predict(Batch(**dirty)), system.predict(Batch(**clean)), rtol=0, atol=0)


@pytest.mark.parametrize(
    "subset", [s for n in (1, 2, 3) for s in itertools.combinations(MODALITIES, n)], ids="+".join
)
def test_every_subset_of_modalities_scores_and_trains(system, subset):
    system.zero_grad()
    batch = without(random_batch(system.config, [10, 3, 6]), *(set(MODALITIES) - set(subset)))
    _, terms = system.step_losses(batch)
    terms.total.backward()
    assert system.predict(batch).isfinite().all()
    assert terms.total.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in system.parameters())


def test_what_a_missing_modality_would_hold_never_matters(system):
    batch = random_batch(system.config, [10, 3, 6])
    other = Batch(batch.text, Modality(batch.audio.values * 50, batch.audio.mask), batch.face)
    first, second = (system.predict(without(b, "audio")) for b in (batch, other))
    assert torch.equal(first, second)
    assert not torch.allclose(first, system.predict(batch))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_score_does_not_depend_on_its_neighbours(system, seed):
    batch = random_batch(system.config, [10, 1, 6, 8], seed)
    together = system.predict(batch)
    for index in range(4):
        torch.testing.assert_close(system.predict(selected(batch, [index]))[0], together[index], **CLOSE)


def test_losses_do_not_depend_on_padding(system):
    batch = random_batch(system.config, [10, 4, 7])
    first, second = (system.step_losses(b)[1].named() for b in (batch, placed(batch, system.config, 3)))
    assert first.keys() == second.keys()
    for name, term in first.items():
        torch.testing.assert_close(second[name], term, rtol=1e-4, atol=1e-6, msg=lambda m, n=name: f"{n}: {m}")


def test_predict_gives_what_forward_gives(system):
    batch = random_batch(system.config, [10, 4, 7])
    logits = system.eval()(batch).logits
    expected = logits if system.config.task == "regression" else logits.softmax(dim=-1)
    torch.testing.assert_close(system.train().predict(batch), expected.detach(), rtol=0, atol=1e-6)
    assert system.training


def test_order_of_words_matters(system):
    batch = random_batch(system.config, [10, 4, 7])
    flipped = Batch(
        **{n: Modality(getattr(batch, n).values.flip(1), getattr(batch, n).mask.flip(1)) for n in MODALITIES}
    )
    assert not torch.allclose(system.predict(batch), system.predict(flipped), atol=1e-4)


def test_a_missing_face_in_one_word_changes_the_score_but_not_the_place_of_other_words():
    torch.manual_seed(0)
    dmd = DMD(small_config()).eval()
    batch = random_batch(dmd.config, [10], labels=False)
    mask = batch.face.mask.clone()
    mask[0, 4] = False
    holed = Batch(batch.text, batch.audio, Modality(batch.face.values, mask))
    before, after = dmd(batch).decoupled["face"], dmd(holed).decoupled["face"]
    untouched = [0, 1, 2, 5, 6, 7]  # kernel 2: steps 3 and 4 see word 4
    torch.testing.assert_close(after.projected[0, untouched], before.projected[0, untouched])
    assert not after.projected[0, 4].any()
    assert not torch.allclose(dmd.score(holed), dmd.score(batch))


def test_more_real_rows_than_the_model_has_are_refused():
    system = DmdSystem(small_config())
    batch = random_batch(small_config(text_length=14, audio_length=14, face_length=14), [14])
    with pytest.raises(ValueError, match="more than 12 real rows; cut it into segments"):
        system.predict(batch)


def test_word_pieces_without_a_text_encoder_are_refused():
    from pipeline.batch import Pieces

    batch = random_batch(small_config(), [5])
    ids = torch.zeros(1, 5, dtype=torch.long)
    pieces = Pieces(ids, ids.bool(), None, 5)
    with pytest.raises(UsageError, match="text: Pieces do not fit text_encoder=None"):
        DmdSystem(small_config()).predict(Batch(pieces, batch.audio, batch.face))


@pytest.mark.parametrize(
    "changes",
    [
        {"decoupling": False},
        {"homo_distillation": False},
        {"hetero_distillation": False},
        {"cross_attention": False},
        {"modalities": ("text",)},
        {"modalities": ("audio",)},
        {"modalities": ("face",)},
        {"modalities": ("text", "face")},
        {"hetero_representation": "apart", "homo_representation": "together"},
        {"decoupling": False, "cross_attention": False, "modalities": ("text", "audio")},
    ],
    ids=str,
)
def test_ablations_train_and_every_parameter_learns(changes):
    torch.manual_seed(0)
    system = DmdSystem(small_config(**changes))
    batch = without(random_batch(system.config, [12, 5, 7, 3]))
    _, terms = system.step_losses(batch)
    terms.total.backward()
    silent = [name for name, p in system.named_parameters() if p.grad is None]
    assert not [name for name in silent if "missing" not in name and "summary" not in name]
    assert (terms.homo is None) == (len(system.config.modalities) == 1 or not system.config.homo_distillation)


def test_a_modality_that_is_not_configured_is_never_read():
    system = DmdSystem(small_config(modalities=("text",)))
    batch = random_batch(small_config(), [6, 9])
    empty = Modality(torch.full((2, 1, 1), torch.nan), torch.zeros(2, 1, dtype=torch.bool))
    assert torch.equal(system.predict(batch), system.predict(Batch(batch.text, empty, empty)))


def test_reference_objective_lets_padding_change_a_score():
    """The published behaviour that the corrected objective mends."""
    torch.manual_seed(0)
    system = DmdSystem(small_config(objective="reference"))
    batch = random_batch(system.config, [5], labels=False)
    zeroed = {n: torch.where(getattr(batch, n).mask[..., None], getattr(batch, n).values, 0.0) for n in MODALITIES}
    moved = {n: x.roll(3, dims=1) for n, x in zeroed.items()}
    first, second = (system.score(x["text"], x["audio"], x["face"]) for x in (zeroed, moved))
    assert abs(first - second).item() > 1e-3


def test_modality_dropout_acts_in_training_only():
    torch.manual_seed(0)
    system = DmdSystem(small_config(modality_dropout=0.9))
    batch = random_batch(system.config, [6] * 16)
    present = system(batch).present
    assert torch.stack(list(present.values())).any(dim=0).all()
    assert not torch.stack(list(present.values())).all()
    assert torch.stack(list(system.eval()(batch).present.values())).all()


def test_published_dropouts_run():
    drops = Dropouts(text=0.5, attention_text=0.3, attention_audio=0.2, embed=0.2, relu=0.1, residual=0.1, output=0.5)
    torch.manual_seed(0)
    system = DmdSystem(small_config(dropouts=drops))
    batch = random_batch(system.config, [6, 9])
    assert not torch.equal(system(batch).logits, system(batch).logits)
    assert torch.equal(system.predict(batch), system.predict(batch))
