"""Make the golden cases of this folder by running the published DMD code.

    python tests/golden/dmd/make.py CHECKOUT tests/golden/dmd

CHECKOUT is a checkout of the authors' repository (github.com/mdswyz/DMD, commit 516d4e1), which is not part of
this project. It runs unchanged, in the environment its README names: Python 3.8 and torch 1.9.0 from PyPI, with
numpy 1.23.5, transformers 4.18.0, scikit-learn 1.3.2, safetensors 0.5.3, tqdm, pandas, pynvml and easydict. What
is replaced from outside: ``Tensor.cuda`` returns the tensor itself (there is no GPU), and in double precision
``Tensor.float`` keeps doubles, so that the softmax of the attention is not rounded to single.

Losses and gradients are those of the published training function: its first backward pass is intercepted, and
the terms recomputed here with the published parts must add up to the total it had.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.numpy import save_file

# Python 3.8 has no zip(strict=).
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "parity"))
from weights import value

SEED = 20230327
LABELS = [[1.0, -0.6, 1.0, 2.4], [0.0, 0.0, -3.0, 0.0], [1.2] * 4, [-2.2, 0.4, 3.0, -1.8], [-0.4, -0.4, 0.8, 0.8]]
ELEMENTS_KEPT = 1200

COMMON = dict(
    model_name="dmd",
    use_bert=False,
    use_finetune=True,
    attn_mask=True,
    need_model_aligned=True,
    early_stop=10,
    update_epochs=2,
    KeyEval="Loss",
    train_mode="regression",
    learning_rate=1e-4,
    grad_clip=0.6,
    patience=5,
    weight_decay=0.005,
    transformers="bert",
    cur_seed=1,
    batch_size=4,
    nlevels=2,
    dst_feature_dim_nheads=[8, 2],
    text_dropout=0.0,
    attn_dropout=0.0,
    attn_dropout_a=0.0,
    attn_dropout_v=0.0,
    relu_dropout=0.0,
    embed_dropout=0.0,
    res_dropout=0.0,
    output_dropout=0.0,
)
ALIGNED = dict(
    COMMON,
    dataset_name="mosi",
    need_data_aligned=True,
    feature_dims=[12, 5, 6],
    conv1d_kernel_size_l=5,
    conv1d_kernel_size_a=5,
    conv1d_kernel_size_v=5,
)
UNEVEN = dict(ALIGNED, dataset_name="mosei", conv1d_kernel_size_a=1, conv1d_kernel_size_v=3)
UNALIGNED = dict(ALIGNED, need_data_aligned=False, feature_dims=[12, 3, 5], dst_feature_dim_nheads=[4, 2])
BERT = dict(
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=16,
    vocab_size=60,
    eps=1e-12,
    act="gelu",
    max_position_embeddings=64,
)
CASES = {
    "tiny_aligned": (ALIGNED, None, (50, 50, 50), 5),
    "tiny_uneven": (UNEVEN, None, (50, 50, 50), 1),
    "tiny_unaligned": (UNALIGNED, None, (50, 375, 500), 1),
    "tiny_bert": (dict(ALIGNED, use_bert=True), BERT, (50, 50, 50), 1),
}


class Done(Exception):
    """Ends the published training loop, which otherwise runs until it stops early."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    sys.path.insert(0, str(options.checkout.resolve()))
    torch.set_num_threads(1)
    torch.Tensor.cuda = lambda self, *args, **kwargs: self
    single = torch.Tensor.float
    torch.Tensor.float = lambda self: self if self.dtype == torch.float64 else single(self)
    out = options.out.resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the published loop writes its checkpoints to ./pt
        Path("pt").mkdir()
        for name, case in CASES.items():
            make(name, *case, out=out / name)


def make(name, args, bert, lengths, batch_count, out):
    """Write one case: README.json, inputs, outputs and trajectories."""
    out.mkdir(parents=True, exist_ok=True)
    batches = [inputs(index, args, bert, lengths) for index in range(batch_count)]
    record = {"config": name, "seed": SEED, "B": 4, "labels": LABELS[:batch_count], "weights_stored": False}
    record.update(args=args, torch=torch.__version__, python=sys.version.split()[0])
    if bert:
        record["bert"] = bert
    tensors = {}
    for precision, dtype in (("fp32", torch.float32), ("fp64", torch.float64)):
        found, shapes = first_batch(args, bert, batches, dtype)
        wanted = ("losses", "losses_B1") if precision == "fp32" else ("losses", "losses_B1", "grad_l2")
        record[precision] = {key: found[key] for key in wanted}
        record["weights_manifest"] = {key: {"shape": list(shape)} for key, shape in shapes.items()}
        tensors.update({f"{precision}.{key}": array for key, array in found["tensors"].items()})
        if batch_count > 1 and precision == "fp64":
            steps = trajectory(args, bert, batches, dtype)
            np.savez_compressed(str(out / "traj_u2_fp64.npz"), **steps)
    stored = {}
    for index, batch in enumerate(batches):
        for key, tensor in batch.items():
            kind = np.float32 if key == "labels" else np.int16 if key == "text_bert" else np.float16
            stored[f"batch{index}.{key}"] = tensor.numpy().astype(kind)
    save_file(stored, str(out / "inputs.safetensors"))
    save_file(tensors, str(out / "outputs.safetensors"))
    (out / "README.json").write_text(
        json.dumps(record, separators=(",", ":")).replace('],"', '],\n"').replace("},", "},\n") + "\n"
    )
    print(name, sum(path.stat().st_size for path in out.iterdir()), "bytes")


def inputs(index, args, bert, lengths):
    """Return one batch; some samples begin, end or are broken by frames of zeros."""
    random = np.random.default_rng(SEED + index)
    batch = {"labels": torch.tensor(LABELS[index])}
    for key, length, dim in zip(("text", "audio", "vision"), lengths, args["feature_dims"]):  # noqa: B905
        values = (0.6 * random.standard_normal((4, length, dim))).astype(np.float16).astype(np.float32)
        values[1, int(0.6 * length) :] = 0
        values[2, : int(0.3 * length)] = 0
        values[3, int(0.4 * length) : int(0.5 * length)] = 0
        batch[key] = torch.from_numpy(values)
    if bert:
        del batch["text"]
        ids = random.integers(5, bert["vocab_size"], (4, 1, lengths[0]))
        mask = np.arange(lengths[0]) < np.array([50, 12, 31, 3])[:, None, None]
        segments = np.zeros_like(ids)
        segments[0, 0, 25:] = 1
        stacked = np.concatenate([ids * mask, mask, segments], axis=1)
        batch["text_bert"] = torch.from_numpy(stacked.astype(np.int16))
    return batch


def build(args, bert, dtype):
    """Return the published model and its two kernels with the weights of this seed, and their shapes."""
    from trains.singleTask.distillnets import get_distillation_kernel, get_distillation_kernel_homo
    from trains.singleTask.misc import softmax
    from trains.singleTask.model import dmd

    args = SimpleNamespace(**args, pretrained=tiny_bert(bert) if bert else "")
    width = args.dst_feature_dim_nheads[0]
    unit = dict(n_classes=1, to_idx=[0, 1, 2], from_idx=[0, 1, 2], gd_reg=10, w_losses=[1, 10], metric="l1")
    unit.update(alpha=1 / 8, hyp_params=args)
    homo = get_distillation_kernel_homo.DistillationKernel(
        hidden_size=width, gd_size=64, gd_prior=softmax([0, 0, 1, 0, 1, 0], 0.25), **unit
    )
    hetero = get_distillation_kernel.DistillationKernel(
        hidden_size=2 * width, gd_size=32, gd_prior=softmax([0, 0, 1, 0, 1, 1], 0.25), **unit
    )
    models = {"dmd": dmd.DMD(args), "homo": homo, "hetero": hetero}
    shapes = {}
    for prefix, model in models.items():
        state = model.state_dict()
        for key, tensor in state.items():
            if not key.endswith("position_ids"):
                shapes[f"{prefix}.{key}"] = tensor.shape
                state[key] = torch.from_numpy(value(SEED, f"{prefix}.{key}", tensor.shape))
        model.load_state_dict(state)
        model.to(dtype)
    return args, models, shapes


def tiny_bert(bert):
    """Save a BERT without dropout where the published code can load it by its path; return the path."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=bert["vocab_size"],
        hidden_size=bert["hidden_size"],
        num_hidden_layers=bert["num_hidden_layers"],
        num_attention_heads=bert["num_attention_heads"],
        intermediate_size=bert["intermediate_size"],
        hidden_act=bert["act"],
        layer_norm_eps=bert["eps"],
        max_position_embeddings=bert["max_position_embeddings"],
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    BertModel(config).save_pretrained("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{i}" for i in range(5, bert["vocab_size"]))]
    Path("bert/vocab.txt").write_text("\n".join(words) + "\n")
    return "bert"


def forward(models, batch, dtype):
    """Return outputs and edges; the stacking follows the published training function."""
    text = batch["text_bert"] if "text_bert" in batch else batch["text"].to(dtype)
    output = models["dmd"](text, batch["audio"].to(dtype), batch["vision"].to(dtype), is_distill=True)
    graph = {}
    for unit in ("homo", "hetero"):
        logits = torch.stack([output[f"logits_{m}_{unit}"] for m in "lva"])
        reprs = torch.stack([output[f"repr_{m}_{unit}"] for m in "lva"])
        edges, origin = models[unit](logits, reprs)
        graph[unit] = (logits, reprs, edges, origin)
    return output, graph


def terms(trainer, models, output, graph, labels):
    """Return every loss term, computed with the published parts."""
    labels = labels.view(-1, 1)
    found = {"task_all": trainer.criterion(output["output_logit"], labels)}
    for unit in ("homo", "hetero"):
        for m in "lva":
            found[f"task_{m}_{unit}"] = trainer.criterion(output[f"logits_{m}_{unit}"], labels)
    found["task_c"] = trainer.criterion(output["logits_c"], labels)
    for m in "lva":
        found[f"recon_{m}"] = trainer.MSE(output[f"recon_{m}"], output[f"origin_{m}"])
        found[f"s_sr_{m}"] = trainer.MSE(output[f"s_{m}"].permute(1, 2, 0), output[f"s_{m}_r"])
        found[f"ort_{m}"] = trainer.cosine(output[f"s_{m}"], output[f"c_{m}"], torch.tensor([-1])).mean(0)
    features = torch.stack([output[f"c_{m}_sim"] for m in "lva"], dim=1).flatten(0, 1)
    found["sim"] = trainer.sim_loss(labels.repeat_interleave(3, dim=0), features)
    for unit, (logits, reprs, edges, _) in graph.items():
        names = (f"gd_{unit}_reg", f"gd_{unit}_logit", f"gd_{unit}_repr")
        found.update(zip(names, models[unit].distillation_loss(logits, reprs, edges)))  # noqa: B905
    tasks = sum(term for key, term in found.items() if key.startswith("task_"))
    distilled = 0.05 * sum(found[f"gd_{key}"] for key in ("homo_logit", "homo_reg"))
    distilled = distilled + 0.05 * sum(found[f"gd_hetero_{key}"] for key in ("logit", "repr", "reg"))
    rest = sum(term for key, term in found.items() if key.startswith(("s_sr_", "recon_")))
    rest = rest + 0.1 * (found["sim"] + sum(found[f"ort_{m}"] for m in "lva"))
    found["combined"] = tasks + distilled + 0.1 * rest
    return {key: float(term) for key, term in found.items()}


def first_batch(args, bert, batches, dtype):
    """Return losses, gradients and outputs of batch 0, and losses of its first sample alone."""
    from trains.singleTask.DMD import DMD as Trainer

    namespace, models, shapes = build(args, bert, dtype)
    trainer = Trainer(SimpleNamespace(**vars(namespace), device="cpu"))
    output, graph = forward(models, batches[0], dtype)
    losses = terms(trainer, models, output, graph, batches[0]["labels"].to(dtype))
    alone = {key: tensor[:1] for key, tensor in batches[0].items()}
    losses_alone = terms(trainer, models, *forward(models, alone, dtype), alone["labels"].to(dtype))
    tensors = {f"out.{key}": tensor for key, tensor in output.items() if tensor.numel() <= ELEMENTS_KEPT}
    for unit, (_, _, edges, origin) in graph.items():
        tensors.update({f"edges_{unit}": edges, f"edges_origin_{unit}": origin})
    tensors = {key: tensor.detach().contiguous().numpy() for key, tensor in tensors.items()}
    gradients, total = published_backward(trainer, models, batches[0], dtype)
    assert abs(total - losses["combined"]) <= 1e-6 * abs(total), (total, losses["combined"])
    norms = {key: None if g is None else float(g.double().norm()) for key, g in gradients.items()}
    return {"losses": losses, "losses_B1": losses_alone, "grad_l2": norms, "tensors": tensors}, shapes


def loader(batches, dtype):
    """Return batches as the published training function reads them."""
    found = []
    for batch in batches:
        text = batch["text_bert"] if "text_bert" in batch else batch["text"].to(dtype)
        rest = {key: batch[key].to(dtype) for key in ("audio", "vision")}
        found.append(dict(rest, text=text, labels={"M": batch["labels"].to(dtype)}))
    return {"train": found, "valid": found[:1], "test": found[:1]}


def published_backward(trainer, models, batch, dtype):
    """Return each parameter's gradient after the training function's first backward pass, and its loss."""
    plain, seen = torch.Tensor.backward, {}

    def backward(self, *args, **kwargs):
        plain(self, *args, **kwargs)
        seen["total"] = float(self)
        raise Done

    torch.Tensor.backward = backward
    try:
        trainer.do_train(list(models.values()), loader([batch], dtype))
    except Done:
        pass
    finally:
        torch.Tensor.backward = plain
    return {name: parameter.grad for name, parameter in parameters(models)}, seen["total"]


def parameters(models):
    """Yield every parameter under its published name."""
    for prefix, model in models.items():
        for name, parameter in model.named_parameters():
            yield f"{prefix}.{name}", parameter


def trajectory(args, bert, batches, dtype, epochs=2):
    """Return norms of weights and of gradients at each optimizer step of the published training function."""
    from trains.singleTask.DMD import DMD as Trainer

    namespace, models, _ = build(args, bert, dtype)
    trainer = Trainer(SimpleNamespace(**vars(namespace), device="cpu"))
    steps = {"l2": [], "grad_l2": []}
    wanted = epochs * (len(batches) // args["update_epochs"])
    plain = torch.optim.Adam.step

    def step(self, *args, **kwargs):
        norms = [np.nan if p.grad is None else float(p.grad.double().norm()) for _, p in parameters(models)]
        plain(self, *args, **kwargs)
        steps["grad_l2"].append(norms)
        steps["l2"].append([float(p.double().norm()) for _, p in parameters(models)])
        if len(steps["l2"]) == wanted:
            raise Done

    torch.optim.Adam.step = step
    try:
        trainer.do_train(list(models.values()), loader(batches, dtype))
    except Done:
        pass
    finally:
        torch.optim.Adam.step = plain
    found = {key: np.array(rows) for key, rows in steps.items()}
    found["names"] = np.array([name for name, _ in parameters(models)])
    held = dict(parameters(models))
    for name in ("dmd.out_layer.weight", "dmd.encoder_c.weight", "homo.W_edge.weight"):
        found[f"final.{name}"] = held[name].detach().numpy()
    return found


if __name__ == "__main__":
    main()
