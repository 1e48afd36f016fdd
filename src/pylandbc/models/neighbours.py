"""A direct way from a class's share of the nearest pixels to its logit.

What a pixel becomes is decided above all by what surrounds it, and models of land-use change give that a
term of its own (Verburg et al. 2004, Environ. Plann. B 31, 667). The convolutions can learn it too, but only
after thousands of steps; here it is two numbers for each class and window, from the first step on: how much
its neighbours draw a pixel to a class, and how much more they hold one that has it already. Backwards in
time they may be others.
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
    by_direction
        Whether the numbers are others backwards. Forwards neighbours draw a pixel; backwards they can only
        tell where it came from.
    """

    def __init__(self, classes: int, by_direction: bool = False) -> None:
        super().__init__()
        self.scale = SCALE
        self.sides = list(SIDES)
        self.reach = max(SIDES) // 2
        self.by_direction = by_direction
        shape = (2, len(SIDES), classes) if by_direction else (len(SIDES), classes)
        # Row n: of window n, to the same class.
        self.gain = nn.Parameter(torch.zeros(shape))
        # Further where the pixel has that class.
        self.own = nn.Parameter(torch.zeros(shape))

    def forward(self, prior: Tensor, direction: Tensor) -> Tensor:
        """One-hot code of the visible prior (B, K, H, W) and direction (B) to logits (B, K, H, W)."""
        logits = torch.zeros_like(prior)
        way = (direction < 0.0).to(torch.int64)
        gains, owns = self.gain[None], self.own[None]
        if self.by_direction:
            gains, owns = self.gain.index_select(0, way), self.own.index_select(0, way)
        for n, side in enumerate(self.sides):
            share = F.avg_pool2d(prior, side, stride=1, padding=side // 2)
            gain = gains[:, n, :, None, None] + prior * owns[:, n, :, None, None]
            logits = logits + share * (self.scale * gain)
        return logits
