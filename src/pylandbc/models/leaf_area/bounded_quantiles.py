"""The head of a vegetation emulator: quantiles that do not cross and stay within the variable's range."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Probabilities of the quantiles: median, and intervals of 50, 80 and 90 %."""
MIDDLE = len(LEVELS) // 2
SHARPNESS = 10.0
"""Of the soft bound: a tenth of a unit above the lower end the median is free."""


class BoundedQuantiles(nn.Module):
    """Quantiles from raw channels.

    Parameters
    ----------
    lower, upper
        Range of the variable.
    scale
        What a raw channel of one stands for, in the variable's unit.
    """

    def __init__(self, lower: float, upper: float, scale: float) -> None:
        super().__init__()
        self.lower, self.upper, self.scale = lower, upper, scale
        self.middle, self.sharpness = MIDDLE, SHARPNESS

    def forward(self, raw: Tensor, centre: Tensor) -> Tensor:
        """Quantiles at :data:`LEVELS`, ascending, (B, Q, H, W).

        Parameters
        ----------
        raw
            (B, Q, H, W).
        centre
            What the median's channel is added to, (B, H, W).
        """
        m, scale = self.middle, self.scale
        sharp = self.sharpness / scale
        above = F.softplus((centre + raw[:, m] * scale - self.lower) * sharp) / sharp
        median = (self.lower + above)[:, None]
        gap = F.softplus(raw - 2.0) * scale
        higher = median + gap[:, m + 1 :].cumsum(1)
        lower = median - gap[:, :m].flip(1).cumsum(1).flip(1)
        return torch.cat([lower, median, higher], 1).clamp(self.lower, self.upper)
