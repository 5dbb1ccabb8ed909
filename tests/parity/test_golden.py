"""The reference objective computes what the published code computes."""

import numpy as np
import pytest
import torch

from dmd.reference import (
    reference_trajectory,
    to_reference_gradients,
    to_reference_losses,
    to_reference_outputs,
    to_reference_state,
)
from tests.parity.golden import GIVEN, Case, cases, identifier

OUTPUTS_ABS = {"fp32": 1e-5, "fp64": 1e-10}
LOSSES_REL = {"fp32": 1e-5, "fp64": 1e-10}
GRADIENTS_REL = 1e-8
TRAJECTORY = 1e-9
NOTHING = 1e-15
"""Below this a double-precision gradient is rounding noise on an exact zero (a bias in front of a softmax)."""

CASES = cases()
PRECISIONS = [(case, p) for case in CASES for p in ("fp32", "fp64") if p in case.record]


def _id(value: object) -> str:
    return identifier(value) if isinstance(value, Case) else str(value)


def test_there_are_cases_and_the_given_folder_was_read():
    own = [case for case in CASES if identifier(case).startswith("own")]
    assert len(own) == 4
    if not GIVEN.exists():
        pytest.skip(f"no golden folder at {GIVEN}: only the repository's own cases were checked")
    assert len(CASES) > len(own)


@pytest.fixture(scope="module", params=PRECISIONS, ids=lambda pair: f"{_id(pair[0])}-{pair[1]}")
def computed(request):
    """One forward and backward pass over batch 0."""
    case, precision = request.param
    system = case.system(precision)
    output, terms = system.losses(*case.batch(0, precision))
    terms.total.backward()
    return case, precision, system, output, terms


def test_outputs_match(computed):
    case, precision, _, output, _ = computed
    ours = to_reference_outputs(output)
    stored = {name.removeprefix(f"{precision}."): t for name, t in case.outputs.items() if name.startswith(precision)}
    checked = 0
    for name, expected in stored.items():
        if name.startswith(("out.", "edges_")):
            found = ours[name.removeprefix("out.")]
            torch.testing.assert_close(
                found, expected, rtol=0, atol=OUTPUTS_ABS[precision], msg=lambda m, n=name: n + m
            )
            checked += 1
    assert checked >= 25
    assert all(name in ours for name in _published_outputs(case))


def _published_outputs(case):
    return [name.split("out.")[1] for name in case.record.get("out_shapes", {}) if ".out." in name]


def test_loss_terms_match(computed):
    case, precision, system, _, terms = computed
    recorded = case.record[precision]
    _compare_losses(terms, recorded["losses"], precision)
    for index, expected in enumerate(recorded.get("losses_per_batch", [])):
        _compare_losses(system.losses(*case.batch(index, precision))[1], expected, precision)
    if "losses_B1" in recorded:
        alone = [part[:1] for part in case.batch(0, precision)]
        _compare_losses(system.losses(*alone)[1], recorded["losses_B1"], precision)


def _compare_losses(terms, expected, precision):
    ours = {name: term.item() for name, term in to_reference_losses(terms).items()}
    assert ours.keys() == expected.keys()
    assert ours == pytest.approx(expected, rel=LOSSES_REL[precision], abs=0)


def test_gradients_arrive_exactly_where_published_ones_do_and_have_their_norms(computed):
    case, precision, system, *_ = computed
    expected = case.record[precision].get("grad_l2")
    if expected is None:
        pytest.skip("no gradient norms in this precision")
    ours = to_reference_gradients(system)
    assert list(ours) == list(expected)
    assert [n for n, g in ours.items() if g is None] == [n for n, norm in expected.items() if norm is None]
    if precision == "fp64":
        norms = {name: float(g.norm()) for name, g in ours.items() if g is not None}
        for name, norm in norms.items():
            assert norm == pytest.approx(expected[name], rel=GRADIENTS_REL, abs=NOTHING), name


def test_stored_gradients_match(computed):
    case, precision, system, *_ = computed
    prefix = f"{precision}.grad."
    # Some cases hold gradients that were zeroed before they were stored; their norms above are not zero.
    stored = {n.removeprefix(prefix): g for n, g in case.outputs.items() if n.startswith(prefix) and g.any()}
    if not stored:
        pytest.skip("no gradients stored")
    ours = to_reference_gradients(system)
    for name, expected in stored.items():
        tolerance = {"fp32": 1e-5, "fp64": GRADIENTS_REL}[precision] * float(expected.abs().max())
        torch.testing.assert_close(ours[name], expected, rtol=0, atol=tolerance)


def test_evaluation_mode_changes_nothing_without_dropout(computed):
    case, precision, system, _, terms = computed
    system.eval()
    _, again = system.losses(*case.batch(0, precision))
    system.train()
    assert again.total.item() == terms.total.item()


def test_score_is_the_published_output(computed):
    case, precision, system, output, _ = computed
    scored = system.score(*case.batch(0, precision)[:3])
    torch.testing.assert_close(scored, output.logits.detach(), rtol=0, atol=OUTPUTS_ABS[precision] / 10)


@pytest.mark.parametrize("case", [c for c in CASES if any(c.trajectories())], ids=_id)
def test_training_trajectories_match(case):
    for update_epochs, expected in case.trajectories():
        system = case.system("fp64")
        count = case.batches if update_epochs == 2 else 12
        batches = [case.batch(index % case.batches, "fp64") for index in range(count)]
        names = [str(name) for name in expected["names"]]
        steps = len(expected["l2"])
        epochs = steps // (count // update_epochs)
        state, done = {}, 0
        for state in reference_trajectory(system, batches, update_epochs, epochs):
            _compare_norms(state, expected["l2"][done], names)
            _compare_norms(to_reference_gradients(system), expected["grad_l2"][done], names)
            done += 1
        assert done == steps
        for name in (key.removeprefix("final.") for key in expected if key.startswith("final.")):
            np.testing.assert_allclose(state[name].numpy(), expected[f"final.{name}"], rtol=0, atol=TRAJECTORY)


def _compare_norms(tensors, expected, names):
    norms = [np.nan if tensors[name] is None else float(tensors[name].norm()) for name in names]
    np.testing.assert_allclose(norms, expected, rtol=TRAJECTORY, atol=NOTHING, equal_nan=True)


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_weights_survive_the_way_in_and_out(case):
    state = to_reference_state(case.system("fp32"))
    parameters = [n for n in case.weights if not n.endswith((".version", "._float_tensor"))]
    assert list(state) == sorted(parameters, key=list(state).index)
    for name in parameters:
        assert torch.equal(state[name], case.weights[name]), name


@pytest.mark.parametrize("case", [c for c in CASES if "n_params" in c.record], ids=_id)
def test_parameter_counts_match(case):
    system = case.system("fp32")
    counts = {name: sum(p.numel() for p in getattr(system, name).parameters()) for name in ("dmd", "homo", "hetero")}
    assert counts == case.record["n_params"]
