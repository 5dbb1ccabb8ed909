"""The published DMD code, from a checkout that the person running a benchmark supplies, on the installed torch.

It runs unchanged. Replaced from outside is what current torch or a machine without a GPU would not let it do:
``Tensor.cuda`` returns the tensor itself, the cosine-embedding loss takes three dimensions again, by the formula
of torch 1.9, and `pynvml`, which it imports to choose a GPU, is an empty module.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from dmd.config import DmdConfig
from dmd.reference import to_reference_state
from dmd.system import DmdSystem

Arrays = tuple[Tensor, Tensor, Tensor, Tensor]


class _Cosine(torch.nn.Module):
    """torch 1.9's cosine-embedding loss for a target of -1."""

    def forward(self, x: Tensor, y: Tensor, _target: Tensor) -> Tensor:
        squares = ((x * x).sum(1) + 1e-12) * ((y * y).sum(1) + 1e-12)
        return ((x * y).sum(1) / squares.sqrt()).clamp(min=0).mean()


class Published:
    """The published model and its two kernels, with the weights of one of our systems."""

    def __init__(self, checkout: Path, system: DmdSystem, dataset: str) -> None:
        if not (checkout / "trains" / "singleTask" / "model" / "dmd.py").exists():
            raise FileNotFoundError(f"{checkout}: no checkout of the published code (trains/singleTask/model/dmd.py)")
        sys.path.insert(0, str(checkout))
        sys.modules.setdefault("pynvml", ModuleType("pynvml"))
        torch.Tensor.cuda = lambda self, *_args, **_kwargs: self  # type: ignore[method-assign]
        torch.nn.CosineEmbeddingLoss = _Cosine  # type: ignore[misc]
        from trains.singleTask.distillnets import get_distillation_kernel, get_distillation_kernel_homo
        from trains.singleTask.HingeLoss import HingeLoss
        from trains.singleTask.misc import softmax
        from trains.singleTask.model import dmd

        args = _arguments(system.config, dataset)
        width = system.config.width
        unit: dict[str, Any] = {"n_classes": 1, "to_idx": [0, 1, 2], "from_idx": [0, 1, 2], "gd_reg": 10}
        unit |= {"w_losses": [1, 10], "metric": "l1", "alpha": 1 / 8, "hyp_params": args}
        homo, hetero = (
            module.DistillationKernel(hidden_size=size, gd_size=gd, gd_prior=softmax(prior, 0.25), **unit)
            for module, size, gd, prior in (
                (get_distillation_kernel_homo, width, 64, [0, 0, 1, 0, 1, 0]),
                (get_distillation_kernel, 2 * width, 32, [0, 0, 1, 0, 1, 1]),
            )
        )
        self.models = {"dmd": dmd.DMD(args), "homo": homo, "hetero": hetero}
        state = to_reference_state(system)
        for prefix, model in self.models.items():
            own = {n.removeprefix(f"{prefix}."): t for n, t in state.items() if n.startswith(f"{prefix}.")}
            missing = model.load_state_dict(own, strict=False).missing_keys
            assert all(name.endswith(("version", "_float_tensor")) for name in missing), missing
        self.parameters = [p for model in self.models.values() for p in model.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-4)
        self.margin, self.cosine = HingeLoss(), _Cosine()

    def score(self, text: Tensor, audio: Tensor, vision: Tensor) -> Tensor:
        """Return what the published test loop reads, [B]."""
        self.models["dmd"].eval()
        with torch.no_grad():
            return self.models["dmd"](text, audio, vision, is_distill=True)["output_logit"][:, 0]

    def train_step(self, text: Tensor, audio: Tensor, vision: Tensor, labels: Tensor) -> float:
        """Do what the published training loop does for one batch, and an optimizer step."""
        self.optimizer.zero_grad()
        loss = self.loss(text, audio, vision, labels.view(-1, 1))
        loss.backward()
        torch.nn.utils.clip_grad_value_(self.parameters, 0.6)
        self.optimizer.step()
        return loss.item()

    def loss(self, text: Tensor, audio: Tensor, vision: Tensor, labels: Tensor) -> Tensor:
        """Return the published objective."""
        for model in self.models.values():
            model.train()
        out = self.models["dmd"](text, audio, vision, is_distill=True)
        absolute, letters = torch.nn.functional.l1_loss, "lva"
        total = absolute(out["output_logit"], labels) + absolute(out["logits_c"], labels)
        for unit, used in (("homo", (0, 1)), ("hetero", (0, 1, 2))):
            logits = torch.stack([out[f"logits_{m}_{unit}"] for m in letters])
            reprs = torch.stack([out[f"repr_{m}_{unit}"] for m in letters])
            edges, _ = self.models[unit](logits, reprs)
            terms = self.models[unit].distillation_loss(logits, reprs, edges)
            total = total + 0.05 * sum(terms[i] for i in used) + sum(absolute(x, labels) for x in logits)
        for m in letters:
            pairs = ((out[f"recon_{m}"], out[f"origin_{m}"]), (out[f"s_{m}"].permute(1, 2, 0), out[f"s_{m}_r"]))
            total = total + 0.1 * sum((x - y).pow(2).sum() / x.numel() for x, y in pairs)
            total = total + 0.01 * self.cosine(out[f"s_{m}"], out[f"c_{m}"], torch.tensor([-1]))
        features = [out[f"c_{m}_sim"][i].view(1, -1) for i in range(len(labels)) for m in letters]
        repeated = [labels[i].view(1, -1) for i in range(len(labels)) for _ in letters]
        return total + 0.01 * self.margin(torch.cat(repeated), torch.cat(features))


def _arguments(config: DmdConfig, dataset: str) -> SimpleNamespace:
    drops = config.dropouts
    return SimpleNamespace(
        use_bert=False,
        dataset_name=dataset,
        need_data_aligned=config.aligned,
        feature_dims=[config.text_dim, config.audio_dim, config.face_dim],
        attn_mask=True,
        dst_feature_dim_nheads=[config.width, config.heads],
        nlevels=config.levels,
        conv1d_kernel_size_l=config.text_kernel,
        conv1d_kernel_size_a=config.audio_kernel,
        conv1d_kernel_size_v=config.face_kernel,
        text_dropout=drops.text,
        attn_dropout=drops.attention_text,
        attn_dropout_a=drops.attention_audio,
        attn_dropout_v=drops.attention_face,
        relu_dropout=drops.relu,
        embed_dropout=drops.embed,
        res_dropout=drops.residual,
        output_dropout=drops.output,
    )


def arrays(config: DmdConfig, batch: int) -> Arrays:
    """Return random text, audio, vision and labels."""
    generator = torch.Generator().manual_seed(0)
    names = ("text", "audio", "face")
    features = [torch.randn(batch, config.length(n), config.dim(n), generator=generator) for n in names]
    return *features, torch.randint(-15, 16, (batch,), generator=generator) / 5.0


def alternately(
    measured: dict[str, Callable[[], Any]], repeats: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return the cost of each, measured in turn, so that ratios hold when the machine's speed drifts."""
    costs: dict[str, list[float]] = {name: [] for name in measured}
    for function in measured.values():
        function()
        function()
    for _ in range(repeats):
        for name, function in measured.items():
            start = clock()
            function()
            costs[name].append(clock() - start)
    return costs
