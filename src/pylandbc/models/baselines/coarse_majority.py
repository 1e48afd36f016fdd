"""The dominant class of each coarse cell, and the fractions that the scenario holds of each class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.models.baselines.fitting import LabelPredictor
from pylandbc.models.demand import demand_from_names
from pylandbc.models.inputs import InputSpec


class CoarseMajority(LabelPredictor):
    """The land class with the largest fraction of the target year in each 0.25 degree cell."""

    name = "coarse majority"

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return coarse_majority(self.spec, self.classes, arguments)


def class_fractions(
    spec: InputSpec, classes: Sequence[str], scenario: Tensor, at: str = "target"
) -> tuple[Tensor, list[bool]]:
    """Fraction of each class in the scenario of one of the two years.

    Parameters
    ----------
    scenario
        (B, Cz, h, w).
    at
        ``prior`` or ``target``.

    Returns
    -------
    fractions
        (B, K, h, w); 0 for classes that the scenario says nothing of.
    told
        Whether it does, per class: as ``<class>_fraction`` or as LUH2's states.
    """
    channel = {entry.name: i for i, entry in enumerate(spec.scenario) if entry.at == at}
    demand = demand_from_names(channel, classes)
    fractions, told = [], []
    for name in classes:
        parts = [scenario[:, channel[member]] for member in demand.get(name, [])]
        fractions.append(torch.stack(parts).sum(0) if parts else torch.zeros_like(scenario[:, 0]))
        told.append(bool(parts))
    return torch.stack(fractions, 1), told


def without_map(spec: InputSpec, classes: Sequence[str], arguments: Sequence[Tensor]) -> Tensor:
    """A class where nothing is seen, int64 (B, H, W): the coarse majority, or, for land cover, of which
    no scenario tells, the commonest among the sample's visible land pixels."""
    if spec.quantity == "land_use":
        return coarse_majority(spec, classes, arguments)
    prior, visible = arguments[5], arguments[6]
    seen = (visible != 0) & (prior > 0) & (prior < len(classes))
    counts = torch.stack([(seen & (prior == k)).sum((1, 2)) for k in range(len(classes))], 1)
    return counts.argmax(1)[:, None, None].expand(prior.shape).clone()


def coarse_majority(spec: InputSpec, classes: Sequence[str], arguments: Sequence[Tensor]) -> Tensor:
    """Land class with the largest target fraction, int64 (B, H, W).

    Raises
    ------
    InputError
        The scenario has neither ``<class>_fraction`` nor LUH2's states at the target year.
    """
    scenario, scenario_row, scenario_col = arguments[2:5]
    if not any(entry.at == "target" for entry in spec.scenario):
        raise InputError(MISSING)
    fractions, told = class_fractions(spec, classes, scenario)
    if not any(told):
        raise InputError(MISSING)
    untold = [k for k, known in enumerate(told) if not known]
    fractions[:, untold] = -1.0
    return fractions.argmax(1).index_select(1, scenario_row).index_select(2, scenario_col)


MISSING = "the scenario holds no fractions of the target year: no coarse majority"
