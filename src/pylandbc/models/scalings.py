"""The ways to scale a cell's probabilities to what the scenario says of it, by their names in a training
configuration."""

from __future__ import annotations

from collections.abc import Sequence

from pylandbc.models.change_scaling import ChangeScaling
from pylandbc.models.demand_scaling import DemandScaling, scenario_members
from pylandbc.models.inputs import InputSpec
from pylandbc.models.told_transitions import transition_channels
from pylandbc.models.transition_scaling import TransitionScaling

Scaling = DemandScaling | TransitionScaling
KINDS = {"shares": DemandScaling, "changes": ChangeScaling, "transitions": TransitionScaling}


def scaling_of(spec: InputSpec, classes: Sequence[str], by: str, rounds: int) -> Scaling | None:
    """The scaling of some inputs; None without rounds.

    Parameters
    ----------
    spec, classes
        Inputs, and names of the classes in code order.
    by
        Of ``KINDS``.
    rounds
        Rounds of fitting.
    """
    if rounds == 0:
        return None
    members = scenario_members(spec, classes)
    if by == "transitions":
        before = scenario_members(spec, classes, "prior")
        return TransitionScaling(transition_channels(spec, classes), before, members, rounds)
    return (ChangeScaling if by == "changes" else DemandScaling)(members, rounds)
