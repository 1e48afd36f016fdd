from __future__ import annotations

import pytest

from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE
from pylandbc.models.demand import card_demand, demand_from_names
from pylandbc.models.inputs import hilda_inputs, luh2_inputs


def card(inputs, **entries):
    return {"inputs": inputs, "classes": [{"name": name} for name in LAND_USE.names], **entries}


def test_fractions_of_a_class_are_its_demand_one_to_one():
    demand = card_demand(card(hilda_inputs().as_list()))
    assert demand["urban"] == ["urban_fraction"]
    assert set(demand) == set(LAND_USE.names) - {"ocean"}


def test_luh2_states_are_grouped():
    demand = card_demand(card(luh2_inputs().as_list()))
    assert demand["forest"] == ["primf", "secdf"]
    assert demand["cropland"] == ["c3ann", "c4ann", "c3per", "c4per", "c3nfx"]
    assert not {"ocean", "water", "other_land"} & set(demand)


def test_the_cards_own_entry_counts():
    own = {"urban": ["urban_fraction"], "forest": ["forest_fraction", "grass_shrub_fraction"]}
    assert card_demand(card(hilda_inputs().as_list(), demand=own)) == own


@pytest.mark.parametrize("demand", [{"sea": ["urban_fraction"]}, {"urban": ["roads"]}, {"urban": []}])
def test_a_demand_that_does_not_fit_is_refused(demand):
    with pytest.raises(InputError, match="demand of class"):
        card_demand(card(hilda_inputs().as_list(), demand=demand))


def test_one_class_is_too_few():
    assert demand_from_names(["urban"], LAND_USE.names) == {"urban": ["urban"]}
    inputs = [{"name": "urban", "unit": "1", "source": "scenario", "at": "target"}]
    with pytest.raises(InputError, match="conservation needs two"):
        card_demand(card(inputs))
