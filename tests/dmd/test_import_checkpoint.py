import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dmd.config import DmdConfig, TextEncoderConfig
from dmd.evaluation import evaluate_run
from dmd.import_checkpoint import import_checkpoint
from dmd.reference import to_reference_state
from dmd.reference.checkpoint_file import load_tensors
from dmd.runs.checkpoint import load_run
from dmd.scoring import score_clips, score_dataset
from dmd.system import DmdSystem
from pipeline.errors import FeatureMismatchError, UsageError
from pipeline.formats.mmsa import read_mmsa
from tests.dmd.synthetic import make_clip
from tests.pipeline.bombs import outcome
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa

SHAPES = {
    "aligned": {"text_length": 10, "audio_length": 10, "face_length": 10},
    "unaligned": {"text_length": 10, "audio_length": 23, "face_length": 31, "aligned": False},
    "bert": {
        "text_length": 10, "audio_length": 10, "face_length": 10, "text_dim": 64,
        "text_encoder": TextEncoderConfig(
            hidden_size=64, layers=1, heads=1, intermediate_size=32, vocabulary=2100, positions=32
        ),
    },
}  # fmt: skip


def published(name: str) -> DmdSystem:
    fields = {"text_dim": 16, "width": 10, "heads": 2, "levels": 2, "objective": "reference", **SHAPES[name]}
    torch.manual_seed(0)
    return DmdSystem(DmdConfig(**fields))  # type: ignore[arg-type]


def as_published(system: DmdSystem, *, bare: bool) -> dict[str, torch.Tensor]:
    """What the published code saves: the model alone, with its buffers."""
    state = to_reference_state(system)
    state = {name: value for name, value in state.items() if name.startswith("dmd.")}
    extra = {
        "dmd.trans_l_with_a.version": torch.tensor([2.0]),
        "dmd.trans_l_with_a._float_tensor": torch.tensor([1e30]),
    }
    named = {**state, **extra}
    return {name.removeprefix("dmd."): value for name, value in named.items()} if bare else named


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("name", list(SHAPES))
def test_an_imported_checkpoint_scores_as_the_model_it_was(tmp_path: Path, name: str, bare: bool) -> None:
    system = published(name)
    torch.save(as_published(system, bare=bare), tmp_path / "dmd.pth")
    record = import_checkpoint(tmp_path / "dmd.pth", tmp_path / "run")
    assert record.model.model_dump(exclude={"dropouts", "text_encoder"}) == system.config.model_dump(
        exclude={"dropouts", "text_encoder"}
    )
    lengths = (10, record.model.audio_length, record.model.face_length)
    content = mmsa_content(lengths=lengths, widths=(record.model.text_dim, 5, 20))
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    run = load_run(tmp_path / "run", "cpu")
    part = content["test"]
    text = part["text_bert"] if name == "bert" else part["text"]
    arrays = [torch.tensor(values.astype(np.float32)) for values in (text, part["audio"], part["vision"])]
    np.testing.assert_allclose(run.predict(data, data.rows_in("test"))[0], system.score(*arrays), atol=2e-5)


def test_it_evaluates_and_scores_without_interval(tmp_path: Path) -> None:
    torch.save(as_published(published("aligned"), bare=True), tmp_path / "dmd.pth")
    import_checkpoint(tmp_path / "dmd.pth", tmp_path / "run")
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", mmsa_content()))
    run = load_run(tmp_path / "run", "cpu")
    assert evaluate_run(run, data, "test")["n"] == 6
    row = next(iter(score_dataset(run, data))).as_columns()
    assert row["score_low"] is None and row["modalities"] == "text+audio+face"


def test_the_label_range_is_that_of_the_layout(tmp_path: Path) -> None:
    fields = {"text_dim": 16, "audio_dim": 33, "face_dim": 709, "width": 10, "heads": 2, "levels": 2}
    system = DmdSystem(DmdConfig(**fields, objective="reference", **SHAPES["aligned"]))  # type: ignore[arg-type]
    torch.save(as_published(system, bare=True), tmp_path / "sims.pth")
    assert import_checkpoint(tmp_path / "sims.pth", tmp_path / "sims").targets.label_range == (-1.0, 1.0)
    torch.save(as_published(published("aligned"), bare=True), tmp_path / "mosi.pth")
    assert import_checkpoint(tmp_path / "mosi.pth", tmp_path / "mosi").targets.label_range == (-3.0, 3.0)


def test_it_cannot_score_open_features_and_says_which(tmp_path: Path) -> None:
    torch.save(as_published(published("aligned"), bare=True), tmp_path / "dmd.pth")
    import_checkpoint(tmp_path / "dmd.pth", tmp_path / "run")
    with pytest.raises(FeatureMismatchError, match=r"missing covarep_000.*unknown pitch_semitones.*CMU-MOSI"):
        list(score_clips(load_run(tmp_path / "run"), [make_clip(0)]))


def test_what_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(UsageError, match="no checkpoint of the published DMD model"):
        import_checkpoint(tmp_path / "other.pth", tmp_path / "run")
    state = as_published(published("aligned"), bare=True)
    del state["weight_c.bias"]
    torch.save(state, tmp_path / "half.pth")
    with pytest.raises(FeatureMismatchError, match=r"missing: dmd\.weight_c\.bias"):
        import_checkpoint(tmp_path / "half.pth", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_that_unfolds_is_refused_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, packed = tmp_path / "whole.pth", tmp_path / "packed.pth"
    torch.save({"weight": torch.zeros(1 << 20)}, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert packed.stat().st_size < 20_000
    monkeypatch.setattr(torch, "load", lambda *_args, **_options: pytest.fail("it was loaded"))
    with pytest.raises(UsageError, match=r"packed.pth: refused: it is compressed \(\d+ bytes that become 4\d+\)"):
        import_checkpoint(packed, tmp_path / "run")


def test_archives_only_torch_can_read_and_tensors_without_their_numbers_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(8)}, tmp_path / "whole.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "whole.pth").read_bytes()[:-30])
    torch.save({"weight": torch.zeros(1).expand(10, 1000)}, tmp_path / "wide.pth")
    for name, reason in (
        ("cut.pth", r"not a checkpoint that can be read safely \(a damaged archive\)"),
        ("wide.pth", "'weight' is larger than what the file holds"),
    ):
        with pytest.raises(UsageError, match=reason):
            import_checkpoint(tmp_path / name, tmp_path / "run")
    with pytest.raises(UsageError, match="is no regular file"):
        import_checkpoint(tmp_path, tmp_path / "run")


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    torch.save(as_published(published("aligned"), bare=True), tmp_path / "dmd.pth")
    with pytest.raises(UsageError, match="is there already"):
        import_checkpoint(tmp_path / "dmd.pth", tmp_path)


@pytest.mark.parametrize("old", [False, True])
def test_a_key_that_is_hashed_for_ever_is_refused(tmp_path: Path, old: bool) -> None:
    key: tuple[object, ...] = ()
    for _ in range(60):
        key = (key, key)
    text = pickle.dumps(key, 2)[2:-1]
    torch.save({"weight": torch.zeros(2)}, tmp_path / "x.pth", _use_new_zipfile_serialization=not old)
    whole = (tmp_path / "x.pth").read_bytes()
    if old:
        at = whole.index(b"X\x06\x00\x00\x00weight")
        (tmp_path / "x.pth").write_bytes(whole[:at] + text + whole[at + 11 :])
    else:
        with zipfile.ZipFile(tmp_path / "x.pth") as source, zipfile.ZipFile(tmp_path / "y.pth", "w") as target:
            for name in source.namelist():
                target.writestr(name, source.read(name).replace(b"X\x06\x00\x00\x00weight", text))
        (tmp_path / "y.pth").replace(tmp_path / "x.pth")
    with pytest.raises(UsageError, match=r"x\.pth: refused: it names a tuple again and again"):
        import_checkpoint(tmp_path / "x.pth", tmp_path / "run")


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_a_checkpoint_of_holes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    whole = (tmp_path / "x.pth").read_bytes()
    (tmp_path / "x.pth").write_bytes(whole.replace(b"K\x02", b"J\x00\x00\x00\x70"))  # 7.5 GB of floats
    read = "import_checkpoint(path, path.with_name('run'))"
    said = outcome(tmp_path / "x.pth", read, "from dmd.import_checkpoint import import_checkpoint")
    assert said.startswith("refused")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=6), st.booleans())
def test_a_damaged_checkpoint_ends_in_one_line_or_in_tensors(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], old: bool
) -> None:
    path = tmp_path_factory.mktemp("c") / "x.pth"
    torch.save({"a": torch.zeros(3), "b": torch.ones(2, 2)}, path, _use_new_zipfile_serialization=not old)
    content = bytearray(path.read_bytes())
    for at, byte in changes:
        content[at % len(content)] = byte
    path.write_bytes(content)
    try:
        load_tensors(path)
    except UsageError as error:
        assert str(path) in str(error) and "\n" not in str(error)
