"""Allocation of a known demand: CLUE-S with the regression's suitability.

The demand of each 0.25 degree cell is the visible prior's pixel counts plus the scenario's change of
fraction (or the scenario's fractions where part of the prior is hidden). Each pixel takes the class with the
largest log probability plus an iteration variable of its cell, which rises for classes that lack pixels and
falls for those with too many, until the demand is met (Verburg et al. 2002, Environ. Manage. 30, 391,
section "allocation procedure"; Demeter orders transitions by suitability to the same end, Vernon et al.
2018, J. Open Res. Softw. 6, 15).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from pylandbc.models.baselines.coarse_majority import class_fractions
from pylandbc.models.baselines.fitting import Example, FittedPredictor, is_seen
from pylandbc.models.baselines.logistic_regression import LogisticRegression
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

ITERATIONS = 60
STEP = 0.5
"""First change of an iteration variable."""
FASTER, SLOWER = 1.3, 0.4
"""By which the step of a class grows while it lacks (or exceeds), and shrinks when that turns."""
TOLERANCE = 0.75
"""Pixels by which a class may miss its demand, which is no whole number."""


class DemandAllocation(FittedPredictor):
    """The regression's suitability, moved cell by cell until the scenario's demand is met.

    Parameters
    ----------
    spec, classes
        As of ``Predictor``.
    regression
        Gives the suitability; fitted here unless it is already.
    """

    name = "allocation (CLUE-S)"

    def __init__(
        self, spec: InputSpec, classes: Sequence[str], regression: LogisticRegression | None = None
    ) -> None:
        super().__init__(spec, classes)
        self.regression = regression or LogisticRegression(spec, classes)

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """See ``FittedPredictor``."""
        if self.regression.weights is None:
            self.regression.fit(examples, seed, tell)

    def state(self) -> dict[str, Any]:
        """See ``FittedPredictor``."""
        return self.regression.state()

    def restore(self, state: dict[str, Any]) -> None:
        """See ``FittedPredictor``."""
        self.regression.restore(state)

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.distribution(*arguments)[0]

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``; probabilities are the regression's, moved by the iteration variables."""
        suitability = self.regression.log_probabilities(*arguments).permute(0, 2, 3, 1)
        land = self.land(arguments[0])
        land = torch.ones_like(arguments[5], dtype=torch.bool) if land is None else land
        cell = cells(arguments)
        wanted, told = demand(self.spec, self.classes, arguments, land, cell)
        moved = suitability.clone()
        pixels = suitability[land]
        shift = meet(pixels, cell[land], wanted, told)
        moved[land] = (pixels + shift[cell[land]]).log_softmax(1)
        return moved.argmax(3), moved.exp().permute(0, 3, 1, 2)


def cells(arguments: Sequence[Tensor]) -> Tensor:
    """Number of the coarse cell of each pixel, int64 (B, H, W)."""
    scenario, row, col = arguments[2:5]
    place = row[:, None] * scenario.shape[3] + col[None, :]
    first = torch.arange(scenario.shape[0])[:, None, None] * (scenario.shape[2] * scenario.shape[3])
    return first + place


def demand(
    spec: InputSpec, classes: Sequence[str], arguments: Sequence[Tensor], land: Tensor, cell: Tensor
) -> tuple[Tensor, Tensor]:
    """Pixels of each class that each cell should hold.

    Returns
    -------
    wanted
        float32 (cells, K).
    told
        Whether the scenario says so, bool (cells, K); elsewhere a class is free.
    """
    k = len(classes)
    scenario, prior = arguments[2].float(), arguments[5].long()
    count = scenario.shape[0] * scenario.shape[2] * scenario.shape[3]
    after, known_after = class_fractions(spec, classes, scenario, "target")
    before, known_before = class_fractions(spec, classes, scenario, "prior")
    after, before = (f.permute(0, 2, 3, 1).reshape(count, k) for f in (after, before))
    seen = land & is_seen(arguments, k)
    pixels = torch.bincount(cell[land], minlength=count).float()[:, None]
    visible = torch.bincount(cell[seen], minlength=count).float()[:, None]
    held = torch.bincount(cell[seen] * k + prior[seen], minlength=count * k).reshape(count, k).float()
    changes = held + pixels * (after - before)
    told = torch.tensor(known_after)[None] & torch.isfinite(after)
    whole = (visible == pixels) & torch.tensor(known_before)[None]
    return torch.where(whole, changes, pixels * after).clamp(min=0.0), told & (pixels > 0)


def meet(suitability: Tensor, cell: Tensor, wanted: Tensor, told: Tensor) -> Tensor:
    """Iteration variables (cells, K) with which the argmax meets the demand as nearly as it was met on the
    way.

    Parameters
    ----------
    suitability
        Log probabilities, (n, K).
    cell
        Cell of each pixel (n).
    wanted, told
        As of ``demand``.
    """
    count, k = wanted.shape
    shift, best = torch.zeros(count, k), torch.zeros(count, k)
    least = torch.full((count,), float("inf"))
    step, last = torch.full((count, k), STEP), torch.zeros(count, k)
    for _ in range(ITERATIONS):
        chosen = (suitability + shift[cell]).argmax(1)
        held = torch.bincount(cell * k + chosen, minlength=count * k).reshape(count, k).float()
        lack = torch.where(told, wanted - held, 0.0)
        miss = lack.abs().sum(1)
        better = miss < least
        least = torch.where(better, miss, least)
        best[better] = shift[better]
        # Only the sign counts: one pixel more may need a step of any size. Steps adapt as in Rprop
        # (Riedmiller & Braun 1993, IEEE Int. Conf. Neural Networks, 586).
        sign = lack.sign() * (lack.abs() > TOLERANCE)
        if not sign.any():
            break
        turned = sign * last
        step = step * torch.where(turned > 0, FASTER, torch.where(turned < 0, SLOWER, 1.0))
        shift = shift + step * sign
        last = torch.where(sign != 0, sign, last)
    return best
