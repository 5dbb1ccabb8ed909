"""Margin loss on the common features: alike labels closer than unlike ones, by a margin."""

import torch
from torch import Tensor

MARGIN = 0.15
"""Margin for a label difference of 1."""


def margin_loss(features: Tensor, distances: Tensor, present: Tensor) -> Tensor:
    """Return the mean hinge over triplets (anchor i, alike p, unlike n).

    ``mean over i of mean over (p, n) of max(0, MARGIN |y_i - y_n| - cos(i, p) + cos(i, n))`` (paper, equation
    3), where p has exactly the label of i and n has another one; an anchor without either does not count, and
    the loss is 0 when none counts. Norms are ``sqrt(sum of squares + 1e-8)``.

    A triplet is active when ``t_n = MARGIN |y_i - y_n| + cos(i, n)`` exceeds ``cos(i, p)``, so the sum of all
    hinges is the sum of t_n, each as often as it exceeds a cosine, less the cosines, each as often as it is
    exceeded. Those counts come from sorting: N^2 log N work and N^2 memory instead of N^3, no loop, and
    nothing that a device would have to wait for. The counts are piecewise constant, so gradients are right too.

    Parameters
    ----------
    features : Tensor [shape=(N, H)]
    distances : Tensor [shape=(N, N)]
        |y_i - y_n|; exactly 0 means alike.
    present : Tensor [shape=(N,)], bool
        Features that exist; the others take part in no triplet.
    """
    norms = (features.square().sum(dim=1) + 1e-8).sqrt()
    cosines = (features @ features.T) / (norms[:, None] * norms)
    itself = torch.eye(len(features), dtype=torch.bool, device=features.device)
    pairs = present[:, None] & present & ~itself
    alike, unlike = pairs & (distances == 0), pairs & (distances != 0)
    reach = cosines + MARGIN * distances
    with torch.no_grad():
        counts = _active(cosines, reach, alike, unlike)
        triplets = alike.sum(dim=1) * unlike.sum(dim=1)  # [N]
        anchors = (triplets > 0).sum().clamp(min=1)
        counts = counts / (triplets.clamp(min=1) * anchors)[:, None]
    return (torch.where(unlike, reach, -cosines) * counts).sum()


def _active(cosines: Tensor, reach: Tensor, alike: Tensor, unlike: Tensor) -> Tensor:
    """Return in how many active triplets each (anchor, other) takes part, [N, N]."""
    near = torch.where(alike, cosines, torch.inf).sort(dim=1).values
    far = torch.where(unlike, reach, -torch.inf).sort(dim=1).values
    exceeds = torch.searchsorted(near, reach.contiguous())  # cosines below t_n
    exceeded = len(far) - torch.searchsorted(far, cosines.contiguous(), right=True)  # t_n above the cosine
    return (torch.where(unlike, exceeds, 0) + torch.where(alike, exceeded, 0)).to(cosines.dtype)
