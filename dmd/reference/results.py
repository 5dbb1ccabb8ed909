"""Outputs and losses under the published names and layouts."""

from torch import Tensor

from dmd.output import DistillationTerms, DmdOutput, Edges, LossTerms
from dmd.reference.names import LETTERS


def to_reference_outputs(output: DmdOutput) -> dict[str, Tensor]:
    """Return the published outputs: sequences as [B, H, T], except ``s_*`` and ``c_*`` as [T, B, H]."""
    found: dict[str, Tensor] = {}
    for name, m in LETTERS.items():
        parts = output.decoupled[name]
        found |= {
            f"logits_{m}_homo": output.homo[name].logits,
            f"repr_{m}_homo": output.homo[name].representation,
            f"origin_{m}": parts.projected.mT,
            f"s_{m}": parts.specific.transpose(0, 1),
            f"c_{m}": parts.common.transpose(0, 1),
            f"s_{m}_r": parts.specific_again.mT,
            f"recon_{m}": parts.rebuilt.mT,
            f"c_{m}_sim": parts.summary,
            f"logits_{m}_hetero": output.hetero[name].logits,
            f"repr_{m}_hetero": output.hetero[name].representation,
            f"last_h_{m}": output.pooled[name],
        }
        if parts.unread is not None:
            found[f"proj_s_{m}"] = parts.unread
    found |= {"logits_c": output.common_logits, "output_logit": output.logits.view(-1, 1)}
    for unit, edges in (("homo", output.homo_edges), ("hetero", output.hetero_edges)):
        if edges is not None:
            found |= _edges(unit, edges)
    return found


def to_reference_losses(terms: LossTerms) -> dict[str, Tensor]:
    """Return the published loss terms, each before its weight in ``combined``."""
    found = {"task_all": terms.task}
    for branch, tasks in (("homo", terms.homo_task), ("hetero", terms.hetero_task)):
        found |= {f"task_{m}_{branch}": tasks[name] for name, m in LETTERS.items()}
    found["task_c"] = terms.common_task
    groups = (("recon", terms.reconstruction), ("s_sr", terms.cycle), ("ort", terms.orthogonality))
    for published, group in groups:
        found |= {f"{published}_{m}": group[name] for name, m in LETTERS.items()}
    found["sim"] = terms.margin
    for unit, distilled in (("homo", terms.homo), ("hetero", terms.hetero)):
        if distilled is not None:
            found |= _distillation(unit, distilled)
    found["combined"] = terms.total
    return found


def _edges(unit: str, edges: Edges) -> dict[str, Tensor]:
    """Return [6, B] weights and the [6, 1] sums over the batch of what was before the softmax."""
    return {f"edges_{unit}": edges.weights.T, f"edges_origin_{unit}": edges.raw.sum(dim=0)[:, None]}


def _distillation(unit: str, terms: DistillationTerms) -> dict[str, Tensor]:
    return {
        f"gd_{unit}_reg": terms.regulariser,
        f"gd_{unit}_logit": terms.logits,
        f"gd_{unit}_repr": terms.representation,
    }
