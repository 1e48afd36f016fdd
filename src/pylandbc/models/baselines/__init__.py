"""What an emulator must beat, behind the emulator's own arguments.

Persistence copies the prior, seen or not; the fills see only its visible part; the coarse majority sees only
the scenario; regression, allocation, trees and small networks are fitted on training blocks and see what the
emulator sees.
"""

from pylandbc.models.baselines.allocation import DemandAllocation
from pylandbc.models.baselines.coarse_majority import CoarseMajority, coarse_majority
from pylandbc.models.baselines.cross_walk import CrossWalk
from pylandbc.models.baselines.fills import GAUSSIAN_REACH, GAUSSIAN_SIGMA, GaussianFill, NearestFill
from pylandbc.models.baselines.fitting import Example, FittedPredictor, LabelPredictor
from pylandbc.models.baselines.logistic_regression import LogisticRegression
from pylandbc.models.baselines.networks import CnnPredictor, LstmPredictor
from pylandbc.models.baselines.persistence import Persistence
from pylandbc.models.baselines.predictor import Emulator, Predictor
from pylandbc.models.baselines.scaled_regression import ScaledRegression
from pylandbc.models.baselines.table import baselines
from pylandbc.models.baselines.trees import GradientBoosting, RandomForest

__all__ = [
    "GAUSSIAN_REACH",
    "GAUSSIAN_SIGMA",
    "CnnPredictor",
    "CoarseMajority",
    "CrossWalk",
    "DemandAllocation",
    "Emulator",
    "Example",
    "FittedPredictor",
    "GaussianFill",
    "GradientBoosting",
    "LabelPredictor",
    "LogisticRegression",
    "LstmPredictor",
    "NearestFill",
    "Persistence",
    "Predictor",
    "RandomForest",
    "ScaledRegression",
    "baselines",
    "coarse_majority",
]
