"""Which scenario inputs make up which class: what conservation holds a class map to.

The mapping is the entry ``demand`` of a model card (docs/contracts.md), so that the engine needs to know no
product. Cards of before that entry take it from the names of their inputs: ``<class>_fraction``, else LUH2's
states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pylandbc.errors import InputError
from pylandbc.legend import LUH2_GROUPS

CONSERVATION = ("off", "delta", "absolute")
"""Modes: the most probable class of each pixel; change of the cell's fractions; the fractions themselves."""

Demand = dict[str, list[str]]


def demand_from_names(inputs: Iterable[str], classes: Iterable[str]) -> Demand:
    """Scenario inputs of each class by name; classes that the inputs do not speak of are left out.

    Parameters
    ----------
    inputs
        Names of scenario inputs.
    classes
        Names of the classes in code order.
    """
    held = set(inputs)
    demand: Demand = {}
    for name in classes:
        own = f"{name}_fraction"
        members = [own] if own in held else [m for m in LUH2_GROUPS.get(name, ()) if m in held]
        if members:
            demand[name] = members
    return demand


def card_demand(card: Mapping[str, Any], where: str = "the model card") -> Demand:
    """The demand of a card, by its own entry or else by the names of its inputs.

    Raises
    ------
    InputError
        The entry names an unknown class or an input that is no scenario input, or fewer than two classes have
        any.
    """
    inputs = {entry["name"] for entry in card["inputs"] if entry["source"] == "scenario"}
    classes = [entry["name"] for entry in card["classes"]]
    demand = card.get("demand")
    if demand is None:
        demand = demand_from_names(inputs, classes)
    for name, members in demand.items():
        strange = [m for m in members if m not in inputs]
        if name not in classes or not members or strange:
            raise InputError(
                f"{where}: demand of class {name!r} is {members}; it must name a class "
                f"({', '.join(classes)}) and scenario inputs ({', '.join(sorted(inputs)) or 'none'})"
            )
    if len(demand) < 2:
        raise InputError(
            f"{where}: the scenario inputs ({', '.join(sorted(inputs)) or 'none'}) give the fractions of "
            f"{len(demand)} class(es), conservation needs two; use conservation off"
        )
    return {name: list(members) for name, members in demand.items()}
