"""A direct way from a class's share of the nearest pixels to its logit.

What a pixel becomes is decided above all by what surrounds it, and models of land-use change give that a
term of its own (Verburg et al. 2004, Environ. Plann. B 31, 667). The convolutions can learn it too, but only
after thousands of steps; here it is two numbers for each class and window, from the first step on: how much
its neighbours draw a pixel to a class, and how much more they hold one that has it already.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDES = (3, 5)
"""Pixels along the windows."""
SCALE = 20.0
"""Logits for a share of one at a gain of one: a step of the optimiser then moves them by as much as those of
the network."""


class Neighbours(nn.Module):
    """Logits from the shares of each class around a pixel, itself included, where the prior is visible.

    Parameters
    ----------
    classes
        Number of classes K.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.scale = SCALE
        self.sides = list(SIDES)
        # Row n: of window n, to the same class.
        self.gain = nn.Parameter(torch.zeros(len(SIDES), classes))
        # Further where the pixel has that class.
        self.own = nn.Parameter(torch.zeros(len(SIDES), classes))

    def forward(self, prior: Tensor) -> Tensor:
        """One-hot code of the visible prior (B, K, H, W) to logits (B, K, H, W)."""
        logits = torch.zeros_like(prior)
        for n, side in enumerate(self.sides):
            share = F.avg_pool2d(prior, side, stride=1, padding=side // 2)
            gain = self.gain[n][:, None, None] + prior * self.own[n][:, None, None]
            logits = logits + share * (self.scale * gain)
        return logits
