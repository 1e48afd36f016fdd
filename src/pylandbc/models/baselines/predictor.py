"""What is scored: a map from the emulator's arguments to classes and their probabilities.

Every predictor takes the arguments of the emulator interface (docs/contracts.md), so that all are scored by
the same code on the same pixels, and all respect the ocean rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pylandbc.models.inputs import InputSpec


class Predictor:
    """A map from the emulator's arguments to classes and probabilities.

    Parameters
    ----------
    spec
        Inputs in channel order.
    classes
        Names of the classes in code order.
    """

    name = ""

    def __init__(self, spec: InputSpec, classes: Sequence[str]) -> None:
        self.spec = spec
        self.classes = list(classes)

    def classify(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        prior: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> Tensor:
        """Class of each pixel before the ocean rule, int64 (B, H, W)."""
        raise NotImplementedError

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """Classes as of ``classify`` and probabilities before the ocean rule, float32 (B, K, H, W): all on
        the class, unless a predictor knows better."""
        classes = self.classify(*arguments)
        return classes, one_hot(classes, len(self.classes))

    def land(self, static: Tensor) -> Tensor | None:
        """Land of the ocean rule, bool (B, H, W); None where the inputs hold no land mask."""
        names = [entry.name for entry in self.spec.static]
        return static[:, names.index("land_mask")] >= 0.5 if "land_mask" in names else None

    @torch.inference_mode()
    def __call__(self, *arguments: Tensor) -> Tensor:
        """Class of each pixel, uint8 (B, H, W); arguments as in docs/contracts.md."""
        result = self.classify(*arguments)
        land = self.land(arguments[0])
        if land is not None:
            result = torch.where(land, result, 0)
        return result.to(torch.uint8)

    @torch.inference_mode()
    def predict(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """Class and probabilities of each pixel, uint8 (B, H, W) and float32 (B, K, H, W), in one pass."""
        classes, share = self.distribution(*arguments)
        land = self.land(arguments[0])
        if land is not None:
            classes = torch.where(land, classes, 0)
            ocean = one_hot(torch.zeros_like(classes), len(self.classes))
            share = torch.where(land[:, None], share, ocean)
        return classes.to(torch.uint8), share

    def probabilities(self, *arguments: Tensor) -> Tensor:
        """Probability of each class, float32 (B, K, H, W), sums to 1."""
        return self.predict(*arguments)[1]


class Emulator(Predictor):
    """The argmax and the softmax of a network's logits (the lowest code wins a tie)."""

    name = "emulator"

    def __init__(self, spec: InputSpec, classes: Sequence[str], network: Callable[..., Tensor]) -> None:
        super().__init__(spec, classes)
        self.network = network

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.network(*arguments).argmax(dim=1)

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``."""
        logits = self.network(*arguments)
        return logits.argmax(dim=1), logits.float().softmax(dim=1)


def one_hot(classes: Tensor, count: int) -> Tensor:
    """1 at each pixel's class, float32 (B, K, H, W); codes beyond ``count`` have none."""
    codes = torch.arange(count, device=classes.device)[:, None, None]
    return (classes[:, None] == codes).float()
