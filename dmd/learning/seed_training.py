"""One seed: the training loop, its validation, early stopping and checkpoints."""

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dmd.device import repeatable, torch_device
from dmd.learning.captured import CapturedPass
from dmd.learning.history import TensorBoardLog, edge_names, write_history
from dmd.learning.seed_job import DONE, Progress, SeedJob, SeedResult, TrainingProgress, finished_seed
from dmd.learning.seed_state import STATE, Position, load_state, save_state
from dmd.learning.validation import f1_weighted, loss, published_loss
from dmd.model_shape import input_shape
from dmd.prediction import clip_means, predict_rows
from dmd.runs.folder import MODEL
from dmd.system import DmdSystem
from dmd.training_config import TrainingConfig
from pipeline.batch import Batch
from pipeline.dataset import Rows
from pipeline.datasets.collate import Collator
from pipeline.datasets.resident import Batches
from pipeline.errors import PipelineError
from pipeline.files import demand_regular, make_folder, write_whole

IMPROVEMENT = 1e-6
"""What epochs are compared by must fall by this to count as better."""


def train_seed(job: SeedJob, progress: Progress | None = None) -> SeedResult:
    """Train one seed, or take it up where it was killed, or return at once if it is done.

    Raises
    ------
    PipelineError
        The loss is not a number any more.
    """
    done = finished_seed(job.folder, job.seed)
    if done is not None:
        return done
    make_folder(job.folder)
    with repeatable(torch_device(job.config.device), job.config.threads):
        return _SeedTraining(job, progress or (lambda _: None)).run()


class _SeedTraining:
    """The loop and what it changes: weights, optimizer, position."""

    def __init__(self, job: SeedJob, progress: Progress) -> None:
        self.job, self.config, self.progress = job, job.config, progress
        self.device = torch_device(job.config.device)
        torch.manual_seed(job.seed)
        self.system = DmdSystem(job.model)
        encoder = self.system.dmd.text_encoder
        if encoder is not None and job.config.text_model is not None:
            encoder.load_pretrained(job.config.text_model)
        self.system.to(self.device)
        self.optimizer = _optimizer(self.system, job.config)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, mode="min", factor=0.5, patience=job.config.patience
        )
        self.collator = Collator(job.dataset, job.normaliser, input_shape(job.model), job.targets)
        self.batches = Batches(self.collator, job.train, self.device)
        longest = encoder.config.positions if encoder is not None else 0
        self.captured = CapturedPass(self._pass, [*self.system.parameters()], self.device, longest=longest)
        batches = -(-len(job.train) // job.config.batch_size)
        # The published loop throws away what is left of an epoch after the last whole window of batches. Where
        # an epoch has not even one, it would never take a step; then the epoch is the window.
        self.window = min(job.config.window, batches)
        self.steps = batches // self.window if job.config.reference else -(-batches // self.window)
        self.sums = torch.zeros(0, device=self.device)
        self.names: tuple[str, ...] = ()
        self.position = Position()
        self.saved_at = time.monotonic()
        self.log = TensorBoardLog(job.folder / "logs")

    def run(self) -> SeedResult:
        self._take_up()
        try:
            while not self._ended():
                self._epoch()
        finally:
            self.log.close()
        return self._finish()

    # --- one epoch

    def _epoch(self) -> None:
        windows = self._windows()
        self.system.train()
        for batches in self.batches.ahead(windows[self.position.step : self.steps]):
            self._step(batches)
            self.position.step += 1
            self._report()
            if time.monotonic() - self.saved_at >= self.config.checkpoint_s and self.position.step < self.steps:
                self._save()
        row = self._summary()
        value = self._validate(row)
        self.scheduler.step(value)
        self.position.epoch, self.position.step = self.position.epoch + 1, 0
        self.position.history.append(row)
        self._keep_best(value)
        self.sums.zero_()
        write_history(self.job.folder / "history.csv", self.job.seed, self.position.history)
        if self.config.tensorboard:
            self.log.write(row)
        self._save()
        self._report(row["valid_loss"])

    def _windows(self) -> list[list[Rows]]:
        """Return the batches of each step of the epoch under way, in an order of its own."""
        generator = torch.Generator().manual_seed(self.job.seed * 1_000_003 + self.position.epoch)
        order = self.job.train[torch.randperm(len(self.job.train), generator=generator).numpy()]
        size = self.config.batch_size
        batches = [order[first : first + size] for first in range(0, len(order), size)]
        return [batches[first : first + self.window] for first in range(0, len(batches), self.window)]

    def _step(self, batches: list[Batch]) -> None:
        """Take one optimizer step; on a GPU nothing in it makes the host wait."""
        self.optimizer.zero_grad(set_to_none=not self.config.reference)
        total = sum(batch.size for batch in batches)
        for batch in batches:
            # Published: gradients of the batches are summed and clipped each time; corrected: averaged, clipped once.
            share = 1.0 if self.config.reference else batch.size / total
            row = self.captured(batch, share)
            if self.config.reference:
                torch.nn.utils.clip_grad_value_(self.system.parameters(), self.config.clip)
            if not self.sums.numel():
                self.sums = torch.zeros_like(row)
            self.sums += row * batch.size
        if not self.config.reference:
            torch.nn.utils.clip_grad_value_(self.system.parameters(), self.config.clip)
        self.optimizer.step()

    def _pass(self, batch: Batch, share: Tensor) -> Tensor:
        """Do forward and backward; return a batch's losses and graph edges, and a 1, on the device."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half(), cache_enabled=False):
            output, terms = self.system.step_losses(batch)
        torch.autograd.backward(terms.total * share)
        found = terms.named()
        for kind, edges in (("homo", output.homo_edges), ("hetero", output.hetero_edges)):
            if edges is not None:
                means = edges.weights.detach().mean(dim=0)
                found |= dict(zip(edge_names(kind, self.job.model.vertices), means, strict=True))
        self.names = (*found, "count")
        return torch.stack([*(value.detach().float() for value in found.values()), terms.total.new_ones(())])

    def _half(self) -> bool:
        auto = self.config.precision == "auto" and not self.config.reference
        return self.device.type == "cuda" and (auto or self.config.precision == "bf16")

    def _summary(self) -> dict[str, float]:
        values = self.sums.cpu().tolist()
        if not np.isfinite(values).all():
            raise PipelineError(
                f"{self.job.folder}: the training loss is not a number after epoch {self.position.epoch + 1}; lower "
                "the learning rate, or let the normaliser scale the features"
            )
        means = {f"train_{name}": value / values[-1] for name, value in zip(self.names, values, strict=True)}
        del means["train_count"]
        rate = float(self.optimizer.param_groups[0]["lr"])
        return {"epoch": float(self.position.epoch + 1), "learning_rate": rate, **means}

    # --- validation

    def _validate(self, row: dict[str, float]) -> float:
        """Return what the epochs are compared by, lower is better, and put the validation loss into the row."""
        found = predict_rows(self.system, self.collator, self.job.valid, self.device)
        truth = self.job.targets[self.job.valid]
        if self.config.reference:
            row["valid_loss"] = published_loss(found, truth, self.config.batch_size)
        else:
            _, scores = clip_means(self.job.dataset, self.job.valid, found)
            _, labels = clip_means(self.job.dataset, self.job.valid, truth.astype(np.float64))
            row["valid_loss"] = loss(scores, labels)
        if not np.isfinite(row["valid_loss"]):
            raise PipelineError(f"{self.job.folder}: the validation loss is not a number; lower the learning rate")
        if self.config.compare == "f1_weighted":
            row["valid_f1_weighted"] = f1_weighted(scores, labels)
            return 1 - row["valid_f1_weighted"]
        return row["valid_loss"]

    def _keep_best(self, value: float) -> None:
        from safetensors.torch import save_file

        best = self.position.best_loss
        if best is not None and value > best - IMPROVEMENT:
            return
        self.position.best_epoch, self.position.best_loss = self.position.epoch, value
        clean = {name: value.detach().cpu().contiguous() for name, value in self.system.state_dict().items()}
        partial = self.job.folder / ".partial-best"
        save_file(clean, partial)
        partial.replace(self._best_file())

    def _best_file(self) -> Path:
        return self.job.folder / f"best-{self.position.best_epoch:04d}.safetensors"

    # --- keeping and ending

    def _ended(self) -> bool:
        at = self.position
        return at.epoch >= self.config.epochs or (at.epoch > 0 and at.epoch - at.best_epoch >= self.config.early_stop)

    def _take_up(self) -> None:
        position = self._restored()
        if position is not None:
            self.position = position

    def _restored(self) -> Position | None:
        # The sums of an epoch under way have as many entries as the first batch will give them: ask the file.
        size = _sums_size(self.job.folder / STATE)
        if size is None:
            return None
        self.sums = torch.zeros(size, device=self.device)
        return load_state(self.job.folder, self.system, self.optimizer, self.scheduler, self.sums)

    def _save(self) -> None:
        save_state(self.job.folder, self.position, self.system, self.optimizer, self.scheduler, self.sums)
        self.saved_at = time.monotonic()
        for file in self.job.folder.glob("best-*.safetensors"):
            if file != self._best_file():
                file.unlink()

    def _report(self, valid_loss: float | None = None) -> None:
        at = self.position
        epoch = at.epoch + (0 if valid_loss is not None else 1)
        self.progress(
            TrainingProgress(
                self.job.seed,
                epoch,
                self.config.epochs,
                at.step,
                self.steps,
                valid_loss,
                at.best_epoch,
                self._ended(),
            )
        )

    def _finish(self) -> SeedResult:
        assert self.position.best_loss is not None
        best = self._best_file()
        write_whole(self.job.folder / MODEL, best.read_bytes())
        result = SeedResult(self.job.seed, self.position.epoch, self.position.best_epoch, self.position.best_loss)
        record = {"epochs": result.epochs, "best_epoch": result.best_epoch, "valid_loss": result.valid_loss}
        write_whole(self.job.folder / DONE, json.dumps(record).encode())
        best.unlink()
        (self.job.folder / STATE).unlink()
        return result


def _optimizer(system: DmdSystem, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return Adam over all that is trained; a BERT inside has a rate of its own, except as published."""
    encoder = system.dmd.text_encoder
    inside = {id(p) for p in encoder.parameters()} if encoder is not None and not config.reference else set()
    trained = [p for p in system.parameters() if p.requires_grad]
    groups: list[dict[str, float | list[Tensor]]] = [
        {"params": [p for p in trained if id(p) not in inside], "lr": config.rate},
        {"params": [p for p in trained if id(p) in inside], "lr": config.encoder_learning_rate},
    ]
    used = [group for group in groups if group["params"]]
    # Fused: one pass over the weights, a third of the cost of a loop over tensors on a CPU, one kernel on a GPU. It
    # rounds in its own way, so the published loop does without.
    return torch.optim.AdamW(used, lr=config.rate, weight_decay=config.weight_decay, fused=not config.reference)


def _sums_size(path: Path) -> int | None:
    from safetensors import safe_open

    if not path.is_file():
        return None
    with safe_open(demand_regular(path), framework="pt") as stream:
        return int(stream.get_slice("sums").get_shape()[0])
