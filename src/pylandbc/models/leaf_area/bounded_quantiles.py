"""The head of a vegetation emulator: quantiles that do not cross and stay within the variable's range."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Probabilities of the quantiles: median, and intervals of 50, 80 and 90 %."""
MIDDLE = len(LEVELS) // 2
NARROW = 3.0
"""Raw channels of zero leave a twentieth of a unit between neighbouring quantiles."""


class BoundedQuantiles(nn.Module):
    """Quantiles from raw channels.

    Parameters
    ----------
    lower, upper
        Range of the variable.
    soft
        How far above the lower end the median is still pushed up by it.
    """

    def __init__(self, lower: float, upper: float, soft: float) -> None:
        super().__init__()
        self.lower, self.upper, self.soft = lower, upper, soft
        self.middle, self.narrow = MIDDLE, NARROW

    def forward(self, raw: Tensor, centre: Tensor, unit: Tensor) -> Tensor:
        """Quantiles at :data:`LEVELS`, ascending, (B, Q, H, W).

        Parameters
        ----------
        raw
            (B, Q, H, W).
        centre
            What the median's channel is added to, (B, H, W).
        unit
            What a raw channel of one stands for, (B, H, W).
        """
        m, soft = self.middle, self.soft
        above = F.softplus((centre + raw[:, m] * unit - self.lower) / soft) * soft
        median = (self.lower + above)[:, None]
        gap = F.softplus(raw - self.narrow) * unit[:, None]
        higher = median + gap[:, m + 1 :].cumsum(1)
        lower = median - gap[:, :m].flip(1).cumsum(1).flip(1)
        return torch.cat([lower, median, higher], 1).clamp(self.lower, self.upper)
