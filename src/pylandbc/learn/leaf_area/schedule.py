"""The learning rate over a run: up, then down along a cosine."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR


def one_cycle(optimiser: Optimizer, rate: float, steps: int, rise: float) -> OneCycleLR:
    """A schedule that rises to ``rate`` over the share ``rise`` of ``steps`` (any number from 1 on)."""
    steps = max(2, steps)
    if steps > 3:
        # a rise of just one step would be divided by its length less that step
        rise = max(rise, 1.5 / steps)
    return OneCycleLR(optimiser, rate, total_steps=steps, pct_start=rise, cycle_momentum=False)
