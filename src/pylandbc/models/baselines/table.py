"""Which baselines stand in the table, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from pylandbc.errors import InputError
from pylandbc.models.baselines.allocation import DemandAllocation
from pylandbc.models.baselines.coarse_majority import CoarseMajority
from pylandbc.models.baselines.cross_walk import CrossWalk
from pylandbc.models.baselines.fills import GaussianFill, NearestFill
from pylandbc.models.baselines.logistic_regression import LogisticRegression
from pylandbc.models.baselines.networks import CnnPredictor, LstmPredictor
from pylandbc.models.baselines.persistence import Persistence
from pylandbc.models.baselines.predictor import Predictor
from pylandbc.models.baselines.scaled_regression import ScaledRegression
from pylandbc.models.baselines.trees import GradientBoosting, RandomForest
from pylandbc.models.inputs import InputSpec

CHOICES = ("all", "fast", "none")
FEW = 0.04
"""Share of the training pixels that fitted baselines of land cover learn from."""


def baselines(spec: InputSpec, classes: Sequence[str], choice: str = "none") -> list[Predictor]:
    """Baselines in the order of the table.

    Parameters
    ----------
    choice
        ``none``: those that need no training, which every table has; ``fast``: the logistic regression too,
        as it is and scaled to the demand; ``all``: also allocation, random forest, gradient boosting, pixel
        LSTM and small CNN. For land cover, of which no scenario tells, the cross-walk stands in the place of
        the coarse majority, and regression and trees alone are fitted.

    Raises
    ------
    InputError
        There is no such choice.
    """
    if choice not in CHOICES:
        raise InputError(f"no choice of baselines {choice!r}; there are {', '.join(CHOICES)}")
    driven = spec.quantity == "land_use"
    simple = (Persistence, NearestFill, GaussianFill, CoarseMajority if driven else CrossWalk)
    out: list[Predictor] = [kind(spec, classes) for kind in simple]
    if choice == "none":
        return out
    if not driven:
        # As many numbers are fitted from fewer pixels, where there are many classes, in the same time.
        out.append(LogisticRegression(spec, classes, share=FEW))
        if choice == "all":
            out += [kind(spec, classes, share=FEW) for kind in (RandomForest, GradientBoosting)]
        return out
    regression = LogisticRegression(spec, classes)
    out += [regression, ScaledRegression(spec, classes, regression)]
    if choice == "all":
        out.append(DemandAllocation(spec, classes, regression))
        out += [kind(spec, classes) for kind in (RandomForest, GradientBoosting, LstmPredictor, CnnPredictor)]
    return out
