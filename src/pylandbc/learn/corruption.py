"""The emulator's own confusions in the prior, so that it learns to live with them.

In a roll-out the prior of the second year is the emulator's map of the first, with its errors. Training on
observed priors alone never shows them. ``Corruption`` keeps a running table of how often each observed
class was predicted as which, and replaces classes of a sample's visible prior with these frequencies.
Errors of a map come in patches, so each patch of a few pixels is left as it is or draws one replacement for
each class.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PATCH = 2
"""Pixels along a patch that draws together: change in HILDA+ is clumped at one to two pixels."""
MEMORY = 0.99
"""Weight of the past in the running table, per step."""


class Corruption(nn.Module):
    """Running confusion of an emulator, and priors that suffer from it.

    Parameters
    ----------
    classes
        Number of classes K.
    share
        Share of samples that are corrupted.
    seed
        Of the draws, which are a function of it and of the step alone.
    """

    confusion: Tensor

    def __init__(self, classes: int, share: float, seed: int) -> None:
        super().__init__()
        self.classes, self.share, self.seed = classes, share, seed
        self.register_buffer("confusion", torch.eye(classes, dtype=torch.float64))

    @torch.no_grad()
    def observe(self, logits: Tensor, target: Tensor, visible: Tensor, weight: Tensor) -> None:
        """Add a step's predictions on visible pixels with weight: (B, K, H, W), the rest (B, H, W)."""
        k = self.classes
        used = (weight > 0) & (target < k) & (visible != 0)
        index = target[used].long() * k + logits.argmax(1)[used]
        table = torch.bincount(index, minlength=k * k).reshape(k, k).double()
        rows = table.sum(1, keepdim=True)
        # A class that the batch lacks keeps its row.
        new = torch.where(rows > 0, table / rows.clamp_min(1.0), self.confusion)
        self.confusion.lerp_(new, 1.0 - MEMORY)

    @torch.no_grad()
    def forward(self, prior: Tensor, visible: Tensor, step: int) -> Tensor:
        """The prior, uint8 (B, H, W), of which a share of samples is corrupted where it is visible and
        known."""
        if self.share == 0:
            return prior
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        batch, rows, cols = prior.shape
        chosen = torch.rand(batch, generator=random) < self.share
        if not chosen.any():
            return prior
        draw = torch.rand(batch, 1, -(-rows // PATCH), -(-cols // PATCH), generator=random)
        draw = F.interpolate(draw, scale_factor=PATCH)[:, 0, :rows, :cols].to(prior.device)
        known = prior < self.classes
        ends = self.confusion.cumsum(1)
        code = torch.where(known, prior, 0).long()
        replaced = (draw[..., None].double() >= ends[code]).sum(-1).clamp_max(self.classes - 1)
        where = known & (visible != 0) & chosen.to(prior.device)[:, None, None]
        return torch.where(where, replaced.to(prior.dtype), prior)
