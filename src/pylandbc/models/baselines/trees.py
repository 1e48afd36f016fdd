"""Random forest and gradient boosting on the features of the regression (scikit-learn, an optional extra).

Breiman 2001, Mach. Learn. 45, 5; Friedman 2001, Ann. Stat. 29, 1189, in the histogram form of Ke et al.
2017 (LightGBM). XGBoost, which the literature on land use names, is of the latter kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.models.baselines.fitting import Example, FittedPredictor
from pylandbc.models.baselines.neighbourhood import features, own_class
from pylandbc.models.baselines.samples import draw_pixels
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell


class Trees(FittedPredictor):
    """What the two have in common; they are fitted anew in each session rather than kept in a file, because
    a pickle of trees fits one version of scikit-learn alone.

    Parameters
    ----------
    spec, classes
        As of ``Predictor``.
    share
        Share of the training pixels to fit on.
    size
        Trees, or rounds of boosting.
    """

    size = 0

    def __init__(
        self, spec: InputSpec, classes: Sequence[str], share: float = 0.15, size: int | None = None
    ) -> None:
        super().__init__(spec, classes)
        self.share = share
        self.size = size or self.size
        self.model: Any = None

    def make(self, seed: int) -> Any:
        """The estimator before it is fitted."""
        raise NotImplementedError

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """See ``FittedPredictor``; ``InputError`` without scikit-learn."""
        stage = f"fitting {self.name}"
        pixels = draw_pixels(self.spec, self.classes, examples, self.share, seed, tell, stage)
        self.model = self.make(seed)
        x = torch.cat([pixels.features, pixels.own[:, None].float()], 1)
        self.model.fit(x.numpy(), pixels.target.numpy(), sample_weight=pixels.weight.numpy())

    def state(self) -> dict[str, Any]:
        """Nothing: see the class."""
        return {}

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.distribution(*arguments)[0]

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``."""
        if self.model is None:
            raise InputError(f"the {self.name} is not fitted yet: call fit on training blocks first")
        k = len(self.classes)
        land = self.land(arguments[0])
        wanted = torch.ones_like(arguments[5], dtype=torch.bool) if land is None else land
        own = own_class(arguments, k)[wanted]
        x = torch.cat([features(self.spec, self.classes, arguments, wanted), own[:, None].float()], 1)
        out = torch.zeros((*wanted.shape, k))
        out[..., 0] = 1.0
        found = torch.zeros(x.shape[0], k)
        if x.shape[0]:
            share = torch.from_numpy(self.model.predict_proba(x.numpy())).float()
            found[:, torch.from_numpy(self.model.classes_).long()] = share
        out[wanted] = found
        return out.argmax(3), out.permute(0, 3, 1, 2)


class RandomForest(Trees):
    """80 trees of leaves with at least ten pixels."""

    name = "random forest"
    size = 80

    def make(self, seed: int) -> Any:
        """See ``Trees``."""
        return _ensemble().RandomForestClassifier(
            n_estimators=self.size, min_samples_leaf=10, max_features="sqrt", n_jobs=2, random_state=seed
        )


class GradientBoosting(Trees):
    """150 rounds of trees with 15 leaves."""

    name = "gradient boosting"
    size = 150

    def make(self, seed: int) -> Any:
        """See ``Trees``."""
        return _ensemble().HistGradientBoostingClassifier(
            learning_rate=0.08,
            max_iter=self.size,
            max_leaf_nodes=15,
            min_samples_leaf=40,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )


def _ensemble() -> Any:
    try:
        from sklearn import ensemble
    except ImportError as error:
        raise InputError(
            "random forest and gradient boosting need scikit-learn: pip install 'pylandbc[trees]'"
        ) from error
    return ensemble
