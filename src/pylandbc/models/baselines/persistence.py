"""Nothing changes: the null model that a change model must beat first."""

from __future__ import annotations

import torch
from torch import Tensor

from pylandbc.models.baselines.coarse_majority import without_map
from pylandbc.models.baselines.fitting import LabelPredictor


class Persistence(LabelPredictor):
    """The whole prior, whatever is visible of it; unknown pixels take the coarse majority."""

    name = "persistence"
    most_examples = 1000

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        prior = arguments[5].long()
        return torch.where(prior < len(self.classes), prior, without_map(self.spec, self.classes, arguments))
