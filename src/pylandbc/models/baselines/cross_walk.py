"""Counts of what land cover stood where: the cross-walk from land use that land models apply.

A land use, in a climate zone, is taken for a land cover. Here such a table is counted on training blocks:
how often each class was the truth by the pixel's own visible class, the land use of the target year and the
Koeppen-Geiger class; where few pixels are of a kind, without the climate, then without the own class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.models.baselines.fitting import Example, FittedPredictor
from pylandbc.models.baselines.neighbourhood import own_class
from pylandbc.models.class_maps import known_codes
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

TRUST = 20.0
"""Pixels by which the coarser table counts in the finer one."""


class CrossWalk(FittedPredictor):
    """The likeliest class by (own class or hidden, class maps among the inputs), from counts.

    Parameters as of ``Predictor``; the inputs hold a class map of the target year.
    """

    name = "cross-walk"

    def __init__(self, spec: InputSpec, classes: Sequence[str]) -> None:
        super().__init__(spec, classes)
        self.use = [k for k, entry in enumerate(spec.static) if entry.at == "target"]
        self.zone = [k for k, entry in enumerate(spec.static) if entry.codes and entry.at is None]
        self.table: Tensor | None = None

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """See ``FittedPredictor``."""
        k = len(self.classes)
        shape = [k + 1, *(int(self.spec.static[c].codes or 0) + 1 for c in (*self.use, *self.zone))]
        counts = torch.zeros(*shape, k, dtype=torch.float64)
        known = list(examples)
        for number, example in enumerate(known):
            if tell is not None:
                tell(f"fitting {self.name}", number / len(known))
            used = (example.weight > 0) & (example.target < k)
            place = self._place(example.arguments)[used] * k + example.target[used].long()
            counts += torch.bincount(place, example.weight[used].double(), counts.numel()).reshape(
                counts.shape
            )
        overall = counts.flatten(0, -2).sum(0)
        chance = overall / overall.sum()
        # Coarse to fine: each finer count is joined by a few pixels that are as the coarser table says.
        zones = range(1 + len(self.use), len(shape))
        for dropped in ((0, *zones), tuple(zones), ()):
            part = counts.sum(dropped, keepdim=True) if dropped else counts
            chance = (part + TRUST * chance) / (part.sum(-1, keepdim=True) + TRUST)
        self.table = chance.reshape(-1, k).float()

    def state(self) -> dict[str, Any]:
        """See ``FittedPredictor``."""
        return {"table": self.table}

    def restore(self, state: dict[str, Any]) -> None:
        """See ``FittedPredictor``."""
        self.table = state["table"]

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.distribution(*arguments)[0]

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``."""
        if self.table is None:
            raise InputError(f"the {self.name} is not fitted yet: call fit on training blocks first")
        share = self.table[self._place(arguments)].permute(0, 3, 1, 2)
        return share.argmax(1), share

    def _place(self, arguments: Sequence[Tensor]) -> Tensor:
        """Row of the table of each pixel, int64 (B, H, W)."""
        place = own_class(arguments, len(self.classes))
        for channel in (*self.use, *self.zone):
            codes = int(self.spec.static[channel].codes or 0)
            place = place * (codes + 1) + known_codes(arguments[0][:, channel], codes)
        return place
