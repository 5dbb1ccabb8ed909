import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dmd.config import Dropouts
from dmd.learning import seed_training
from dmd.learning.history import read_history
from dmd.learning.seed_job import TrainingProgress
from dmd.model_shape import input_shape
from dmd.reference import reference_trajectory, to_reference_state
from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.system import DmdSystem
from dmd.training import train_run
from dmd.training_config import TrainingConfig
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.datasets.collate import Collator
from pipeline.datasets.normaliser import NormaliserConfig, fit_normaliser
from pipeline.errors import PipelineError, SplitError, StoreError, UsageError
from pipeline.formats.mmsa import read_mmsa
from tests.dmd.quick import QUICK, SMALL, quick, weights
from tests.dmd.synthetic import Recipe, make_clip, make_dataset
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa


def test_it_learns_and_leaves_a_run_that_can_be_loaded(data: Dataset, tmp_path: Path) -> None:
    summary = train_run(data, tmp_path / "run", quick(epochs=25))
    valid = summary.evaluation["valid"]
    assert valid["mae"] < 1.0 and valid["corr"] > 0.7
    assert set(summary.evaluation) == {"valid", "test"}
    run = load_run(tmp_path / "run")
    assert run.modalities == ("text", "audio", "face")
    assert run.record.removed_columns["audio"] == ("flat",)
    assert any("1 audio columns are constant" in note and "flat" in note for note in summary.notes)
    assert run.record.splits["test"] == tuple(clip.clip_id for clip in data.clips if clip.split == "test")
    rows = read_history(tmp_path / "run" / "history.csv")
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["train_task"] < rows[0]["train_task"]
    assert sum(v for k, v in rows[0].items() if k.startswith("train_homo_edge")) == pytest.approx(1, abs=1e-4)


def test_the_same_seed_gives_the_same_bytes(data: Dataset, whole: Path, tmp_path: Path) -> None:
    train_run(data, tmp_path / "run", QUICK)
    assert weights(tmp_path / "run") == weights(whole)
    assert weights(whole, 1) != weights(whole, 2)


def test_what_torch_was_set_to_does_not_matter_and_stays(data: Dataset, whole: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    try:
        train_run(data, tmp_path / "run", QUICK)
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), state)
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_num_threads(before)
    assert weights(tmp_path / "run") == weights(whole)


def test_seeds_at_the_same_time_are_the_same_seeds(data: Dataset, whole: Path, tmp_path: Path) -> None:
    events: list[TrainingProgress] = []
    train_run(data, tmp_path / "run", quick(seeds=2, jobs=2), events.append)
    for seed in (1, 2):
        assert weights(tmp_path / "run", seed) == weights(whole, seed)
    assert {event.seed for event in events} == {1, 2}
    assert not (tmp_path / "run" / "work").exists()


def test_a_failing_process_is_said(data: Dataset, tmp_path: Path) -> None:
    wild = quick(seeds=2, jobs=2, learning_rate=1e30, epochs=4)
    with pytest.raises(PipelineError, match="is not a number"):
        train_run(data, tmp_path / "run", wild)


def test_missing_splits_and_labels_are_said(data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="no split 'valid'; there is train"):
        train_run(data.with_splits(["train"] * len(data.clips)), tmp_path / "a", QUICK)
    bare = replace(data, clips=tuple(replace(clip, targets={}) for clip in data.clips))
    with pytest.raises(UsageError, match="no training clip has a 'label'"):
        train_run(bare, tmp_path / "b", QUICK)
    with pytest.raises(UsageError, match="no numbers; train with task=classification"):
        train_run(make_dataset(Recipe(classes=True)), tmp_path / "c", QUICK)


def test_clips_without_label_are_left_out_and_counted(data: Dataset, tmp_path: Path) -> None:
    at = next(i for i, clip in enumerate(data.clips) if clip.split == "train")
    clips = tuple(replace(clip, targets={} if i == at else clip.targets) for i, clip in enumerate(data.clips))
    summary = train_run(replace(data, clips=clips), tmp_path / "run", quick(epochs=1))
    assert "1 clips of train and valid have no 'label' and are left out" in summary.notes


def test_classification_trains_with_weights_and_is_calibrated(tmp_path: Path) -> None:
    data = make_dataset(Recipe(clips=32, classes=True))
    config = quick(task="classification", class_weights="balanced", epochs=15)
    summary = train_run(data, tmp_path / "run", config)
    assert summary.evaluation["valid"]["accuracy"] > 0.8
    record = load_run(tmp_path / "run").record
    assert record.targets.classes == ("anger", "joy")
    assert record.model.class_weights is not None and len(record.model.class_weights) == 2
    assert record.calibration is not None and record.calibration.kind == "classification"


def test_text_alone_trains_a_text_only_model(tmp_path: Path) -> None:
    clips = [make_clip(n, modalities=("text",)) for n in range(24)]
    train_run(dataset_from_clips(clips), tmp_path / "run", quick(epochs=1))
    assert load_run(tmp_path / "run").modalities == ("text",)


@pytest.mark.parametrize(
    ("lengths", "widths", "bound"),
    [((10, 10, 10), (16, 5, 20), 3.0), ((10, 24, 30), (16, 5, 20), 3.0), ((9, 30, 12), (16, 33, 17), 1.0)],
    ids=["mosi_aligned", "mosi_unaligned", "sims"],
)
def test_public_layouts_train_and_the_published_split_is_used(
    tmp_path: Path, lengths: tuple[int, int, int], widths: tuple[int, int, int], bound: float
) -> None:
    content = mmsa_content(lengths=lengths, widths=widths, bound=bound)
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    summary = train_run(data, tmp_path / "run", quick(epochs=1))
    assert summary.clips == {"train": 12, "valid": 6, "test": 6}
    record = load_run(tmp_path / "run").record
    assert record.targets.label_range == (-bound, bound)
    assert record.model.aligned == (len(set(lengths)) == 1)
    assert record.provenance["source_sha256"] == data.source_sha256


def test_the_published_loop_trains_on_raw_features(tmp_path: Path) -> None:
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", mmsa_content(counts=(40, 6, 6))))
    config = quick(objective="reference", epochs=1, batch_size=2, accumulate=None, learning_rate=None)
    summary = train_run(data, tmp_path / "run", config)
    rows = read_history(tmp_path / "run" / "history.csv")
    assert rows[0]["learning_rate"] == 1e-4
    assert rows[0]["valid_loss"] == round(rows[0]["valid_loss"], 4)
    assert summary.notes == ()


def test_the_published_loop_gives_the_published_steps(tmp_path: Path) -> None:
    """The same weights as `dmd.reference.reference_trajectory` over the same batches."""
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", mmsa_content(counts=(22, 4, 4))))
    settings = SMALL.model_copy(update={"dropouts": Dropouts()})
    config = quick(objective="reference", epochs=1, batch_size=4, accumulate=2, model=settings, learning_rate=1e-4)
    train_run(data, tmp_path / "run", config)
    run = load_run(tmp_path / "run", "cpu")
    torch.manual_seed(1)
    system = DmdSystem(run.record.model)
    rows = data.rows_in("train")
    normaliser = fit_normaliser(data, rows, NormaliserConfig(method="none"))
    targets = np.array([float(clip.targets["label"]) for clip in data.clips], np.float32)
    collate = Collator(data, normaliser, input_shape(run.record.model), targets)
    order = rows[torch.randperm(22, generator=torch.Generator().manual_seed(1_000_003)).numpy()]
    batches = [collate(order[first : first + 4]) for first in range(0, 22, 4)]
    arrays = [(b.text.values, b.audio.values, b.face.values, b.labels) for b in batches]  # type: ignore[union-attr]
    states = list(reference_trajectory(system.train(), arrays, 2, 1))  # type: ignore[arg-type]
    assert len(states) == 3
    for name, value in to_reference_state(run.systems[0]).items():
        torch.testing.assert_close(value, states[-1][name], rtol=0, atol=1e-6)


def test_an_epoch_shorter_than_the_published_window_is_one_step(tmp_path: Path) -> None:
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", mmsa_content()))
    summary = train_run(data, tmp_path / "run", quick(objective="reference", epochs=1, learning_rate=None))
    assert any("here a step is an epoch" in note for note in summary.notes)


def test_features_of_a_store_are_normalised_under_either_objective(data: Dataset, tmp_path: Path) -> None:
    train_run(data, tmp_path / "run", quick(objective="reference", epochs=1, learning_rate=None))
    assert load_run(tmp_path / "run").normaliser.config == NormaliserConfig()


def test_early_stopping_keeps_the_best_epoch(data: Dataset, tmp_path: Path) -> None:
    config = quick(epochs=30, early_stop=2, patience=0, learning_rate=0.05)
    (seed,) = train_run(data, tmp_path / "run", config).seeds
    rows = read_history(tmp_path / "run" / "history.csv")
    losses = [row["valid_loss"] for row in rows]
    assert seed.epochs < 30 and seed.best_epoch == int(np.argmin(losses)) + 1
    assert seed.epochs == seed.best_epoch + 2
    assert rows[-1]["learning_rate"] < rows[0]["learning_rate"]


def test_accumulated_gradients_are_averaged_and_no_batch_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without dropout and with losses that are means over samples, 4 batches of 2 are one batch of 8."""

    def descent(system: DmdSystem, config: TrainingConfig) -> torch.optim.Optimizer:
        return torch.optim.SGD(system.parameters(), lr=config.rate)  # linear in the gradients, as Adam is not

    monkeypatch.setattr(seed_training, "_optimizer", descent)
    data = make_dataset(Recipe(clips=28))
    settings = SMALL.model_copy(
        update={"dropouts": Dropouts(), "modality_dropout": 0.0, "modalities": ("text",), "decoupling": False}
    )
    found = []
    for name, size, window in (("one", 8, 1), ("four", 2, 4)):
        config = quick(epochs=1, batch_size=size, accumulate=window, model=settings, learning_rate=0.1, clip=1e9)
        train_run(data, tmp_path / name, config)
        found.append(load_run(tmp_path / name, "cpu").systems[0].state_dict())
    for name, value in found[0].items():
        torch.testing.assert_close(value, found[1][name], rtol=0, atol=1e-6)


def test_logs_are_read_by_tensorboard(data: Dataset, tmp_path: Path) -> None:
    train_run(data, tmp_path / "run", quick(tensorboard=True))
    events = EventAccumulator(str(tmp_path / "run" / "seed-1" / "logs"))
    events.Reload()
    assert [event.step for event in events.Scalars("valid/loss")] == [1, 2]
    assert "train/task" in events.Tags()["scalars"]


def test_the_hub_mixin_round_trips_a_local_folder(data: Dataset, whole: Path, tmp_path: Path) -> None:
    load_run(whole).save_pretrained(tmp_path / "saved")
    back = TrainedRun.from_pretrained(str(tmp_path / "saved"))
    rows = np.arange(5)
    np.testing.assert_array_equal(back.predict(data, rows), load_run(whole).predict(data, rows))


def test_a_damaged_run_is_said(data: Dataset, whole: Path, tmp_path: Path) -> None:
    load_run(whole).save_pretrained(tmp_path / "saved")
    (tmp_path / "saved" / "seed-1" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(StoreError, match=r"model\.safetensors: is damaged or missing"):
        load_run(tmp_path / "saved").predict(data, np.arange(1))
    record = json.loads((tmp_path / "saved" / "run.json").read_text())
    (tmp_path / "saved" / "run.json").write_text(json.dumps({**record, "format": 99}))
    with pytest.raises(StoreError, match="damaged or of another version"):
        load_run(tmp_path / "saved")
    with pytest.raises(StoreError, match=r"holds no trained model; make one with `dmd train"):
        load_run(tmp_path)


def test_a_run_of_another_version_says_so_and_what_to_do(data: Dataset, whole: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    load_run(whole).save_pretrained(tmp_path / "saved")
    path = tmp_path / "saved" / "seed-1" / "model.safetensors"
    found = load_file(path)
    renamed = {name.replace("text.convolution", "text.weight"): value for name, value in found.items()}
    save_file(renamed, path)
    with pytest.raises(StoreError) as caught:
        load_run(tmp_path / "saved").predict(data, np.arange(1))
    message = str(caught.value)
    assert "was trained by another version of this program" in message
    assert "dmd.projection.text.weight is unknown, dmd.projection.text.convolution is missing" in message
    assert "train again into a new folder: `dmd train SOURCE --out NEW`" in message


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_training_on_a_gpu_never_makes_the_host_wait_inside_a_step(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = seed_training._SeedTraining._step

    def watched(self: Any, window: Any) -> None:
        if self.position.epoch:  # the first steps set up libraries
            torch.cuda.set_sync_debug_mode("error")
        try:
            step(self, window)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(seed_training._SeedTraining, "_step", watched)
    train_run(data, tmp_path / "run", quick(device="cuda", epochs=3))
