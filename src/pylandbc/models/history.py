"""What it says for keeping a class that a pixel has long had it, or has just taken it.

A forecaster of one map cannot tell land that changed last year from land that always was so. The codes of
the years since are those of ``pylandbc.cube.history``; each has a logit for each direction in time, the same
for all classes, for few pixels have a given one: what a class adds is the network's to say.
"""

import torch
from torch import Tensor, nn

from pylandbc.legend import HISTORY_CODES

SCALE = 5.0
"""Logits of a gain of one: a step of the optimiser then moves them by as much as those of the network."""


class History(nn.Module):
    """Logits for keeping the class of the visible prior."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = HISTORY_CODES
        self.scale = SCALE
        self.gain = nn.Parameter(torch.zeros(2, HISTORY_CODES))

    def forward(self, history: Tensor, direction: Tensor) -> Tensor:
        """What is added to the logit of the prior's class, (B, 1, H, W).

        Parameters
        ----------
        history
            Codes as float32, (B, H, W); anything that is no code counts as 0.
        direction
            (B), negative backwards.
        """
        code = torch.where((history >= 0.0) & (history < self.codes), history, 0.0).to(torch.int64)
        way = (direction < 0.0).to(torch.int64)[:, None, None]
        return self.scale * self.gain.reshape(-1)[way * self.codes + code][:, None]
