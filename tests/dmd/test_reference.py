import pickle
from pathlib import Path

import pytest
import torch

from dmd.reference import (
    config_from_reference,
    reference_trajectory,
    system_from_reference,
    to_reference_gradients,
    to_reference_outputs,
    to_reference_state,
)
from dmd.reference.names import places
from dmd.system import DmdSystem
from pipeline.errors import FeatureMismatchError, UsageError
from tests.dmd.batches import small_config

ARGS = {
    "dataset_name": "mosi",
    "need_data_aligned": True,
    "feature_dims": [12, 5, 6],
    "use_bert": False,
    "use_finetune": True,
    "attn_mask": True,
    "dst_feature_dim_nheads": [8, 2],
    "nlevels": 2,
    "conv1d_kernel_size_l": 5,
    "conv1d_kernel_size_a": 1,
    "conv1d_kernel_size_v": 3,
    **dict.fromkeys(("text_dropout", "attn_dropout", "attn_dropout_a", "attn_dropout_v", "relu_dropout"), 0.1),
    **dict.fromkeys(("embed_dropout", "res_dropout", "output_dropout"), 0.2),
}
CONFIG = config_from_reference(ARGS)


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return to_reference_state(DmdSystem(CONFIG))


def published_file(path: Path, state) -> Path:
    """A file as the published code writes it: the model alone, bare names, its buffers among them."""
    bare = {n.removeprefix("dmd."): t for n, t in state.items() if n.startswith("dmd.")}
    bare["self_attentions_c_l.version"] = torch.tensor([2.0])
    bare["self_attentions_c_l.embed_positions._float_tensor"] = torch.tensor([torch.nan])
    bare["text_model.model.embeddings.position_ids"] = torch.arange(4)[None]
    torch.save(bare, path)
    return path


def test_every_parameter_has_exactly_one_published_name():
    system = DmdSystem(CONFIG)
    found = places(system)
    assert len({p.published for p in found}) == len({(p.ours, p.index) for p in found}) == len(found)
    held = dict(system.named_parameters())
    assert {p.ours for p in found} == set(held)
    assert sum(p.take(held[p.ours]).numel() for p in found) == sum(p.numel() for p in held.values())


def test_a_published_checkpoint_is_read_with_its_odd_buffers_and_without_kernels(tmp_path, state):
    system = system_from_reference(published_file(tmp_path / "mosi.pth", state), CONFIG)
    found = to_reference_state(system)
    assert all(torch.equal(found[n], t) for n, t in state.items() if n.startswith("dmd."))
    assert all(found[n].isfinite().all() for n in state)


def test_a_bare_mapping_is_read_like_a_prefixed_one(state):
    bare = {n.removeprefix("dmd."): t for n, t in state.items() if n.startswith("dmd.")}
    found = to_reference_state(system_from_reference(bare, CONFIG))
    assert all(torch.equal(found[f"dmd.{n}"], t) for n, t in bare.items())


def test_published_weights_start_the_corrected_objective_too(state):
    config = CONFIG.model_copy(update={"objective": "corrected"})
    system = system_from_reference(state, config)
    assert system.dmd.decoupling.unread is None
    assert torch.equal(system.dmd.decoupling.common.weight, state["dmd.encoder_c.weight"][..., 0])


def test_what_does_not_fit_is_named(state):
    with pytest.raises(FeatureMismatchError, match=r"missing: dmd\.proj_l\.weight"):
        system_from_reference({n: t for n, t in state.items() if n != "dmd.proj_l.weight"}, CONFIG)
    with pytest.raises(FeatureMismatchError, match=r"not of this model: dmd\.extra"):
        system_from_reference({**state, "dmd.extra": torch.zeros(1)}, CONFIG)
    wide = config_from_reference({**ARGS, "feature_dims": [13, 5, 6]})
    with pytest.raises(FeatureMismatchError, match=r"dmd\.proj_l\.weight \(8, 12, 5\) instead of \(8, 13, 5\)"):
        system_from_reference(state, wide)
    with pytest.raises(FeatureMismatchError, match=r"missing: homo\.W_edge\.weight"):
        system_from_reference({n: t for n, t in state.items() if n != "homo.W_edge.weight"}, CONFIG)


class _Harmful:
    def __reduce__(self):
        return (print, ("unpickled",))


def test_a_file_that_runs_code_is_refused(tmp_path, capsys):
    named = r"refused: the checkpoint tries to load \S*print, which is no tensor; nothing of it was run"
    for name, write, said in (
        ("pickle.pth", lambda path: path.write_bytes(pickle.dumps(_Harmful(), protocol=2)), named),
        (
            "new.pth",
            lambda path: path.write_bytes(pickle.dumps(_Harmful())),
            "not a checkpoint that can be read safely",
        ),
        ("torch.pth", lambda path: torch.save({"a": _Harmful()}, path), named),
        ("old.pth", lambda path: torch.save(_Harmful(), path, _use_new_zipfile_serialization=False), named),
        ("text.pth", lambda path: path.write_text("nothing of the kind"), "not a checkpoint that can be read safely"),
        ("cut.pth", lambda path: path.write_bytes(b"PK\x03\x04cut off"), "not a checkpoint that can be read safely"),
    ):
        write(tmp_path / name)
        with pytest.raises(UsageError, match=said) as caught:
            system_from_reference(tmp_path / name, CONFIG)
        assert "weights_only" not in str(caught.value) and "\n" not in str(caught.value)
    assert "unpickled" not in capsys.readouterr().out
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(UsageError, match="not a plain state dict"):
        system_from_reference(tmp_path / "list.pth", CONFIG)
    with pytest.raises(UsageError, match="no such file"):
        system_from_reference(tmp_path / "absent.pth", CONFIG)


def test_published_configurations_are_translated():
    assert (CONFIG.text_dim, CONFIG.audio_dim, CONFIG.face_dim) == (12, 5, 6)
    assert (CONFIG.text_kernel, CONFIG.audio_kernel, CONFIG.face_kernel) == (5, 1, 3)
    assert CONFIG.objective == "reference"
    unaligned = config_from_reference({**ARGS, "need_data_aligned": False, "dataset_name": "mosei"})
    assert (unaligned.text_length, unaligned.audio_length, unaligned.face_length) == (50, 500, 500)
    bert = config_from_reference({**ARGS, "use_bert": True, "feature_dims": [768, 5, 6]})
    assert bert.text_encoder.layers == 12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attn_mask": False}, "attn_mask=false is not supported"),
        ({"use_bert": True, "transformers": "roberta"}, "only 'bert' is supported"),
        ({"dst_feature_dim_nheads": [9, 2]}, "must be even"),
    ],
)
def test_what_the_published_model_does_not_do_is_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        config_from_reference({**ARGS, **changes})


def test_a_missing_entry_is_named():
    with pytest.raises(UsageError, match="'nlevels' is missing"):
        config_from_reference({name: value for name, value in ARGS.items() if name != "nlevels"})


def test_the_loop_takes_tuples_and_mappings_and_throws_the_rest_of_an_epoch_away():
    torch.manual_seed(0)
    batches = [
        (torch.randn(2, 50, 12), torch.randn(2, 50, 5), torch.randn(2, 50, 6), torch.randn(2)) for _ in range(3)
    ]
    named = [dict(zip(("text", "audio", "vision", "labels"), batch, strict=True)) for batch in batches]
    ends = []
    for given in (batches, named):
        torch.manual_seed(1)
        states = list(reference_trajectory(DmdSystem(CONFIG), given, update_epochs=2, epochs=2))
        assert len(states) == 2
        ends.append(states[-1])
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_gradients_are_none_before_any_arrived():
    assert all(g is None for g in to_reference_gradients(DmdSystem(CONFIG)).values())


def test_outputs_of_the_corrected_objective_have_published_names_too():
    torch.manual_seed(0)
    from tests.dmd.batches import random_batch

    system = DmdSystem(small_config())
    found = to_reference_outputs(system(random_batch(system.config, [5, 8])))
    assert found["s_l"].shape == (10, 2, 8)
    assert found["recon_v"].shape == (2, 8, 11)
    assert found["output_logit"].shape == (2, 1)
    assert "proj_s_l" not in found
