"""Scaling to the demand by what is uncertain, so that two rounds suffice where a class map hardly changes.

Proportional fitting (``pylandbc.models.demand_scaling``) multiplies all of a class by how much of it lacks.
Of a map that stays as it is in 99 pixels of 100 hardly anything can follow: nearly all of a class is
certain, and the few pixels that may change are moved by a hundredth where they should be moved by a factor.
Here the certain pixels are set aside. With the expected pixels that a class may gain (``G``, the
probabilities below one half) and lose (``L``, one less those above), multiplying its odds by ``a`` gains
``a G`` and loses ``L / a`` nearly, and the ``a`` for which ``a G - L / a`` is the change wanted has a
closed form.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pylandbc.models.demand_scaling import DemandScaling, summed

STRENGTH = 0.6
"""First strength: where one class gains what another loses both are moved, and half of each would do; a
little more, because moved pixels saturate."""
SOFTNESS = -8.0
"""First logarithm of the share of a cell that is added to gains and losses, a fifth of a pixel."""


def log_factor(change: Tensor, gain: Tensor, loss: Tensor) -> Tensor:
    """Logarithm of the ``a`` for which ``a gain - loss / a`` is ``change``; gain and loss above zero."""
    # Both forms of the positive root of the quadratic without a difference of nearly equal numbers, whose
    # gradient would not be finite even where the other form is taken.
    both = (change * change + 4.0 * gain * loss).sqrt() + change.abs()
    return torch.where(change > 0.0, both / (2.0 * gain), 2.0 * loss / both).log()


class ChangeScaling(DemandScaling):
    """``DemandScaling`` whose factors follow from what each class may still gain and lose.

    Parameters
    ----------
    members, rounds
        As of ``DemandScaling``.
    """

    members: list[list[int]]

    def __init__(self, members: Sequence[Sequence[int]], rounds: int) -> None:
        super().__init__(members, rounds)
        self.strength = nn.Parameter(torch.tensor(STRENGTH))
        self.log_softness = nn.Parameter(torch.tensor(SOFTNESS))

    def log_ratio(
        self, odds: Tensor, used: Tensor, wanted: Tensor, scaled: Tensor, softness: Tensor
    ) -> Tensor:
        """See ``DemandScaling``."""
        chance = self.normalised(odds)
        # 1 above one half, else 0.
        likely = chance.round()
        chance = chance * used
        found = self.counted(chance, scaled)
        large = self.counted(likely * chance, scaled)
        sure = self.counted(likely * used, scaled)
        total = summed(found, 1)[:, None].clamp_min(1e-9)
        # Differences of large sums, which rounding may turn below zero.
        gain = (found - large).clamp_min(0.0) / total
        loss = (sure - large).clamp_min(0.0) / total
        return log_factor(wanted - sure / total, gain + softness, loss + softness)
