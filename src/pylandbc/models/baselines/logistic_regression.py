"""Multinomial logistic regression on neighbourhood shares and the driver: the bar for a network.

One regression per class of the prior, which is a transition potential for each pair of classes (Verburg et
al. 2002, Environ. Manage. 30, 391), and one more for hidden pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.models.baselines.fitting import Example, FittedPredictor
from pylandbc.models.baselines.neighbourhood import features, own_class
from pylandbc.models.baselines.samples import draw_pixels
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

PENALTY = 3.0
"""Half the weight of the squared coefficients against the sum of the log losses of all pixels."""
ITERATIONS = 150
LIMIT = 5.0
"""Standardised features are cut here."""
NEVER = -1.0e4
"""Logit of a class that never followed in training."""
UNFITTED = "the logistic regression is not fitted yet: call fit on training blocks first"
FEWEST = 50
"""Pixels below which a prior class gets no regression."""


class LogisticRegression(FittedPredictor):
    """Softmax of a linear function of the neighbourhood's shares and the driver, by prior class.

    Parameters
    ----------
    spec, classes
        As of ``Predictor``.
    share
        Share of the training pixels to fit on.
    """

    name = "logistic regression"

    def __init__(self, spec: InputSpec, classes: Sequence[str], share: float = 0.35) -> None:
        super().__init__(spec, classes)
        self.share = share
        self.mean, self.scale = torch.zeros(0), torch.ones(0)
        self.weights: Tensor | None = None

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """See ``FittedPredictor``."""
        k = len(self.classes)
        stage = f"fitting {self.name}"
        pixels = draw_pixels(self.spec, self.classes, examples, self.share, seed, tell, stage)
        self.mean = pixels.features.mean(0)
        self.scale = pixels.features.std(0).clamp(min=1e-6)
        x = self._standard(pixels.features)
        self.weights = torch.zeros(k + 1, x.shape[1] + 1, k)
        counts = torch.bincount(pixels.own, minlength=k + 1)
        overall = torch.bincount(pixels.target, minlength=k).float() / pixels.target.numel()
        for own in range(k + 1):
            if tell is not None:
                tell(stage, 0.5 + 0.5 * own / (k + 1))
            where = pixels.own == own
            if counts[own] >= FEWEST:
                self.weights[own] = regress(x[where], pixels.target[where], pixels.weight[where], k)
            else:
                # Too few for a regression: how often each class followed, and one pixel of the overall mix.
                followed = torch.bincount(pixels.target[where], minlength=k) + overall
                self.weights[own, -1] = (followed / followed.sum()).log().clamp(min=NEVER)

    def state(self) -> dict[str, Any]:
        """See ``FittedPredictor``."""
        return {"mean": self.mean, "scale": self.scale, "weights": self.weights}

    def restore(self, state: dict[str, Any]) -> None:
        """See ``FittedPredictor``."""
        self.mean, self.scale, self.weights = state["mean"], state["scale"], state["weights"]

    def log_probabilities(self, *arguments: Tensor) -> Tensor:
        """Logarithm of the probabilities before the ocean rule, float32 (B, K, H, W); pixels off the land
        mask, whose class is given, get a certain ocean."""
        if self.weights is None:
            raise InputError(UNFITTED)
        k = len(self.classes)
        land = self.land(arguments[0])
        wanted = torch.ones_like(arguments[5], dtype=torch.bool) if land is None else land
        x = self._standard(features(self.spec, self.classes, arguments, wanted))
        own = own_class(arguments, k)[wanted]
        found = x.new_empty(x.shape[0], k)
        for code in range(k + 1):
            where = own == code
            if where.any():
                table = self.weights[code]
                found[where] = (x[where] @ table[:-1] + table[-1]).log_softmax(1)
        out = torch.full((*wanted.shape, k), NEVER)
        out[..., 0] = 0.0
        out[wanted] = found
        return out.permute(0, 3, 1, 2)

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.distribution(*arguments)[0]

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``."""
        found = self.log_probabilities(*arguments)
        return found.argmax(1), found.exp()

    def _standard(self, x: Tensor) -> Tensor:
        if self.mean is None or self.scale is None:
            raise InputError(UNFITTED)
        return ((x - self.mean) / self.scale).clamp(-LIMIT, LIMIT)


def regress(x: Tensor, target: Tensor, weight: Tensor, classes: int) -> Tensor:
    """Coefficients, and intercepts in the last row, (F + 1, K), by limited-memory BFGS from zero.

    Minimises ``sum_i w_i (-log p_i) + PENALTY sum(coefficients^2)``; classes that do not occur stay out.
    """
    occurs = torch.bincount(target, minlength=classes) > 0
    barred = torch.where(occurs, 0.0, NEVER)
    table = torch.zeros(x.shape[1] + 1, classes, requires_grad=True)
    total = weight.sum()
    optimiser = torch.optim.LBFGS(
        [table],
        max_iter=ITERATIONS,
        history_size=20,
        tolerance_grad=1e-5,
        tolerance_change=1e-7,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = x @ table[:-1] + (table[-1] + barred)
        mean = (F.cross_entropy(logits, target, reduction="none") * weight).sum() / total
        value = mean + PENALTY * (table[:-1] ** 2).sum() / total
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(loss)
    found = table.detach().clone()
    found[-1] += barred
    return found
