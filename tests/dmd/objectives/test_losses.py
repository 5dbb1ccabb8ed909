from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from dmd.objectives.separation import mean_square, orthogonality
from dmd.system import DmdSystem
from pipeline.batch import Batch
from pipeline.errors import UsageError
from tests.dmd.batches import random_batch, small_config, without


def system_of(**changes):
    torch.manual_seed(0)
    return DmdSystem(small_config(**changes))


def test_terms_add_up_with_the_published_weights():
    system = system_of(hetero_representation="apart", homo_representation="together")
    _, terms = system.step_losses(random_batch(system.config, [5, 9, 12]))
    tasks = terms.task + terms.common_task + sum(terms.homo_task.values()) + sum(terms.hetero_task.values())
    units = sum(u.logits + u.regulariser + u.representation for u in (terms.homo, terms.hetero))
    rest = sum(terms.cycle.values()) + sum(terms.reconstruction.values())
    rest = rest + 0.1 * (terms.margin + sum(terms.orthogonality.values()))
    torch.testing.assert_close(terms.total, tasks + 0.05 * units + 0.1 * rest)


def test_every_term_has_one_name():
    system = system_of()
    named = system.step_losses(random_batch(system.config, [5, 9]))[1].named()
    assert len(named) == 4 + 5 * 3 + 2 * 3
    assert not any(term.requires_grad for term in named.values())


@pytest.mark.parametrize("weights", [None, (1.0, 2.0, 0.5, 3.0)])
def test_classification_is_torchs_cross_entropy(weights):
    system = system_of(task="classification", classes=4, class_weights=weights)
    batch = random_batch(system.config, [5, 9, 12, 3, 7])
    output, terms = system.step_losses(batch)
    weight = None if weights is None else torch.tensor(weights)
    assert output.logits.shape == (5, 4)
    torch.testing.assert_close(terms.task, functional.cross_entropy(output.logits, batch.labels, weight=weight))
    torch.testing.assert_close(
        terms.homo_task["text"], functional.cross_entropy(output.homo["text"].logits, batch.labels, weight=weight)
    )
    torch.testing.assert_close(system.predict(batch).sum(dim=1), torch.ones(5))


def test_a_missing_modality_takes_no_part_in_its_own_losses():
    system = system_of()
    batch = without(random_batch(system.config, [5, 9, 12]), "face")
    output, terms = system.step_losses(batch)
    for group in (terms.homo_task, terms.hetero_task, terms.reconstruction, terms.cycle, terms.orthogonality):
        assert group["face"] == 0
        assert group["text"] != 0
    assert not output.present["face"].any()


def test_equal_labels_leave_the_margin_without_a_gradient():
    system = system_of()
    batch = random_batch(system.config, [5, 9, 12])
    _, terms = system.step_losses(replace(batch, labels=torch.full((3,), 0.4)))
    terms.total.backward()
    assert terms.margin == 0
    assert all(p.grad is None for p in system.dmd.decoupling.summary.parameters())


def test_labels_are_needed():
    system = system_of()
    batch = random_batch(system.config, [5])
    with pytest.raises(UsageError, match="no labels; training needs them"):
        system.step_losses(Batch(batch.text, batch.audio, batch.face))


def test_published_losses_need_the_reference_objective():
    with pytest.raises(UsageError, match="configure objective='reference'"):
        system_of().losses(*(torch.zeros(1, 12, d) for d in (7, 5, 6)), torch.zeros(1))


def test_means_run_over_the_steps_that_count():
    x, y = torch.zeros(2, 3, 4), torch.ones(2, 3, 4)
    y[0, 2] = 100
    steps = torch.tensor([[True, True, False], [True, False, False]])
    assert mean_square(x, y, steps) == 1
    assert mean_square(x, y, torch.zeros_like(steps)) == 0
    assert mean_square(x, y, None) == y.square().mean()


def test_orthogonality_is_taken_over_features_and_in_the_published_way_over_the_batch():
    system = system_of()
    parts = system(random_batch(system.config, [12, 12, 5])).decoupled["text"]
    s, c, real = parts.specific, parts.common, parts.observed
    per_step = torch.cosine_similarity(s, c, dim=2).clamp(min=0)[real].mean()
    torch.testing.assert_close(orthogonality(parts, published=False), per_step)
    over_batch = torch.cosine_similarity(s, c, dim=0).clamp(min=0).mean()
    torch.testing.assert_close(orthogonality(parts, published=True), over_batch)


def test_orthogonal_features_cost_nothing_and_equal_ones_one():
    system = system_of()
    parts = system(random_batch(system.config, [12])).decoupled["text"]
    same = replace(parts, common=parts.specific)
    opposite = replace(parts, common=-parts.specific)
    assert orthogonality(same, published=False).item() == pytest.approx(1, abs=1e-5)
    assert orthogonality(opposite, published=False) == 0
