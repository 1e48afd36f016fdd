"""Predictors with a few numbers that are fitted on training blocks, and the examples they are fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pylandbc.models.baselines.predictor import Predictor, one_hot
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell


@dataclass(frozen=True)
class Example:
    """One tile of the training blocks.

    Parameters
    ----------
    arguments
        Of the emulator interface, batch of one; held-out blocks are hidden and unknown.
    target
        Class codes of the target year, uint8 (1, H, W).
    weight
        Area of the pixels to learn from, relative to their mean, 0 elsewhere, float32 (1, H, W).
    """

    arguments: tuple[Tensor, ...]
    target: Tensor
    weight: Tensor


class FittedPredictor(Predictor):
    """A predictor that learns from examples; deterministic for a seed."""

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """Learn; ``tell`` hears of the stage and the share done."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """What ``fit`` found, tensors and plain numbers only; empty where it is not to be kept."""
        raise NotImplementedError

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what another's ``state`` gave."""
        raise NotImplementedError


class LabelPredictor(FittedPredictor):
    """A predictor of classes alone: its probabilities are how often, on training blocks, each class was the
    truth where this one was given, visible and hidden pixels apart.

    Before ``fit`` the class has all the probability.
    """

    most_examples = 12
    """Examples that suffice for the counts, evenly spread among those given."""

    def __init__(self, spec: InputSpec, classes: Sequence[str]) -> None:
        super().__init__(spec, classes)
        self.confusion: Tensor | None = None

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """Count (hidden or visible, given, true), (2, K, K), and one pixel more of each row's overall mix,
        so that nothing is impossible that occurs anywhere."""
        k = len(self.classes)
        table = torch.zeros(2, k, k, dtype=torch.float64)
        known = list(examples)
        known = known[:: -(-len(known) // self.most_examples)]
        for number, example in enumerate(known):
            if tell is not None:
                tell(f"fitting {self.name}", number / len(known))
            given = self(*example.arguments).long()
            used = (example.weight > 0) & (example.target < k) & (given < k)
            seen = is_seen(example.arguments, k).long()
            index = ((seen * k + given) * k + example.target.long())[used]
            table += torch.bincount(index, example.weight[used].double(), 2 * k * k).reshape(2, k, k)
        overall = table.sum((0, 1)) + 1e-6
        table += overall / overall.sum()
        self.confusion = (table / table.sum(2, keepdim=True)).float()

    def state(self) -> dict[str, Any]:
        """See ``FittedPredictor``."""
        return {"confusion": self.confusion}

    def restore(self, state: dict[str, Any]) -> None:
        """See ``FittedPredictor``."""
        self.confusion = state["confusion"]

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``."""
        classes = self.classify(*arguments)
        k = len(self.classes)
        if self.confusion is None:
            return classes, one_hot(classes, k)
        table = self.confusion.to(classes.device)
        return classes, table[is_seen(arguments, k).long(), classes.clamp(max=k - 1)].permute(0, 3, 1, 2)


def is_seen(arguments: Sequence[Tensor], classes: int) -> Tensor:
    """Pixels whose prior is visible and known, bool (B, H, W)."""
    return (arguments[6] != 0) & (arguments[5] < classes)
