"""The regression's probabilities scaled to each cell's demand: how much of a network's skill is the demand's.

Proportional fitting as in the emulator (``pylandbc.models.demand_scaling``), at full strength.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from pylandbc.models.baselines.fitting import Example, FittedPredictor
from pylandbc.models.baselines.logistic_regression import LogisticRegression
from pylandbc.models.demand_scaling import DemandScaling, known_land, scenario_members
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

ROUNDS = 8
"""Rounds of proportional fitting, which then has settled."""


class ScaledRegression(FittedPredictor):
    """The logistic regression, scaled to the demand of each coarse cell.

    Parameters
    ----------
    spec, classes
        As of ``Predictor``.
    regression
        Gives the probabilities; fitted here unless it is already.
    """

    name = "regression, scaled"

    def __init__(
        self, spec: InputSpec, classes: Sequence[str], regression: LogisticRegression | None = None
    ) -> None:
        super().__init__(spec, classes)
        self.regression = regression or LogisticRegression(spec, classes)
        self.scaling = DemandScaling(scenario_members(spec, classes), ROUNDS)

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
        """See ``Predictor``."""
        _, _, scenario, row, col, prior, _, _ = arguments
        logits = self.regression.log_probabilities(*arguments)
        land = self.land(arguments[0])
        land = torch.ones_like(prior, dtype=torch.bool) if land is None else land
        weight = known_land(prior, arguments[6], land, len(self.classes))
        scaled = self.scaling(logits, scenario, row, col, weight)
        return scaled.argmax(1), scaled.softmax(1)
